"""A month settled in plain pandas, agreement by agreement: as it is mostly done today."""

from pathlib import Path

import numpy as np

from backend.kernel.bulk.arrow import portfolio_of_table
from backend.kernel.bulk.files import read_manifest, read_table
from scripts.benchmarks.settlement_bench.data import MONTH
from settlement.clock import date_of


def pandas_month(folder: Path) -> tuple[int, str]:
    """Return the amount over all agreements, and no root."""
    total = 0
    for partition in read_manifest(folder):
        portfolio = portfolio_of_table(read_table(folder / partition.name))
        for row in range(len(portfolio.agreements)):
            total += _amount(portfolio, row)
    return total, ""


def _amount(portfolio, row: int) -> int:
    import pandas as pd

    terms = {name: int(of[row]) for name, of in portfolio.agreements.terms.items()}
    meters, activations = portfolio.meters, portfolio.activations
    start = pd.Timestamp(date_of(meters.first_utc_day), tz="UTC")
    values = meters.blobs[row].astype(np.int64)
    index = pd.date_range(start, periods=len(values), freq="15min").tz_convert("Europe/Berlin")
    frame = pd.DataFrame({"w": values}, index=index)
    frame["day"] = frame.index.normalize()
    frame["minute"] = frame.index.hour * 60 + frame.index.minute
    mine = np.flatnonzero(activations.agreement == row)
    events = [
        (
            pd.Timestamp(int(activations.first_isp[one]) * 900, unit="s", tz="UTC").tz_convert(
                "Europe/Berlin"
            ),
            int(activations.isps[one]),
            int(activations.ordered_w[one]),
        )
        for one in mine
    ]
    event_days = {moment.normalize() for moment, _, _ in events}
    volume = penalty = 0
    for moment, isps, ordered_w in events:
        event = frame.loc[moment : moment + pd.Timedelta(minutes=15 * (isps - 1))]
        days = pd.bdate_range(end=moment.normalize() - pd.Timedelta(days=1), periods=33, freq="B")
        like = [day for day in reversed(days) if day not in event_days][: terms["y"]]
        history = frame[frame["day"].isin(like) & frame["minute"].isin(event["minute"])]
        table = history.pivot(index="day", columns="minute", values="w")
        chosen = table.sum(axis=1).sort_index(ascending=False).nlargest(terms["x"]).index
        baseline = np.rint(table.loc[chosen].mean().to_numpy()).astype(np.int64)
        moved = np.sign(ordered_w) * (event["w"].to_numpy() - baseline)
        delivered = int(moved.clip(0, abs(ordered_w)).sum())
        deficiency = int((abs(ordered_w) - moved).clip(0).sum())
        volume += round(delivered * 15 * terms["volume_rate"] / 60_000_000)
        penalty += round(deficiency * 15 * terms["penalty_rate"] / 60_000_000)
    isps = int(frame["day"].between(*_period(pd)).sum())
    capacity = round(abs(terms["amount_w"]) * isps * 15 * terms["capacity_rate"] / 60_000_000)
    return capacity + volume - min(penalty, terms["penalty_cap_bp"] * (capacity + volume) // 10_000)


def _period(pd) -> tuple[object, object]:
    return tuple(
        pd.Timestamp(date_of(day), tz="Europe/Berlin") for day in (MONTH.first_day, MONTH.last_day)
    )
