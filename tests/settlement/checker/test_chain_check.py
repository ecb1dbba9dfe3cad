"""Falsified bundles that look right by themselves are caught by the ledger."""

import re
from dataclasses import replace

import pytest

from settlement.activation import Activation
from settlement.bundle.records import Bundle, LogEntry
from settlement.identity import Domain, agreement_id
from settlement.statement import Period
from tests.settlement.build import bundle_of
from tests.settlement.market import (
    DOMAIN,
    MONDAY,
    PERIOD,
    isp_at,
    market,
)
from tests.settlement.memory_chain import findings_on_ledger
from tests.settlement.tampering import (
    AGREEMENT,
    CASE,
    CHAIN,
    COMPLETE,
    LEDGER_METER,
    LEDGER_RUN,
    NOMINATED,
    bent,
    bundle_with,
    case,
    entry_with,
    log_with,
    meter_day_with,
    recommitted,
    run_with,
    terms_with,
    without_meter_day,
)

TUESDAY, WEDNESDAY, THURSDAY = MONDAY + 1, MONDAY + 2, MONDAY + 3
FRIDAY_EVENING = Activation(isp_at(MONDAY + 4, 17), 4, -3000)
EXTRA = LogEntry(Activation(isp_at(MONDAY + 4, 18), 4, -3000), 130)


def late_nomination(block: int):
    """The nomination that came after the activation in the place of the one before it."""

    def change(bundle: Bundle) -> Bundle:
        late_block, commitment = market().nominations[WEDNESDAY][2]
        index = [one.key for one in commitment.blobs].index(agreement_id(bundle.terms))
        days = [
            replace(
                day,
                blob=commitment.blobs[index].blob,
                root=commitment.root,
                block=min(block, late_block),
                version=2,
                proof=commitment.tree.proof(index),
            )
            if day.utc_day == WEDNESDAY and day.version == 1
            else day
            for day in bundle.nominations
        ]
        return replace(bundle, nominations=tuple(days))

    return change


def overlap_with(*entries: LogEntry):
    def change(bundle: Bundle) -> Bundle:
        (other,) = bundle.overlaps
        return replace(bundle, overlaps=(replace(other, log=entries),))

    return change


def hidden_second_point(bundle: Bundle) -> Bundle:
    kept = tuple(d for d in bundle.meter_days if d.metering_point == "meter of the flat")
    return replace(bundle, meter_days=kept)


def longer_history(bundle: Bundle) -> Bundle:
    day = bundle.meter_days[0]
    return replace(bundle, meter_days=(*bundle.meter_days, replace(day, utc_day=MONDAY - 60)))


CASES = [
    case(
        "volume rate lowered, ledger",
        "evening",
        terms_with(volume_rate=1),
        AGREEMENT,
        "not recorded",
    ),
    case(
        "activation left out", "evening", log_with(0), COMPLETE, "not exactly those on the ledger"
    ),
    case("activation added", "evening", log_with(4, EXTRA, drop=0), COMPLETE, "of your agreement"),
    case("order raised", "evening", entry_with(1, ordered_w=-2600), COMPLETE, "of your agreement"),
    case("cancellation hidden", "evening", log_with(3), COMPLETE, "of your agreement"),
    case("overlapping log cut", "evening", overlap_with(), COMPLETE, "of an overlapping agreement"),
    case(
        "reading changed and committed anew",
        "evening",
        meter_day_with(TUESDAY, recommitted),
        LEDGER_METER,
        r"2027-03-23 \(UTC\) is not what was committed",
    ),
    case(
        "like day hidden",
        "evening",
        without_meter_day(MONDAY),
        LEDGER_METER,
        r"2027-03-22 \(UTC\) is committed but not in the bundle",
    ),
    case(
        "metering point without data",
        "evening",
        hidden_second_point,
        LEDGER_METER,
        "not in the bun",
    ),
    case(
        "more meter data than needed",
        "evening",
        longer_history,
        LEDGER_METER,
        "beyond what the per",
    ),
    case(
        "later nomination, true block", "midday", late_nomination(10**6), NOMINATED, "not the last"
    ),
    case(
        "later nomination, false block",
        "midday",
        late_nomination(75),
        NOMINATED,
        "not the last one",
    ),
    case(
        "later nomination, later order",
        "midday",
        lambda b: entry_with(1, block=95)(late_nomination(10**6)(b)),
        NOMINATED,
        "2027-03-24 12:00 was not recorded in block 95",
    ),
    case(
        "nomination left out", "midday", bundle_with(nominations=()), NOMINATED, "not the last one"
    ),
    case("root", "evening", run_with(root=bent), LEDGER_RUN, "root of the run is not the one"),
    case(
        "run sum",
        "evening",
        run_with(sum=lambda s: s - 10_000),
        LEDGER_RUN,
        r"sum is stated as 1\.\d{4} EUR, on the ledger it is 2\.\d{4} EUR",
    ),
    case("depth, ledger", "evening", run_with(depth=3), LEDGER_RUN, "root of the run is not"),
    case("version", "evening", run_with(version=2), LEDGER_RUN, "is of version 2, the run has ver"),
    case(
        "period",
        "quiet",
        bundle_with(period=Period(PERIOD.first_day, PERIOD.last_day - 1)),
        LEDGER_RUN,
        "ends on 2027-03-27 in the bundle and on 2027-03-28 on the ledger",
    ),
    case(
        "another period",
        "quiet",
        bundle_with(period=Period(MONDAY + 7, MONDAY + 13)),
        LEDGER_RUN,
        "No run of this period is published",
    ),
    case(
        "termination made up",
        "quiet",
        bundle_with(end_day=TUESDAY),
        AGREEMENT,
        "is stated to end on 2027-03-23, on the ledger to have no earlier end",
    ),
    case(
        "another chain",
        "quiet",
        bundle_with(domain=Domain(1, DOMAIN.market)),
        CHAIN,
        "of chain 1, this is chain 31337",
    ),
]


@pytest.mark.parametrize("name", ["evening", "midday", "night", "quiet"])
def test_the_honest_bundle_holds(name):
    assert findings_on_ledger(bundle_of(name)) == {}


@pytest.mark.parametrize(CASE, CASES)
def test_tampering_is_caught(name, change, check, told):
    honest = bundle_of(name)
    tampered = change(honest)
    assert tampered != honest
    found = findings_on_ledger(tampered)
    assert check in found
    assert re.search(told, "\n".join(found[check]))
