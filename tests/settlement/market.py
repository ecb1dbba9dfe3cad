"""A small market in memory: agreements, activations, committed meter data and nominations.

"evening" has two metering points, HIGH 3 of 5 with an adjustment and one cancelled activation;
"midday" has a nominated baseline and shares a metering point with it; "night" lacks a reading;
"quiet" was never activated.
"""

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from random import Random

from coincurve import PrivateKey

from settlement.activation import Activation, standing_activations
from settlement.bundle.records import LogEntry, MeteringPoint, entries_of
from settlement.clock import Clock, day_of
from settlement.commitment import Commitment, CommittedBlob, build_commitment
from settlement.identity import Domain, agreement_id, template_id
from settlement.keccak import keccak256
from settlement.meter import elements_hash, encode_blob, meter_key
from settlement.signature import address_of
from settlement.statement import Period
from settlement.terms import Adjustment, BaselineMethod, DeliveryRule, Terms
from settlement.window import weekly_window
from tests.settlement.defaults import EVERY_DAY, STANDARD, address, terms, word

DOMAIN = Domain(31337, address(0xAA))
LEDGER = address(0xBB)
MONDAY = day_of(date(2027, 3, 22))
PERIOD = Period(MONDAY, MONDAY + 6)  # ends with the short Sunday of the spring
EASTER_HOLIDAY = day_of(date(2027, 3, 19))
"""Published as non-working for the tests, a Friday that would otherwise be a like day."""

FIRST_METER_DAY, LAST_METER_DAY = MONDAY - 50, MONDAY + 7
RECORDED, NOMINATED_FIRST, NOMINATED_AGAIN, NOMINATED_LATE = 10, 50, 70, 90
RUN_BLOCK = 500


def key_for_tests(name: str) -> PrivateKey:
    """A key made for these tests alone from its name; worth nothing."""
    return PrivateKey(keccak256(b"flexledger test key of " + name.encode()))


def address_by_key(name: str) -> bytes:
    return address_of(key_for_tests(name).public_key.format(compressed=False))


def sign(name: str, digest: bytes) -> bytes:
    signature = key_for_tests(name).sign_recoverable(digest, hasher=None)
    return signature[:64] + bytes([27 + signature[64]])


@dataclass(frozen=True)
class Agreement:
    """One agreement with its points and its log."""

    terms: Terms
    prosumer: str
    points: tuple[MeteringPoint, ...]
    log: tuple[LogEntry, ...]

    @property
    def identity(self) -> bytes:
        return agreement_id(self.terms)

    @property
    def meter_keys(self) -> tuple[bytes, ...]:
        return tuple(meter_key(point.name, point.salt) for point in self.points)


@dataclass(frozen=True)
class Market:
    """All that was agreed, recorded and committed before the run."""

    agreements: dict[str, Agreement]
    meter: dict[int, Commitment]
    nominations: dict[int, tuple[tuple[int, Commitment], ...]]
    non_working_days: tuple[int, ...]


POINTS = {
    name: MeteringPoint(f"meter of the {name}", keccak256(name.encode()))
    for name in ("flat", "shop", "roof", "farm", "barn")
}


def isp_at(day: int, hour: int, minute: int = 0) -> int:
    return STANDARD.clock.isp_at(day, 60 * hour + minute)


def _agreement(
    prosumer: str, points: tuple[str, ...], log: list[tuple[Activation, int]], **changes: object
) -> Agreement:
    held = tuple(POINTS[name] for name in points)
    parties = {
        name: address_by_key(prosumer if name == "prosumer" else name)
        for name in ("aggregator", "prosumer", "dso", "mdc")
    }
    some_terms = terms(
        **parties,
        elements=elements_hash(meter_key(point.name, point.salt) for point in held),
        salt=keccak256(prosumer.encode()),
        **changes,
    )
    some_terms = replace(some_terms, template_id=template_id(some_terms))
    entries = tuple(LogEntry(activation, block) for activation, block in log)
    return Agreement(some_terms, prosumer, held, entries)


def agreements() -> dict[str, Agreement]:
    """The four agreements with their activation logs."""
    midday = weekly_window(EVERY_DAY, 10 * 60, 16 * 60)
    friday = Activation(isp_at(MONDAY + 4, 17), 4, -3000)
    return {
        "evening": _agreement(
            "prosumer one",
            ("flat", "shop"),
            [
                (Activation(isp_at(MONDAY + 1, 17), 4, -3000), 60),
                (Activation(isp_at(MONDAY + 3, 17, 30), 8, -2500), 100),
                (friday, 120),
                (Activation(friday.first_isp, friday.isps, 0), 121),
            ],
            adjustment=Adjustment.ADDITIVE,
            adjustment_isps=8,
            adjustment_gap_isps=4,
            adjustment_cap_bp=2000,
        ),
        "midday": _agreement(
            "prosumer two",
            ("shop", "roof"),
            [
                (Activation(isp_at(MONDAY - 13, 12), 4, 2000), 55),
                (Activation(isp_at(MONDAY + 2, 12), 6, 2000), 80),
            ],
            amount_w=2000,
            window0=midday[0],
            window1=midday[1],
            window2=midday[2],
            penalty_cap_bp=1000,
            baseline_method=BaselineMethod.NOMINATED,
            x=0,
            y=0,
        ),
        "night": _agreement(
            "prosumer three",
            ("farm",),
            [(Activation(isp_at(MONDAY + 1, 18), 4, -1000), 61)],
            delivery_rule=DeliveryRule.THRESHOLD,
            delivery_bp=8000,
            baseline_method=BaselineMethod.MID,
            x=3,
            y=5,
        ),
        "quiet": _agreement("prosumer four", ("barn",), []),
    }


def _watts(name: str, isp: int, clock: Clock, ordered: dict[str, set[int]]) -> int | None:
    """Deterministic readings: a noisy load, about 80 percent of what was ordered delivered."""
    watts = 6000 + Random(f"{name} {isp}").randrange(-1500, 1500)
    if name in ("flat", "shop") and isp in ordered["evening"]:
        watts -= 1150
    if name in ("shop", "roof") and isp in ordered["midday"]:
        watts += 800
    if name == "farm" and isp == isp_at(MONDAY + 1, 18, 15):
        return None
    return watts


def _blobs(day: int, known: dict[str, Agreement]) -> Commitment:
    clock = STANDARD.clock
    ordered = {
        name: {
            isp
            for activation in standing_activations(entries_of(one.log))
            for isp in activation.ordered_isps()
        }
        for name, one in known.items()
    }
    return build_commitment(
        CommittedBlob(
            meter_key(point.name, point.salt),
            day,
            encode_blob([_watts(name, day * 96 + at, clock, ordered) for at in range(96)]),
        )
        for name, point in POINTS.items()
    )


def _nomination(day: int, identity: bytes, watts: int) -> Commitment:
    other = CommittedBlob(word(day), day, encode_blob([0] * 96))
    return build_commitment([CommittedBlob(identity, day, encode_blob([watts] * 96)), other])


@lru_cache(maxsize=1)
def market() -> Market:
    """The market; nominations for midday are renewed once in time and once too late."""
    known = agreements()
    identity = known["midday"].identity
    nominations = {
        day: (
            (NOMINATED_FIRST, _nomination(day, identity, 11_000)),
            (NOMINATED_AGAIN, _nomination(day, identity, 11_500)),
            (NOMINATED_LATE, _nomination(day, identity, 13_000)),
        )
        for day in (MONDAY - 13, *range(MONDAY, MONDAY + 7))
    }
    meter = {day: _blobs(day, known) for day in range(FIRST_METER_DAY, LAST_METER_DAY + 1)}
    return Market(known, meter, nominations, (EASTER_HOLIDAY,))
