"""Random agreements handed to the kernel and to the reference, and the two results side by side."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random

from backend.kernel.columns import Portfolio
from backend.kernel.records import AgreementRecord, portfolio_of, reasons_of
from backend.kernel.settle import SettledPortfolio
from settlement.clock import day_of
from settlement.identity import agreement_id
from settlement.meter import encode_blob
from settlement.settle import Incomplete, Settled
from settlement.statement import Period, statement_leaf
from settlement.terms import validate
from settlement.units import POWER_W_MAX
from tests.settlement.oracle import Case
from tests.settlement.random_cases import random_case
from tests.settlement.test_oracle import activation_of, readings_of, settle_case

Group = tuple[int, Period]


def cases_by_group(numbers: Iterable[int]) -> dict[Group, list[Case]]:
    """Random cases by what a call of the kernel has one of: ISP length, period and holidays."""
    groups: dict[Group, list[Case]] = defaultdict(list)
    for number in numbers:
        case, _ = random_case(Random(number))
        # Two agreements of a portfolio have two ids; the random terms alone may repeat.
        case.terms = replace(case.terms, salt=number.to_bytes(32, "big"))
        if number % 5 == 1:
            _make_large(case)
        elif number % 5 == 2:
            _lose_readings(case, Random(number))
        validate(case.terms)
        period = Period(day_of(case.first), day_of(case.last))
        group = groups[case.terms.isp_minutes, period]
        group.append(case)
        case.holidays = group[0].holidays
    return groups


def _make_large(case: Case) -> None:
    """Powers and rates at the end of their range: int64 does not hold all products."""
    case.terms = replace(
        case.terms,
        amount_w=POWER_W_MAX if case.terms.amount_w > 0 else -POWER_W_MAX,
        volume_rate=2**32 - 1,
        capacity_rate=2**32 - 1,
    )
    for series in (*case.meters, *case.nominations.values()):
        most = max(1, *(abs(w) for w in series.values())) if series else 1
        for second, w in series.items():
            series[second] = w * (POWER_W_MAX // most)
    scaled = {}
    for order in case.orders:
        larger = replace(order, ordered_w=order.ordered_w * (POWER_W_MAX // 7321))
        scaled[larger] = case.nominations[order]
    case.orders, case.nominations = list(scaled), scaled


def _lose_readings(case: Case, random: Random) -> None:
    for series in case.meters:
        for second in random.sample(sorted(series), len(series) // 150):
            del series[second]


def element_names(case: Case) -> list[str]:
    identity = agreement_id(case.terms).hex()
    return [f"{identity}/{number}" for number in range(len(case.meters))]


def blobs_of_case(case: Case) -> dict[str, dict[int, bytes]]:
    """Day blobs of the metering points of a case."""
    readings = [readings_of(meter, case.terms.isp_minutes) for meter in case.meters]
    return {
        name: {day: encode_blob(values) for day, values in one.days.items()}
        for name, one in zip(element_names(case), readings, strict=True)
    }


def record_of_case(case: Case) -> AgreementRecord:
    length = case.terms.isp_minutes
    return AgreementRecord(
        agreement_id(case.terms),
        case.terms,
        [activation_of(order, length) for order in case.orders],
        element_names(case),
        [activation_of(order, length) for order in case.other_orders],
        {
            activation_of(order, length): readings_of(series, length)
            for order, series in case.nominations.items()
        },
        None if case.end is None else day_of(case.end),
    )


def portfolio_of_cases(cases: Sequence[Case]) -> Portfolio:
    blobs = {name: days for case in cases for name, days in blobs_of_case(case).items()}
    days = [day for blob in blobs.values() for day in blob]
    return portfolio_of([record_of_case(case) for case in cases], blobs, min(days), max(days))


Figures = dict[bytes, dict[str, object]]


def figures_of_reference(cases: Sequence[Case]) -> Figures:
    results = (settle_case(case) for case in cases)
    return dict(sorted(_figures(result) for result in results))


def _figures(result: Settled | Incomplete) -> tuple[bytes, dict[str, object]]:
    if isinstance(result, Incomplete):
        return result.agreement_id, {"reasons": result.reasons}
    statement = result.statement
    names = ("series_hash", "capacity_isps", "capacity", "volume", "penalty", "amount")
    return statement.agreement_id, {
        **{name: getattr(statement, name) for name in names},
        "leaf": statement_leaf(statement)[0],
        "lines": [
            (
                line.activation.first_isp,
                line.delivery.ordered_w_sum,
                line.delivery.delivered_w_sum,
                line.delivery.deficiency_w_sum,
                line.volume,
                line.penalty,
                line.pairs,
            )
            for line in result.lines
        ],
    }


def figures_of_kernel(portfolio: Portfolio, settled: SettledPortfolio) -> Figures:
    """The kernel's columns in the form of the reference's figures."""
    statements, lines = settled.statements, settled.lines
    reasons = reasons_of(portfolio, lines)
    figures: Figures = {}
    lines_of = _lines_by_agreement(portfolio, settled)
    for row, identity in enumerate(statements.agreement_id):
        if not statements.complete[row]:
            figures[identity.tobytes()] = {"reasons": reasons[row]}
            assert statements.amount[row] == 0
            assert not statements.leaf_hash[row].any()
            continue
        names = ("capacity_isps", "capacity", "volume", "penalty", "amount")
        figures[identity.tobytes()] = {
            "series_hash": statements.series_hash[row].tobytes(),
            **{name: int(getattr(statements, name)[row]) for name in names},
            "leaf": statements.leaf_hash[row].tobytes(),
            "lines": lines_of[row],
        }
    return figures


def _lines_by_agreement(
    portfolio: Portfolio, settled: SettledPortfolio
) -> dict[int, list[tuple[object, ...]]]:
    lines, found = settled.lines, defaultdict(list)
    for row, activation in enumerate(lines.activation):
        pairs = lines.pairs_w[lines.pair_offsets[row] : lines.pair_offsets[row + 1]]
        found[int(portfolio.activations.agreement[activation])].append(
            (
                int(portfolio.activations.first_isp[activation]),
                int(lines.ordered_w_sum[row]),
                int(lines.delivered_w_sum[row]),
                int(lines.deficiency_w_sum[row]),
                int(lines.volume[row]),
                int(lines.penalty[row]),
                tuple((int(baseline), int(actual)) for baseline, actual in pairs),
            )
        )
    return found
