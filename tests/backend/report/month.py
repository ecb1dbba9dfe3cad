"""A short month made by hand: three days around a clock change, two congestion points."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from backend.demo.correction import Correction
from backend.demo.outcome import (
    AgreementOutcome,
    Outcome,
    PointOutcome,
    SiteDay,
    TradeOutcome,
)
from backend.demo.relief import PointOverloads, Worth
from backend.demo.tampering import Refusal
from backend.services.history import StatementVersion
from flexmanager.benefit import Assumptions, Flows, benefit
from flexmanager.overloads import Overload, Verdict
from settlement.statement import Period

IntArray = NDArray[np.int64]
SATURDAY, SUNDAY, MONDAY = slice(0, 96), slice(96, 188), slice(188, 284)
"""27 March 2027 has 96 quarter hours, 28 March 92, 29 March 96."""

QUARTERS = 284
EVENING, REBOUND = slice(72, 80), slice(80, 82)
"""18:00 to 20:00 and 20:00 to 20:30 on Saturday."""

NOON = slice(188 + 48, 188 + 56)
"""12:00 to 14:00 on Monday."""


def series(base_w: int, *changes: tuple[slice, int]) -> IntArray:
    """A flat series but for some stretches."""
    series_w = np.full(QUARTERS, base_w, dtype=np.int64)
    for columns, value_w in changes:
        series_w[columns] = value_w
    return series_w


def congested() -> PointOutcome:
    """Exceeds both limits before; after, 1.5 kWh of import remain, a third of them a rebound."""
    return PointOutcome(
        "LV1",
        import_limit_w=10_000,
        export_limit_w=8_000,
        before_w=series(2_000, (EVENING, 12_000), (NOON, -10_000)),
        after_w=series(2_000, (EVENING, 10_500), (REBOUND, 11_000), (NOON, -8_000)),
        ordered_w=series(0, (EVENING, -2_000), (NOON, 2_000)),
    )


def calm() -> PointOutcome:
    """Comes near its import limit and never near its export limit; nothing is ordered."""
    load = series(40_000, (MONDAY, 60_000))
    return PointOutcome("LV2", 80_000, 400_000, load, load.copy(), series(0))


def site_day(quarters: int = 92, date: str = "2027-03-28") -> SiteDay:
    """A site ordered from 5 kW down to 3 kW for four quarter hours, down to 4 kW by its meter."""
    minutes = 15 * np.arange(quarters)
    if quarters == 92:
        minutes[8:] += 60
    baseline_w = np.full(quarters, np.nan)
    baseline_w[70:74] = 5_000
    recorded_w = np.full(quarters, 4_500, dtype=np.int64)
    actual_w = recorded_w.copy()
    actual_w[70:74] = 4_000
    return SiteDay(
        "LV1-6",
        "evening reduction",
        date,
        minutes,
        recorded_w,
        actual_w,
        baseline_w,
        baseline_w - 2_000,
        delivered_share=0.5,
        overridden=True,
    )


STATEMENTS = (
    AgreementOutcome(
        "LV1-6", "evening reduction", -5_200, 22, 1, 109.44, 99.46, 10.04, 48_360, 274_055, 12_049,
        310_366,
    ),
    AgreementOutcome(
        "LV1-9", "evening reduction", -900, 3, 0, 10.0, 0.0, 31.26, 50_000, 0, 50_000, 0
    ),
    AgreementOutcome(
        "LV1-6", "midday increase", 700, 0, 0, 0.0, 0.0, 0.0, 4_349, 0, 0, 4_349
    ),
)  # fmt: skip

REFUSALS = (
    Refusal("statement: 10 EUR added", "the prosumer's checker", "It is 0.8427 EUR."),
    Refusal("proof: one bit turned", "the ledger", "ProofMismatch"),
)

CORRECTION = Correction(
    "LV1-9",
    "evening reduction",
    "2027-03-27 18:30",
    "With your own readings the statement is complete: 5.0000 EUR.",
    (
        StatementVersion(
            Period(20_539, 20_541), 1, "delivered", "the period is over", 7, bytes(32), None,
            "2027-03-27 18:00: 1 of 8 meter readings are missing", None, False,
        ),
        StatementVersion(
            Period(20_539, 20_541), 2, "delivered", "meter data committed for 2027-03-27", 9,
            bytes(32), 50_000, "", None, True,
        ),
    ),
    2,
)  # fmt: skip

NOTICE, WEAK = "notice leaves no ISP open", "it can hold less than 300 W"
TRADE = (
    TradeOutcome(
        "2027-03-27", "16:15", "LV1", "less consumption", 4.0, 3.0, 0.91, 3.0, 3.6, 4, 1,
        ((NOTICE, 2), (WEAK, 1)), "",
    ),
    TradeOutcome(
        "2027-03-27", "17:15", "LV1", "less consumption", 1.0, 0.0, None, 0.0, 0.0, 0, 0,
        ((NOTICE, 3),), "no agreement can take part",
    ),
)  # fmt: skip

FIRST_ISP = 1_806_102_000 // 900
OVERLOADS = (
    PointOverloads(
        "LV1",
        "import",
        (
            *(Overload(FIRST_ISP + at, 2_000, 0, Verdict.RELIEVED) for at in range(72, 74)),
            *(Overload(FIRST_ISP + at, 2_000, 500, Verdict.NOT_DELIVERED) for at in range(74, 80)),
            *(Overload(FIRST_ISP + at, 0, 1_000, Verdict.ADDED) for at in range(80, 82)),
            Overload(FIRST_ISP + 82, 400, 400, Verdict.NO_AGREEMENT),
        ),
    ),
)
FLOWS = Flows(102_709, 274_055, 62_049, 20_000, 6_000, 1_500)
ASSUMPTIONS = Assumptions(50_000, 1_000)


def outcome(**chosen: object) -> Outcome:
    """The outcome of the short month; any field may be chosen."""
    base = Outcome(
        first_date="2027-03-27",
        last_date="2027-03-29",
        recorded_first_date="2016-03-26",
        weeks_moved=574,
        start_utc_s=1_806_102_000,
        sites=52,
        assets=55,
        agreements=3,
        refused_offers=1,
        activations=25,
        overridden=1,
        orders=2,
        median_gap=0.0474,
        objective_eur=44.89,
        bound_eur=42.17,
        checked=3,
        incomplete=0,
        paid=314_715,
        trade=TRADE,
        points=(congested(), calm()),
        overloads=OVERLOADS,
        worth=Worth(FLOWS, ASSUMPTIONS, benefit(FLOWS, ASSUMPTIONS)),
        site_days=(site_day(), site_day(96, "2027-03-29")),
        statements=STATEMENTS,
        refusals=REFUSALS,
        correction=CORRECTION,
        gas_used={"deploy": 3_000_000, "publishRun": 108_678},
        transactions={"deploy": 3, "publishRun": 1},
        seconds=67.9,
    )
    return replace(base, **chosen)  # type: ignore[arg-type]


def without_activation() -> Outcome:
    """A month in which nothing was ordered."""
    return outcome(
        trade=(),
        points=(calm(),),
        overloads=(),
        site_days=(),
        statements=STATEMENTS[2:],
        agreements=1,
        checked=1,
        activations=0,
        overridden=0,
        orders=0,
        median_gap=0.0,
        objective_eur=0.0,
        bound_eur=0.0,
        paid=4_349,
    )
