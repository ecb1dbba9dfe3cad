"""Where the DSO and the aggregator of the demonstration trade."""

from collections.abc import Callable
from itertools import count
from uuid import NAMESPACE_URL, uuid5

from backend.db.store import Session
from backend.demo import plan
from backend.district import District
from backend.services.vpp_desk import TradeDesk
from backend.services.vpp_grid import declare_points, points_of
from flexmanager.vpp.book import Trade

DSO, AGGREGATOR = "dso.example", "aggregator.example"


def open_desk(session: Session, district: District) -> TradeDesk:
    """Declare the transformers of a district and open a desk at which they are traded."""
    points = points_of(district)
    declare_points(session, points)
    names = frozenset(one.name for one in points)
    return TradeDesk(session, Trade(DSO, AGGREGATOR, plan.CLOCK, names), _counted_ids())


def _counted_ids() -> Callable[[], str]:
    """Return a source of MessageIDs that are the same in every run."""
    numbers = count(1)
    return lambda: str(uuid5(NAMESPACE_URL, f"{DSO}/{AGGREGATOR}/{next(numbers)}"))
