"""The pilot district's whole month: all sites, recorded meter data, all templates, both results."""

from dataclasses import replace
from random import Random

import pytest

from backend.demo import plan
from backend.district import District, load_district
from backend.kernel.records import AgreementRecord, portfolio_of, reasons_of
from backend.kernel.settle import settle
from backend.kernel.tree import Level, fold, reduce_leaves
from settlement.activation import Activation, check_activation, touched_days
from settlement.baselines.baseline import History
from settlement.clock import day_of
from settlement.errors import ActivationRefused
from settlement.identity import agreement_id
from settlement.meter import Readings, encode_blob
from settlement.run import build_run
from settlement.settle import Incomplete, Settled
from settlement.settle import settle as settle_one
from settlement.statement import Period
from settlement.terms import Terms

ISPS_PER_DAY = 96
FIRST_DAY, LAST_DAY = day_of(plan.FIRST_RECORDED_DAY), day_of(plan.LAST_RECORDED_DAY)
BEFORE_DAYS = 20
"""Days of the recording before the month from which like days come."""


def agreements_of(number: int) -> list[Terms]:
    """An agreement by each template for a site; no two sites have the same salt."""
    return [
        replace(
            template.terms,
            salt=number.to_bytes(32, "big"),
            amount_w=template.sign * (2500 + 100 * number),
            start_day=FIRST_DAY,
            end_day=LAST_DAY,
        )
        for template in plan.templates()
    ]


def ordered(terms: Terms, random: Random) -> list[Activation]:
    """What the limits of the agreement let through of a try on every second day or so."""
    standing: list[Activation] = []
    for day in range(FIRST_DAY, LAST_DAY + 1):
        wanted = Activation(
            random.choice(terms.clock.day_isps(day)[40:]),
            random.randint(1, 8),
            terms.amount_w * random.randint(1, 10) // 10 or terms.amount_w,
        )
        try:
            check_activation(terms, standing, wanted)
        except ActivationRefused:
            continue
        standing.append(wanted)
    return standing


def meter_of(district: District, site_id: str, random: Random) -> Readings:
    """The recorded series of the days about the month, with a reading lost now and then."""
    first = district.first_quarter_utc_s // 900
    series = district.site_w(site_id).tolist()
    days = range(FIRST_DAY - BEFORE_DAYS, LAST_DAY + 2)
    return Readings(
        15,
        {
            day: tuple(
                None if random.random() < 0.003 else series[day * ISPS_PER_DAY + place - first]
                for place in range(ISPS_PER_DAY)
            )
            for day in days
        },
    )


class Month:
    """The month of all sites, by the reference and as records for the kernel."""

    def __init__(self) -> None:
        random, district = Random(2016), load_district()
        self.period = Period(FIRST_DAY, LAST_DAY)
        self.holidays = {day_of(day) for day in district.non_working_days}
        self.records: list[AgreementRecord] = []
        self.blobs: dict[str, dict[int, bytes]] = {}
        self.results: list[Settled | Incomplete] = []
        for number, site in enumerate(district.sites):
            meter = meter_of(district, site.site_id, random)
            self.blobs[site.site_id] = {day: encode_blob(of) for day, of in meter.days.items()}
            logs = {terms: ordered(terms, random) for terms in agreements_of(number)}
            everything = [one for log in logs.values() for one in log]
            for terms, log in logs.items():
                shared = [one for other, its in logs.items() if other != terms for one in its]
                nominations = {one: meter for one in log} if terms.y == 0 else {}
                self.records.append(
                    AgreementRecord(
                        agreement_id(terms), terms, log, [site.site_id], shared, nominations
                    )
                )
                history = History(
                    meter,
                    touched_days(terms, everything),
                    {isp for one in everything for isp in one.ordered_isps()},
                    self.holidays,
                )
                self.results.append(settle_one(terms, log, self.period, history, nominations))


@pytest.fixture(scope="module")
def month() -> Month:
    return Month()


def test_the_month_is_worth_comparing(month):
    complete = [one for one in month.results if isinstance(one, Settled)]
    assert len(month.results) == 3 * 52
    assert len(complete) > 60
    assert len(month.results) - len(complete) > 5
    assert sum(len(one.lines) for one in complete) > 400


def test_every_statement_the_root_and_every_reason_are_those_of_the_reference(month):
    portfolio = portfolio_of(month.records, month.blobs, FIRST_DAY - BEFORE_DAYS, LAST_DAY + 1)
    settled = settle(portfolio, month.period, month.holidays)
    statements = settled.statements
    rows = {identity.tobytes(): row for row, identity in enumerate(statements.agreement_id)}
    reasons = reasons_of(portfolio, settled.lines)
    for one in month.results:
        if isinstance(one, Incomplete):
            assert reasons[rows[one.agreement_id]] == one.reasons
            continue
        row = rows[one.statement.agreement_id]
        for name in ("capacity_isps", "capacity", "volume", "penalty", "amount"):
            assert getattr(statements, name)[row] == getattr(one.statement, name)
        assert statements.series_hash[row].tobytes() == one.statement.series_hash
    run = build_run(one for one in month.results if isinstance(one, Settled))
    complete = statements.complete
    leaves = Level(statements.leaf_hash[complete], statements.amount[complete].astype("u8"))
    assert fold([reduce_leaves(leaves, 0)]) == run.tree.root
