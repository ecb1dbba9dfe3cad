"""Owners who take back control during an activation."""

import pytest
from sqlalchemy import select

from backend.chain.adapter import ContractRefused
from backend.chain.wallet import Wallet
from backend.db.models import ActivationRow
from backend.services.activating import note_override
from settlement.errors import InputError
from settlement.identity import agreement_id
from tests.backend import parties
from tests.backend.defaults import CLOCK
from tests.backend.services.ordering import EVENING, ORDERED, TUESDAY_17, head_in_store
from tests.backend.town import Town


def override(town: Town, first_isp: int, prosumer: Wallet | None = None) -> None:
    note_override(
        town.session,
        town.market,
        parties.RELAYER,
        prosumer or parties.OWNERS["bakery"],
        town.wanted(EVENING, ORDERED),
        first_isp,
    )


def overrides_stored(town: Town) -> list[int | None]:
    town.session.commit()
    return list(town.session.scalars(select(ActivationRow.override_isp)))


@pytest.fixture
def activated(begun: Town) -> Town:
    begun.order(begun.wanted(EVENING, ORDERED))
    return begun


def test_an_override_of_what_was_never_ordered_is_refused(begun):
    block = begun.chain.block_number()
    with pytest.raises(InputError, match=r"override: .* expected a recorded activation"):
        override(begun, TUESDAY_17)
    assert begun.chain.block_number() == block, "nothing was sent"


@pytest.mark.parametrize("first_isp", [TUESDAY_17 - 1, TUESDAY_17 + 4, TUESDAY_17 + 5])
def test_an_override_outside_its_activation_is_refused(activated, first_isp):
    block = activated.chain.block_number()
    with pytest.raises(InputError, match=r"override: ISP .* expected one of the activation"):
        override(activated, first_isp)
    assert activated.chain.block_number() == block, "nothing was sent"
    assert overrides_stored(activated) == [None]


def test_an_override_is_signed_by_the_owner(activated):
    with pytest.raises(ContractRefused) as found:
        override(activated, TUESDAY_17, parties.STRANGER)
    assert found.value.name == "InvalidSignature"
    assert overrides_stored(activated) == [None]


def test_an_override_after_its_activation_is_too_late(activated):
    activated.chain.advance_to(CLOCK.start_s(ORDERED.end_isp) + 1)
    with pytest.raises(ContractRefused, match="SignatureExpired"):
        override(activated, TUESDAY_17)
    assert overrides_stored(activated) == [None]


@pytest.mark.parametrize("offset", [0, 1, 3])
def test_an_override_is_noted_in_store_and_ledger_and_changes_no_log(activated, offset):
    head = activated.head(EVENING)
    override(activated, TUESDAY_17 + offset)
    assert overrides_stored(activated) == [TUESDAY_17 + offset]
    assert activated.head(EVENING) == head == head_in_store(activated, EVENING)
    web3 = activated.chain.web3
    (log,) = web3.eth.get_logs({"address": activated.market.contract.address})
    assert bytes(log["topics"][1]) == agreement_id(activated.terms(EVENING))
    first_isp, isps = (int.from_bytes(log["data"][at : at + 32], "big") for at in (0, 32))
    assert (first_isp, first_isp + isps) == (TUESDAY_17 + offset, ORDERED.end_isp)
