"""Falsified bundles are caught by the bundle alone: terms, data, limits, figures, proof."""

import re
from dataclasses import replace

import pytest

from settlement.activation import Activation
from settlement.bundle.records import ECDSA, Bundle, LogEntry, MeteringPoint, Signature
from settlement.checker.plausibility import check_bundle
from settlement.clock import date_of
from settlement.identity import Domain, agreement_id, signing_digest
from tests.settlement.build import bundle_of
from tests.settlement.defaults import address, word
from tests.settlement.market import EASTER_HOLIDAY, MONDAY, isp_at, sign
from tests.settlement.tampering import (
    CASE,
    LIMITS,
    LOG,
    METER,
    POINTS,
    SIGNED,
    STATEMENT,
    TERMS,
    bent_proof,
    bundle_with,
    cancellation_of,
    case,
    entry_with,
    findings_alone,
    log_with,
    meter_day_with,
    more_consumption,
    terms_with,
    without_meter_day,
)

TUESDAY, WEDNESDAY, THURSDAY = MONDAY + 1, MONDAY + 2, MONDAY + 3
FRIDAY_EVENING = Activation(isp_at(MONDAY + 4, 17), 4, -3000)
EXTRA = LogEntry(Activation(isp_at(MONDAY + 4, 18), 4, -3000), 130)


def swapped_parties(bundle: Bundle) -> Bundle:
    return replace(
        bundle,
        aggregator_signature=bundle.prosumer_signature,
        prosumer_signature=bundle.aggregator_signature,
    )


def signed_by_a_stranger(bundle: Bundle) -> Bundle:
    digest = signing_digest(agreement_id(bundle.terms), bundle.domain)
    return replace(bundle, prosumer_signature=Signature(ECDSA, sign("a stranger", digest)))


def renamed_point(bundle: Bundle) -> Bundle:
    first, *rest = bundle.metering_points
    return replace(bundle, metering_points=(replace(first, salt=word(1)), *rest))


def overlap_with(*entries: LogEntry):
    def change(bundle: Bundle) -> Bundle:
        (other,) = bundle.overlaps
        return replace(bundle, overlaps=(replace(other, log=entries),))

    return change


def twice(bundle: Bundle) -> Bundle:
    return replace(bundle, meter_days=(*bundle.meter_days, bundle.meter_days[3]))


def foreign_day(bundle: Bundle) -> Bundle:
    days = (*bundle.meter_days, bundle_of("night").meter_days[0])
    return replace(bundle, meter_days=days)


CASES = [
    case("volume rate lowered", "evening", terms_with(volume_rate=1), SIGNED, "of the aggregator"),
    case(
        "volume rate lowered, amounts",
        "evening",
        terms_with(volume_rate=1),
        STATEMENT,
        r"The amount is stated as 1\.\d{4} EUR; by the rules it is 0\.\d{4} EUR",
    ),
    case(
        "another rule set", "evening", terms_with(rule_set=word(3)), TERMS, "this checker knows 0x"
    ),
    case("invalid terms", "evening", terms_with(max_activations=0), TERMS, "max_activations is 0"),
    case("signatures swapped", "evening", swapped_parties, SIGNED, "signature of the prosumer"),
    case(
        "signed by a stranger", "evening", signed_by_a_stranger, SIGNED, "of the prosumer is not by"
    ),
    case(
        "signature cut",
        "evening",
        bundle_with(aggregator_signature=Signature(ECDSA, b"")),
        SIGNED,
        "of the aggregator",
    ),
    case("metering point salted anew", "evening", renamed_point, POINTS, "not those in the signed"),
    case(
        "metering point twice",
        "evening",
        lambda b: replace(b, metering_points=(*b.metering_points, b.metering_points[0])),
        POINTS,
        "listed twice",
    ),
    case(
        "metering point more",
        "evening",
        lambda b: replace(b, metering_points=(*b.metering_points, MeteringPoint("more", word(1)))),
        POINTS,
        "not those in the signed",
    ),
    case(
        "activation left out, line", "evening", log_with(0), STATEMENT, "where nothing was ordered"
    ),
    case(
        "activation added, line",
        "evening",
        log_with(4, EXTRA, drop=0),
        STATEMENT,
        "2027-03-26 18:00 has no line",
    ),
    case(
        "order above the amount",
        "evening",
        entry_with(0, ordered_w=-3001),
        LIMITS,
        "2027-03-23 17:00: amount: the agreement allows up to -3000 W, asked for -3001 W",
    ),
    case(
        "order outside the window",
        "evening",
        entry_with(1, first_isp=isp_at(THURSDAY, 12)),
        LIMITS,
        "2027-03-25 12:00",
    ),
    case("cancellation hidden, line", "evening", log_with(3), STATEMENT, "26 17:00 has no line"),
    case(
        "cancellation made up",
        "evening",
        lambda b: replace(b, log=(b.log[0], cancellation_of(b.log[0].activation, 61))),
        STATEMENT,
        "2027-03-23 17:00, where nothing was ordered",
    ),
    case(
        "cancellations contradict",
        "evening",
        log_with(4, cancellation_of(FRIDAY_EVENING, 122), drop=0),
        LOG,
        "entry 5: cancellation of ISP",
    ),
    case(
        "ordered by both",
        "evening",
        overlap_with(LogEntry(Activation(isp_at(TUESDAY, 17, 30), 4, 2000), 40)),
        LIMITS,
        "2 ISPs from 2027-03-23 17:30 are ordered by agreement 0x",
    ),
    case(
        "reading changed",
        "evening",
        meter_day_with(TUESDAY, more_consumption),
        METER,
        rf"meter data of meter of the flat on {date_of(TUESDAY)} \(UTC\) does not lead",
    ),
    case(
        "meter proof bent",
        "evening",
        meter_day_with(TUESDAY, lambda day: replace(day, proof=bent_proof(day.proof))),
        METER,
        "does not lead to the committed root",
    ),
    case(
        "like day hidden, baseline",
        "evening",
        without_meter_day(MONDAY),
        STATEMENT,
        r"2027-03-23 17:00: the baseline of its ISP 1 is stated as \d+ W, it is \d+ W",
    ),
    case("meter day twice", "evening", twice, METER, "is there twice"),
    case(
        "meter day of a stranger", "evening", foreign_day, METER, "not a metering point of the agr"
    ),
    case(
        "holiday removed",
        "evening",
        bundle_with(non_working_days=()),
        STATEMENT,
        r"the baseline of its ISP 1 is stated as \d+ W, it is \d+ W",
    ),
    case(
        "holiday made up",
        "evening",
        bundle_with(non_working_days=(EASTER_HOLIDAY, MONDAY)),
        STATEMENT,
        "the baseline of its ISP",
    ),
    case(
        "another market",
        "quiet",
        bundle_with(domain=Domain(31337, address(5))),
        SIGNED,
        "of the aggregator",
    ),
]


@pytest.mark.parametrize("name", ["evening", "midday", "night", "quiet"])
def test_the_honest_bundle_holds(name):
    report, evidence = check_bundle(bundle_of(name))
    assert report.holds
    assert evidence is not None
    assert len(report.checks) == 10


def test_an_overlapping_activation_that_was_cancelled_is_no_double_order():
    wanted = Activation(isp_at(TUESDAY, 17, 30), 4, 2000)
    change = overlap_with(LogEntry(wanted, 40), cancellation_of(wanted, 41))
    assert LIMITS not in findings_alone(change(bundle_of("evening")))


@pytest.mark.parametrize(CASE, CASES)
def test_tampering_is_caught(name, change, check, told):
    honest = bundle_of(name)
    tampered = change(honest)
    assert tampered != honest
    assert not check_bundle(tampered)[0].holds
    found = findings_alone(tampered)
    assert check in found
    assert re.search(told, "\n".join(found[check]))
