"""Opening and closing the store, and its settings."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from backend.db.models import TemplateRow
from backend.db.store import close_store, open_store

HASH = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "market.sqlite"


def setting(session: Session, name: str) -> object:
    return session.scalar(text(f"PRAGMA {name}"))


def test_a_file_is_written_ahead_and_keeps_foreign_keys(path):
    sessions = open_store(f"sqlite:///{path}")
    with sessions() as session:
        assert setting(session, "journal_mode") == "wal"
        assert setting(session, "foreign_keys") == 1
    close_store(sessions)


def test_every_connection_has_the_settings(path):
    sessions = open_store(f"sqlite:///{path}")
    with sessions() as one, sessions() as other:
        for session in (one, other):
            assert setting(session, "foreign_keys") == 1
        assert one.connection().connection is not other.connection().connection
    close_store(sessions)


def test_a_reader_is_not_held_up_by_a_writer(path):
    sessions = open_store(f"sqlite:///{path}")
    with sessions() as writer, sessions() as reader:
        writer.add(TemplateRow(template_id=HASH, name="night", terms="{}"))
        writer.flush()
        count = select(func.count()).select_from(TemplateRow)
        assert reader.scalar(count) == 0
        reader.rollback()
        writer.commit()
        assert reader.scalar(count) == 1
    close_store(sessions)


def test_memory_keeps_foreign_keys_too(session):
    assert setting(session, "foreign_keys") == 1


def test_stores_in_memory_are_apart(session):
    session.add(TemplateRow(template_id=HASH, name="night", terms="{}"))
    session.commit()
    others = open_store()
    with others() as other:
        assert other.scalar(select(func.count()).select_from(TemplateRow)) == 0
    close_store(others)


def test_opening_again_keeps_what_is_there(path):
    for expected in (0, 1):
        sessions = open_store(f"sqlite:///{path}")
        with sessions() as session:
            assert session.scalar(select(func.count()).select_from(TemplateRow)) == expected
            if not expected:
                session.add(TemplateRow(template_id=HASH, name="night", terms="{}"))
                session.commit()
        close_store(sessions)


def test_a_closed_store_has_let_go_of_its_file(path):
    sessions = open_store(f"sqlite:///{path}")
    with sessions() as session:
        session.add(TemplateRow(template_id=HASH, name="night", terms="{}"))
        session.commit()
    close_store(sessions)
    assert not path.with_name(path.name + "-wal").exists()
    with sqlite3.connect(path) as plain:
        assert plain.execute("SELECT name FROM template").fetchall() == [("night",)]
    plain.close()
