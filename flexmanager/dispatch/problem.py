"""The order, the agreements that can serve it, and their limits as arrays.

Everything inside the dispatcher is positive: an order for less consumption is mirrored when the
problem is made and mirrored back when the activations are written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from flexmanager.dispatch.candidate import Candidate, response
from flexmanager.errors import HorizonError, ParameterError
from flexmanager.rounding import BoolArray, FloatArray, IntArray
from settlement.clock import ISP_MINUTES_ALLOWED
from settlement.units import AMOUNT_PER_EUR

W_PER_MW = 1_000_000
MINUTES_PER_HOUR = 60


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive ISPs of one candidate: `start` to `stop`, stop excluded, at `power_w` > 0."""

    candidate: int
    start: int
    stop: int
    power_w: int


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """N candidates and n ISPs; powers positive, whatever the direction of the order.

    Attributes:
        needed: ISPs with a requirement; in the others rebound does no harm, shape (n,).
        required_w: shape (n,) [W]; below 0 where others cover more than is needed, as far as
            rebound may then go.
        amount_w: shape (N,) [W].
        reliability: shape (N,).
        eur_per_w: price of ordering one W for one ISP, shape (N,) [EUR].
        gap_isps: free ISPs between two activations, at least 1, shape (N,).
        left: activations left, shape (N,).
        rebound_share: share of the delivered energy that comes back, shape (N,).
        rebound_isps: ISPs after a run over which it does, shape (N,).
        runs: which runs exist, shape (N, n, longest): [i, t, l] is a run of l + 1 ISPs from t.
        shortfall_eur_per_w: price of one W missing for one ISP [EUR].
        activation_eur: price of using up one activation [EUR].
    """

    needed: BoolArray
    required_w: FloatArray
    amount_w: FloatArray
    reliability: FloatArray
    eur_per_w: FloatArray
    gap_isps: IntArray
    left: IntArray
    rebound_share: FloatArray
    rebound_isps: IntArray
    runs: BoolArray
    shortfall_eur_per_w: float
    activation_eur: float

    @property
    def isps(self) -> int:
        """Number of ISPs."""
        return len(self.required_w)

    @property
    def candidates(self) -> int:
        """Number of candidates."""
        return len(self.amount_w)

    @property
    def cover_w(self) -> FloatArray:
        """Expected delivery of each candidate at its whole amount, shape (N,) [W]."""
        cover_w: FloatArray = self.amount_w * self.reliability
        return cover_w

    @property
    def row_lower_w(self) -> FloatArray:
        """What has to be covered per ISP, minus infinity where nothing is needed, shape (n,)."""
        lower_w: FloatArray = np.where(self.needed, self.required_w, -np.inf)
        return lower_w

    def effect(self, candidate: int, start: int, stop: int) -> tuple[slice, FloatArray]:
        """Return the ISPs that a run changes, and the expected change per ordered W in each.

        The change is negative where delivered energy comes back.
        """
        back_isps = int(self.rebound_isps[candidate])
        shares = response(stop - start, float(self.rebound_share[candidate]), back_isps)
        expected = float(self.reliability[candidate]) * shares[: self.isps - start]
        return slice(start, min(stop + back_isps, self.isps)), expected

    def covered_w(self, runs: Sequence[Run]) -> FloatArray:
        """Return the expected delivery of runs per ISP less what comes back, shape (n,) [W]."""
        covered_w = np.zeros(self.isps)
        for run in runs:
            isps, shares = self.effect(run.candidate, run.start, run.stop)
            covered_w[isps] += run.power_w * shares
        return covered_w

    def missing_w(self, runs: Sequence[Run]) -> FloatArray:
        """Return what runs leave uncovered of the requirement, shape (n,) [W, 0 or positive]."""
        short_w = np.maximum(self.required_w - self.covered_w(runs), 0.0)
        missing_w: FloatArray = np.where(self.needed, short_w, 0.0)
        return missing_w

    def beside(self, runs: Sequence[Run]) -> "Problem":
        """Return the problem of covering what is left beside runs that stand."""
        return replace(self, required_w=self.required_w - self.covered_w(runs))

    def part(self, where: slice | IntArray) -> "Problem":
        """Return the problem of some of the candidates, with the whole requirement."""
        return replace(
            self,
            amount_w=self.amount_w[where],
            reliability=self.reliability[where],
            eur_per_w=self.eur_per_w[where],
            gap_isps=self.gap_isps[where],
            left=self.left[where],
            rebound_share=self.rebound_share[where],
            rebound_isps=self.rebound_isps[where],
            runs=self.runs[where],
        )

    def cost_eur(self, runs: Sequence[Run]) -> float:
        """Return what the ordered energy of runs costs if all of it is delivered [EUR]."""
        costs = [self.eur_per_w[r.candidate] * r.power_w * (r.stop - r.start) for r in runs]
        return float(sum(costs))

    def objective_eur(self, runs: Sequence[Run]) -> float:
        """Return cost, activations used up and shortfall of runs, all priced [EUR]."""
        short_eur = float(self.missing_w(runs).sum()) * self.shortfall_eur_per_w
        return self.cost_eur(runs) + self.activation_eur * len(runs) + short_eur


def direction_of(required_w: IntArray) -> int:
    """Return the sign of an order, 0 for an empty one; refuse an order in both directions."""
    if required_w.ndim != 1 or not np.issubdtype(required_w.dtype, np.signedinteger):
        found = f"{required_w.dtype} of shape {required_w.shape}"
        raise HorizonError("required_w", found, "signed whole W of shape (n,)")
    signs = {int(sign) for sign in np.sign(required_w)} - {0}
    if len(signs) > 1:
        raise HorizonError("required_w", "both signs", "one direction per call")
    return signs.pop() if signs else 0


def build_problem(
    required_w: IntArray,
    candidates: Sequence[Candidate],
    isp_minutes: int,
    shortfall_eur_per_mwh: float,
    activation_eur: float,
) -> Problem:
    """Check that order and candidates fit together and mirror them to positive powers.

    Raises:
        HorizonError: the order mixes directions, or a candidate's mask has another length.
        ParameterError: a candidate works in the other direction or stands twice, or a price or the
            ISP length is out of range.
    """
    sign = direction_of(required_w)
    _check_prices(isp_minutes, shortfall_eur_per_mwh, activation_eur)
    seen: set[bytes] = set()
    for candidate in candidates:
        if sign * candidate.amount_w < 0:
            expected = "positive" if sign > 0 else "negative"
            amount_w = candidate.amount_w
            raise ParameterError(candidate.name, "amount_w", amount_w, f"{expected}, as the order")
        if len(candidate.allowed) != len(required_w):
            found = f"{len(candidate.allowed)} ISPs"
            raise HorizonError(f"allowed of {candidate.name}", found, f"{len(required_w)} ISPs")
        if candidate.agreement_id in seen:
            raise ParameterError(candidate.name, "agreement_id", "given twice", "once per call")
        seen.add(candidate.agreement_id)
    mwh_per_w = isp_minutes / MINUTES_PER_HOUR / W_PER_MW
    rates = np.array([c.volume_rate for c in candidates], dtype=np.float64)
    masks = [c.allowed for c in candidates]
    allowed = np.array(masks, dtype=np.bool_).reshape(len(candidates), len(required_w))
    runtime_isps = np.array([c.max_runtime_isps for c in candidates], dtype=np.int64)
    rebound_isps = np.array([c.rebound_isps for c in candidates], dtype=np.int64)
    return Problem(
        needed=required_w != 0,
        required_w=np.abs(required_w).astype(np.float64),
        amount_w=np.array([abs(c.amount_w) for c in candidates], dtype=np.float64),
        reliability=np.array([c.reliability for c in candidates], dtype=np.float64),
        eur_per_w=rates / AMOUNT_PER_EUR * mwh_per_w,
        gap_isps=np.array([max(1, c.recovery_isps) for c in candidates], dtype=np.int64),
        left=np.array([c.activations_left for c in candidates], dtype=np.int64),
        rebound_share=np.array([c.rebound_share for c in candidates], dtype=np.float64),
        rebound_isps=rebound_isps,
        runs=existing_runs(required_w != 0, allowed, runtime_isps, rebound_isps > 0),
        shortfall_eur_per_w=shortfall_eur_per_mwh * mwh_per_w,
        activation_eur=activation_eur,
    )


def existing_runs(
    needed: BoolArray, allowed: BoolArray, runtime_isps: IntArray, rebounds: BoolArray
) -> BoolArray:
    """Tell which runs are worth considering.

    Runs begin and end in ISPs with a requirement: one that does not can be shortened at less cost
    without breaking a limit. Only a run that ends elsewhere to put off its rebound is different.

    Args:
        needed: ISPs with a requirement, shape (n,).
        allowed: ISPs that may be ordered, shape (N, n).
        runtime_isps: shape (N,).
        rebounds: candidates of which energy comes back, shape (N,).

    Returns:
        Shape (N, n, longest): [i, t, l] is a run of l + 1 ISPs from t on.
    """
    candidates, isps = allowed.shape
    longest = int(min(runtime_isps.max(initial=1), isps))
    runs = np.zeros((candidates, isps, longest), dtype=np.bool_)
    alive = np.broadcast_to(needed, (candidates, isps)).copy()
    for length in range(1, longest + 1):
        starts = isps - length + 1
        alive[:, starts:] = False
        alive[:, :starts] &= allowed[:, length - 1 :] & (length <= runtime_isps)[:, None]
        ends = needed[length - 1 :] | rebounds[:, None]
        runs[:, :starts, length - 1] = alive[:, :starts] & ends
    return runs


def _check_prices(isp_minutes: int, shortfall_eur_per_mwh: float, activation_eur: float) -> None:
    if isp_minutes not in ISP_MINUTES_ALLOWED:
        expected = f"one of {sorted(ISP_MINUTES_ALLOWED)}"
        raise ParameterError("dispatch", "isp_minutes", isp_minutes, expected)
    if not 0.0 < shortfall_eur_per_mwh <= 1e6:
        value = shortfall_eur_per_mwh
        raise ParameterError("dispatch", "shortfall_eur_per_mwh", value, "above 0, at most 1e6")
    if not 0.0 <= activation_eur <= 1e6:
        raise ParameterError("dispatch", "activation_eur", activation_eur, "0 to 1e6")
