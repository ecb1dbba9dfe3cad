"""The week settled from the figures of these tests alone, without store and services."""

from settlement.activation import Activation, touched_days
from settlement.baselines.baseline import History
from settlement.meter import Readings, sum_readings
from settlement.settle import Incomplete, Settled, settle
from settlement.terms import BaselineMethod
from tests.backend.defaults import CLOCK, DEALS, NON_WORKING_DAYS, ORDERS, PERIOD, THURSDAY
from tests.backend.meters import nominated_w, own_readings
from tests.backend.town import Town

NAMES = [deal.name for deal in DEALS]


def activations_of(deal: str) -> list[Activation]:
    return [activation for name, activation in ORDERS if name == deal]


def by_hand(town: Town, deal: str) -> Settled | Incomplete:
    """Settle a deal from the figures of these tests alone, without the store."""
    terms, site_id = town.terms(deal), deal.split()[0]
    of_site = [activation for name, activation in ORDERS if name.split()[0] == site_id]
    history = History(
        sum_readings(list(own_readings(site_id).values())),
        touched_days(terms, of_site),
        frozenset(isp for activation in of_site for isp in activation.ordered_isps()),
        frozenset(NON_WORKING_DAYS),
    )
    own = activations_of(deal)
    nominated = terms.baseline_method is BaselineMethod.NOMINATED
    thursday = Readings(CLOCK.isp_minutes, {THURSDAY: tuple(nominated_w(100))})
    nominations = {activation: thursday for activation in own} if nominated else {}
    return settle(terms, own, PERIOD, history, nominations)
