"""The figures of a finished demonstration, as the table prints them and the report draws them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.demo.correction import Correction
from backend.demo.relief import PointOverloads, Worth
from backend.demo.tampering import Refusal

IntArray = NDArray[np.int64]
W_ISPS_PER_KWH = 4_000


@dataclass(frozen=True, slots=True, eq=False)
class PointOutcome:
    """Load of a congestion point over the month, W per quarter hour, consumption positive.

    Attributes:
        name: the congestion point.
        import_limit_w: largest import, a magnitude.
        export_limit_w: largest export, a magnitude.
        before_w: load without any activation.
        after_w: load as metered.
        ordered_w: sum of what was ordered.
    """

    name: str
    import_limit_w: int
    export_limit_w: int
    before_w: IntArray
    after_w: IntArray
    ordered_w: IntArray

    def excess_kwh(self, load_w: IntArray) -> tuple[float, float]:
        """Return the energy above the import and the export limit."""
        over_import = np.maximum(0, load_w - self.import_limit_w).sum() / W_ISPS_PER_KWH
        over_export = np.maximum(0, -self.export_limit_w - load_w).sum() / W_ISPS_PER_KWH
        return float(over_import), float(over_export)


@dataclass(frozen=True, slots=True, eq=False)
class SiteDay:
    """One day of one site, per ISP of the local day.

    Attributes:
        site_id: the site.
        agreement: name of the template.
        date: local date.
        minutes: local minute at which each ISP starts.
        recorded_w: what the site would have done.
        actual_w: what its meter shows.
        baseline_w: baseline of the ordered ISPs, NaN elsewhere.
        target_w: baseline plus ordered, NaN elsewhere.
        delivered_share: delivered over ordered energy, from 0 to 1.
        overridden: whether the owner took back control.
    """

    site_id: str
    agreement: str
    date: str
    minutes: IntArray
    recorded_w: IntArray
    actual_w: IntArray
    baseline_w: NDArray[np.float64]
    target_w: NDArray[np.float64]
    delivered_share: float
    overridden: bool


@dataclass(frozen=True, slots=True)
class AgreementOutcome:
    """One statement; energy in kWh, money in 1e-4 EUR."""

    site_id: str
    agreement: str
    amount_w: int
    activations: int
    overridden: int
    ordered_kwh: float
    delivered_kwh: float
    missing_kwh: float
    capacity: int
    volume: int
    penalty: int
    amount: int


@dataclass(frozen=True, slots=True)
class TradeOutcome:
    """What the DSO asked for at a gate, and what became of it; energy in kWh, magnitudes.

    Attributes:
        date: local date.
        time: local time of the gate.
        point: the congestion point.
        direction: what was asked for, in the words of orders.
        requested_kwh: beyond what was ordered at earlier gates.
        offered_kwh: what the aggregator promises.
        confidence: probability of all that is offered, in the quarter hour where it is lowest;
            None without an offer.
        ordered_kwh: what the DSO ordered of it.
        recorded_kwh: the activations on the ledger, which make up for what may fail.
        activations: how many.
        refused: activations that the ledger refused.
        left_out: why agreements of this point and direction took no part, and how many.
        no_offer: why there is no offer, empty with one.
    """

    date: str
    time: str
    point: str
    direction: str
    requested_kwh: float
    offered_kwh: float
    confidence: float | None
    ordered_kwh: float
    recorded_kwh: float
    activations: int
    refused: int
    left_out: tuple[tuple[str, int], ...]
    no_offer: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything about a finished demonstration that people read.

    Attributes:
        median_gap: of all orders, between what was chosen and the best that may be possible.
        objective_eur: sum over all orders, activations and priced shortfall.
        bound_eur: sum of what is proven for each: no choice has a lower objective.
    """

    first_date: str
    last_date: str
    recorded_first_date: str
    weeks_moved: int
    start_utc_s: int
    sites: int
    assets: int
    agreements: int
    refused_offers: int
    activations: int
    overridden: int
    orders: int
    median_gap: float
    objective_eur: float
    bound_eur: float
    checked: int
    incomplete: int
    paid: int
    trade: tuple[TradeOutcome, ...]
    points: tuple[PointOutcome, ...]
    overloads: tuple[PointOverloads, ...]
    worth: Worth
    site_days: tuple[SiteDay, ...]
    statements: tuple[AgreementOutcome, ...]
    refusals: tuple[Refusal, ...]
    correction: Correction | None
    gas_used: dict[str, int]
    transactions: dict[str, int]
    seconds: float
