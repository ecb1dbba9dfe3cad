"""Random orders, cancellations, early ends and passing time: what stands never breaks a limit.

Dates and hours are read off the time zone itself, not by the clock rules of this project.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from eth_tester.exceptions import TransactionFailed

from settlement.activation import Activation, log_head
from settlement.identity import agreement_id
from tests.contracts import actors
from tests.contracts.actors import Actor
from tests.contracts.defaults import DAY_S, FIRST_ISP, ISP_S, START_DAY, day, terms, words
from tests.contracts.world import World
from tests.evm.tools import long_tests

ZONE = ZoneInfo("Europe/Vienna")
COUNT, RUNTIME, RECOVERY, NOTICE, AMOUNT_W = 4, 5, 3, 2, -3000
LIMITED = terms(
    end_day=day(2040, 4, 30),
    amount_w=AMOUNT_W,
    max_activations=COUNT,
    max_runtime_isps=RUNTIME,
    recovery_isps=RECOVERY,
    notice_isps=NOTICE,
)
"""Weekdays from 17:00 to 20:00, over a change of the clock."""

IDENTITY = agreement_id(LIMITED)
STEPS = 60
SEEDS = range(2)
WEIGHTS = {"order": 12, "cancel": 4, "end_by_both": 1, "give_notice": 1, "wait": 6}


def date_of(local_day: int) -> date:
    return date(1970, 1, 1) + timedelta(local_day)


@dataclass(slots=True)
class Course:
    """One agreement, and the log of all that the contract accepted."""

    world: World
    random: Random
    log: list[Activation] = field(default_factory=list)
    end_day: int = LIMITED.end_day
    seen: Counter[str] = field(default_factory=Counter)
    accepted: int = 0

    @property
    def now_s(self) -> int:
        return self.world.chain.now_s

    @property
    def standing(self) -> list[Activation]:
        """What no entry cancels."""
        found: list[Activation] = []
        for entry in self.log:
            if entry.ordered_w:
                found.append(entry)
            else:
                found.pop()
        return found

    def attempt(self, name: str, call: Any, sender: Actor) -> bool:
        """Send what the contract takes; else count with which error it is refused."""
        try:
            self.world.chain.read(call, sender)
        except TransactionFailed as failure:
            self.seen[self.world.chain.decoder.error(failure)[0]] += 1
            return False
        self.world.chain.send(call, sender)
        self.seen[name] += 1
        self.accepted += 1
        return True

    def order(self) -> None:
        """Order soon after the last activation, or in one of the next evenings."""
        days_gone = max(0, self.now_s // DAY_S - START_DAY)
        evening = FIRST_ISP + 96 * (days_gone + self.random.randrange(-1, 4))
        after_last = self.standing[-1].end_isp if self.standing else FIRST_ISP
        first_isp = self.random.choice(
            [after_last + self.random.randrange(6), evening + self.random.randrange(-4, 9)]
        )
        wanted = Activation(
            first_isp,
            self.random.choice([0, *range(1, RUNTIME + 1), *range(1, RUNTIME + 1), RUNTIME + 1]),
            self.random.choice([*[AMOUNT_W, -1] * 6, AMOUNT_W - 1, 0, 1]),
        )
        call = self.world.activation(
            LIMITED, first_isp=first_isp, isps=wanted.isps, ordered_w=wanted.ordered_w
        )
        now_s = self.now_s
        if self.attempt("order", call, actors.AGGREGATOR):
            assert now_s <= (first_isp - NOTICE) * ISP_S, "notice is kept"
            self.log.append(wanted)

    def cancel(self) -> None:
        """Cancel the last entry, or try one before it."""
        if not self.log:
            return
        place = len(self.log) - self.random.choice([1, 1, 1, min(2, len(self.log))])
        one = self.log[place]
        call = self.world.market.functions.cancelActivation(
            words(LIMITED), log_head(self.log[:place]), one.first_isp, one.isps, one.ordered_w
        )
        now_s = self.now_s
        if self.attempt("cancel", call, actors.AGGREGATOR):
            assert now_s < one.first_isp * ISP_S, "what has begun is not cancelled"
            assert place == len(self.log) - 1, "only the last one is cancelled"
            self.log.append(Activation(one.first_isp, one.isps, 0))

    def end_by_both(self) -> None:
        last_day = self.now_s // DAY_S + self.random.choice([-1, 0, 20, 40, 60])
        sign_before = self.now_s + DAY_S
        message = self.world.messages.termination(IDENTITY, last_day, sign_before)
        signatures = (message.signed_by(one) for one in (actors.AGGREGATOR, actors.PROSUMER))
        call = self.world.market.functions.terminate(
            words(LIMITED), last_day, sign_before, *signatures
        )
        self._end("end by both", call, actors.RELAYER, last_day)

    def give_notice(self) -> None:
        last_day = self.now_s // DAY_S + self.random.randrange(28, 40)
        call = self.world.market.functions.giveNotice(words(LIMITED), last_day)
        self._end("notice", call, actors.PROSUMER, last_day)

    def _end(self, name: str, call: Any, sender: Actor, last_day: int) -> None:
        if self.attempt(name, call, sender):
            assert last_day < self.end_day, "an end only ever comes nearer"
            self.end_day = last_day

    def wait(self) -> None:
        wait_s = self.random.choice([ISP_S, 3 * ISP_S, 5 * 3600, DAY_S])
        self.world.chain.at(self.now_s + wait_s)

    def check(self) -> None:
        """What has to hold after every step that changed something."""
        standing = self.standing
        state = self.world.state(IDENTITY)
        assert self.world.head(IDENTITY) == log_head(self.log)
        assert state["activations"] == len(standing) <= COUNT
        for one, next_one in pairwise(standing):
            assert next_one.first_isp - one.end_isp >= RECOVERY, "recovery lies between"
        for one, next_one in pairwise(self.log):
            assert one.ordered_w or next_one.ordered_w, "not cancelled twice in a row"
        for one in standing:
            assert 1 <= one.isps <= RUNTIME
            assert AMOUNT_W <= one.ordered_w < 0
            for isp in one.ordered_isps():
                local = datetime.fromtimestamp(isp * ISP_S, ZONE)
                assert local.weekday() < 5
                assert 17 <= local.hour < 20
                assert date_of(START_DAY) <= local.date() <= date_of(self.end_day)


def drive(world: World, seed: int) -> Counter[str]:
    """Run one sequence from the deployed state and return what happened in it."""
    before = world.chain.moment()
    world.record(LIMITED)
    course = Course(world, Random(seed))
    for _ in range(STEPS):
        accepted = course.accepted
        (name,) = course.random.choices(list(WEIGHTS), list(WEIGHTS.values()))
        getattr(course, name)()
        if course.accepted > accepted:
            course.check()
    world.chain.back_to(before)
    return course.seen


EXPECTED = {
    *("order", "cancel", "end by both"),
    *("AmountOutOfRange", "RuntimeOutOfRange", "RecoveryNotOver", "OutsideDates", "OutsideWindow"),
    *("ActivationsUsedUp", "NoticeTooShort", "NothingToCancel", "ActivationHeadMismatch"),
    *("TerminationTooEarly", "TerminationNotEarlier"),
}


@pytest.mark.parametrize(
    "seeds", [SEEDS, pytest.param(range(2, 60), marks=long_tests)], ids=["few", "many"]
)
def test_what_stands_never_breaks_a_limit(deployed: World, seeds: range) -> None:
    seen: Counter[str] = Counter()
    for seed in seeds:
        seen.update(drive(deployed, seed))
    assert {name for name, times in seen.items() if times} >= EXPECTED, (
        "the sequences have to meet every case, else they prove little"
    )
