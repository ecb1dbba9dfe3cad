"""Repetition, settled periods and undelivered messages, also after a restart."""

import sqlite3
from dataclasses import replace

import pytest

from backend.uftp.memory import Memory, Outgoing, Seen, Taken
from settlement.statement import Period

MESSAGE = Taken("dso.example", "AAAAAAAA-1111-4111-8111-111111111111", b"<a/>", b"signature<a/>")
JUNE = Period(20974, 21003)
ANSWER = Outgoing("dso.example", b"<b/>")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "memory.sqlite"


@pytest.fixture
def memory(path):
    found = Memory(path)
    yield found
    found.close()


def test_new_message(memory):
    assert memory.seen(MESSAGE) is Seen.NEW
    assert memory.sealed(MESSAGE.sender, MESSAGE.message_id) is None


def test_repetition(memory):
    memory.keep(MESSAGE, accepted=True)
    assert memory.seen(MESSAGE) is Seen.SAME
    assert memory.seen(replace(MESSAGE, message_id=MESSAGE.message_id.lower())) is Seen.SAME
    assert memory.seen(replace(MESSAGE, document=b"<a />")) is Seen.OTHER
    assert memory.seen(replace(MESSAGE, sender="other.example")) is Seen.NEW
    assert memory.sealed(MESSAGE.sender, MESSAGE.message_id) == b"signature<a/>"


def test_rejected_message_may_be_sent_again_but_its_name_is_taken(memory):
    memory.keep(MESSAGE, accepted=False)
    assert memory.seen(MESSAGE) is Seen.NEW
    assert memory.seen(replace(MESSAGE, document=b"<c/>")) is Seen.OTHER
    memory.keep(MESSAGE, accepted=True)
    assert memory.seen(MESSAGE) is Seen.SAME


def test_settled_periods_are_kept_per_dso_until_reopened(memory):
    memory.keep(MESSAGE, True, JUNE)
    assert memory.settled("dso.example") == [JUNE]
    assert memory.settled("other.example") == []
    memory.reopen("dso.example", JUNE)
    assert memory.settled("dso.example") == []


def test_messages_wait_in_order_until_delivered_or_refused(memory):
    memory.keep(MESSAGE, True, JUNE, ANSWER)
    memory.queue(Outgoing("other.example", b"<c/>"))
    first, second = memory.waiting()
    assert memory.waiting() == {first: ANSWER, second: Outgoing("other.example", b"<c/>")}
    memory.delivered(first)
    assert list(memory.waiting()) == [second]
    memory.refused(second, "HTTP 401")
    assert memory.waiting() == {}
    assert memory.refusals() == ["other.example: HTTP 401"]


def test_restart_forgets_nothing(path):
    before = Memory(path)
    before.keep(MESSAGE, True, JUNE, ANSWER)
    before.close()
    after = Memory(path)
    assert after.seen(MESSAGE) is Seen.SAME
    assert after.settled("dso.example") == [JUNE]
    assert list(after.waiting().values()) == [ANSWER]
    after.close()


def test_all_or_nothing(memory):
    with pytest.raises(sqlite3.Error):
        memory.keep(MESSAGE, True, JUNE, Outgoing(None, b""))
    assert memory.seen(MESSAGE) is Seen.NEW
    assert memory.settled("dso.example") == []
