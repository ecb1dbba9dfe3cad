"""What the tests of activations share: one standard order, and how a refusal of one is seen."""

import pytest
from sqlalchemy import func, select

from backend.chain.market import WantedActivation
from backend.db.models import ActivationRow
from backend.services.records import log_of
from settlement.activation import Activation, log_head
from settlement.bundle.records import entries_of
from settlement.errors import ActivationRefused
from tests.backend.defaults import TUESDAY, isp_at
from tests.backend.town import Town

EVENING = "bakery evening"
TUESDAY_17 = isp_at(TUESDAY, 17)
ORDERED = Activation(TUESDAY_17, 4, -3000)


def stored(town: Town) -> int:
    """Activations as another session would count them after a commit."""
    town.session.commit()
    return town.session.scalar(select(func.count()).select_from(ActivationRow)) or 0


def refused(town: Town, *wanted: WantedActivation, now_s: int | None = None) -> ActivationRefused:
    """Order and return the refusal; nothing may be sent and nothing stored."""
    block, before = town.chain.block_number(), stored(town)
    with pytest.raises(ActivationRefused) as found:
        town.order(*wanted, now_s=now_s)
    assert town.chain.block_number() == block, "nothing was sent"
    assert stored(town) == before
    return found.value


def head_in_store(town: Town, deal: str) -> bytes:
    """The head of an activation log, computed from the store."""
    return log_head(entries_of(log_of(town.session, town.identity(deal))))
