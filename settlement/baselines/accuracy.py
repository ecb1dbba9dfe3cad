"""How well a baseline method meets what happened: bias, RRMSE, MAPE.

Figures of statistics, not of money: they are floating-point numbers and settle nothing. They are
taken on days without an activation, where the actual is what the baseline should have been.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Accuracy over some ISPs, with b the baseline and a the actual.

    The shares are relative to the magnitude of what the site used or exported, so that a positive
    bias is a baseline above the actual for exporting sites too.

    Attributes:
        isps: how many ISPs were compared.
        rmse_w: root of the mean squared error in W.
        bias: sum(b - a) / |sum(a)|; None where the actuals add up to 0.
        rrmse: rmse / |mean(a)|; None where the actuals add up to 0.
        mape: mean of |b - a| / |a| over the ISPs with a != 0; None without any.
        mape_isps: how many ISPs that are.
    """

    isps: int
    rmse_w: float
    bias: float | None
    rrmse: float | None
    mape: float | None
    mape_isps: int


def accuracy(baseline_w: Sequence[int], actual_w: Sequence[int]) -> Accuracy:
    """Compare baselines with actuals.

    Args:
        baseline_w: at least one value.
        actual_w: as many.
    """
    pairs = list(zip(baseline_w, actual_w, strict=True))
    assert pairs, "accuracy is about at least one ISP"
    rmse_w = sqrt(sum((b - a) ** 2 for b, a in pairs) / len(pairs))
    total_w = abs(sum(a for _, a in pairs))
    shares = [abs(b - a) / abs(a) for b, a in pairs if a]
    return Accuracy(
        len(pairs),
        rmse_w,
        sum(b - a for b, a in pairs) / total_w if total_w else None,
        rmse_w * len(pairs) / total_w if total_w else None,
        sum(shares) / len(shares) if shares else None,
        len(shares),
    )
