"""Paying out: nothing early, nothing forged, nothing twice, and exactly what is stated."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from backend.chain.adapter import ContractRefused
from backend.chain.ledger import Ledger, ProvenStatement
from backend.chain.wallet import Wallet, address_of
from backend.db.models import StatementRow
from backend.services import claiming
from backend.services.claiming import claim_all, claim_unpaid, proven_statements
from settlement.merkle import Proof
from tests.backend import parties
from tests.backend.defaults import CHALLENGE_WINDOW_S, DEALS, PAID_IN_AMOUNT
from tests.backend.town import Town


def claim(town: Town, proven: list[ProvenStatement] | None = None) -> list[str]:
    """Claim statements, or all of them, and return what was said about it."""
    said: list[str] = []
    every = proven_statements(town.session, town.settled()) if proven is None else proven
    claim_all(town.session, town.ledger, parties.RELAYER, town.run(), every, said.append)
    return said


def balances(town: Town) -> dict[str, int]:
    """What the owners hold, in 1e-4 EUR."""
    return {
        site_id: town.token.balance(address_of(owner)) for site_id, owner in parties.OWNERS.items()
    }


def paid_in_store(town: Town) -> list[bool]:
    town.session.commit()
    return list(town.session.scalars(select(StatementRow.paid)))


def owed(town: Town) -> dict[str, int]:
    """What the statements say, summed by site."""
    amounts = {
        one.statement.agreement_id: one.statement.amount for one in town.settled().run.settled
    }
    found: dict[str, int] = dict.fromkeys(parties.OWNERS, 0)
    for deal in DEALS:
        found[deal.site_id] += amounts[town.identity(deal.name)]
    return found


def opens_at_s(town: Town) -> int:
    block = town.chain.web3.eth.get_block(town.run().block)
    return int(block["timestamp"]) + CHALLENGE_WINDOW_S


@pytest.fixture
def opened(published: Town) -> Town:
    """The challenge window has closed; claims are open."""
    published.chain.advance_to(opens_at_s(published))
    return published


# Refused


def test_nothing_is_paid_before_the_window_has_closed(published):
    opens_s = opens_at_s(published)
    published.chain.advance_to(opens_s - 1)
    with pytest.raises(ContractRefused) as refused:
        claim(published)
    assert (refused.value.name, refused.value.values) == ("ClaimsNotOpen", (opens_s - 1, opens_s))
    assert paid_in_store(published) == [False] * len(DEALS)
    assert set(balances(published).values()) == {0}


def forged_statement(honest: ProvenStatement) -> ProvenStatement:
    raised = replace(
        honest.statement, amount=honest.statement.amount + 1, volume=honest.statement.volume + 1
    )
    return replace(honest, statement=raised)


def forged_sibling(honest: ProvenStatement) -> ProvenStatement:
    (node, amount), *rest = honest.proof.siblings
    turned = bytes([node[0] ^ 1]) + node[1:]
    return replace(honest, proof=Proof(honest.proof.index, ((turned, amount), *rest)))


def forged_sum(honest: ProvenStatement) -> ProvenStatement:
    (node, amount), *rest = honest.proof.siblings
    return replace(honest, proof=Proof(honest.proof.index, ((node, amount + 1), *rest)))


def forged_index(honest: ProvenStatement) -> ProvenStatement:
    return replace(honest, proof=replace(honest.proof, index=honest.proof.index ^ 1))


def short_proof(honest: ProvenStatement) -> ProvenStatement:
    return replace(honest, proof=replace(honest.proof, siblings=honest.proof.siblings[:1]))


def other_terms(honest: ProvenStatement) -> ProvenStatement:
    return replace(honest, terms=replace(honest.terms, salt=bytes(32)))


@pytest.mark.parametrize(
    ("forge", "error"),
    [
        (forged_statement, "ProofMismatch"),
        (forged_sibling, "ProofMismatch"),
        (forged_sum, "ProofMismatch"),
        (forged_index, "ProofMismatch"),
        (short_proof, "ProofLength"),
        (other_terms, "AgreementMismatch"),
    ],
)
def test_a_forged_claim_is_refused_and_pays_nobody(opened, forge, error):
    honest, *others = proven_statements(opened.session, opened.settled())
    with pytest.raises(ContractRefused) as refused:
        claim(opened, [*others, forge(honest)])
    assert refused.value.name == error
    assert paid_in_store(opened) == [False] * len(DEALS)
    assert set(balances(opened).values()) == {0}


# Paid


def test_claiming_pays_exactly_what_the_statements_say(opened):
    expected = owed(opened)
    assert min(expected.values()) > 0
    claim(opened)
    assert balances(opened) == expected
    assert sum(expected.values()) == opened.run().sum
    assert opened.token.balance(opened.ledger.address) == PAID_IN_AMOUNT - opened.run().sum
    assert paid_in_store(opened) == [True] * len(DEALS)
    record = opened.ledger.run_of(
        address_of(parties.DSO), address_of(parties.AGGREGATOR), opened.run().first_day
    )
    assert (record.sum, record.claimed) == (opened.run().sum, opened.run().sum)


def test_the_window_closes_with_its_last_second(opened):
    claim(opened)
    assert opened.chain.now_s() == opens_at_s(opened)


def test_claiming_twice_pays_nothing_more(opened):
    claim(opened)
    after = balances(opened)
    claim(opened)
    assert balances(opened) == after
    assert opened.token.balance(opened.ledger.address) == PAID_IN_AMOUNT - opened.run().sum
    assert opened.chain.transactions == {"claimBatch": 2}, "the second one did go through"


def test_the_same_statement_twice_in_one_batch_is_paid_once(opened):
    (first, *_) = proven_statements(opened.session, opened.settled())
    claim(opened, [first, first])
    assert sum(balances(opened).values()) == first.statement.amount


def test_claims_go_in_batches_and_tell_how_far_they_are(opened, monkeypatch):
    monkeypatch.setattr(claiming, "BATCH", 3)
    assert claim(opened) == ["3 of 4 statements paid", "4 of 4 statements paid"]
    assert opened.chain.transactions == {"claimBatch": 2}
    assert balances(opened) == owed(opened)


def test_what_was_paid_before_a_refused_batch_is_noted(opened, monkeypatch):
    monkeypatch.setattr(claiming, "BATCH", 1)
    first, second, *_ = proven_statements(opened.session, opened.settled())
    with pytest.raises(ContractRefused):
        claim(opened, [first, forged_statement(second)])
    assert sorted(paid_in_store(opened)) == [False, False, False, True]
    assert sum(balances(opened).values()) == first.statement.amount


def test_nothing_to_claim_is_no_transaction(opened):
    assert claim(opened, []) == []
    assert opened.chain.transactions == {}


def test_each_statement_comes_with_its_terms_and_proof(published):
    proven = proven_statements(published.session, published.settled())
    assert [one.proof.index for one in proven] == [0, 1, 2, 3]
    for one in proven:
        assert len(one.proof.siblings) == published.run().depth == 2
        assert one.terms in [published.terms(deal.name) for deal in DEALS]


# What is not paid yet


def unpaid(town: Town) -> list[tuple[bytes, str]]:
    settled = town.settled()
    refused = claim_unpaid(
        town.session, town.ledger, parties.RELAYER, town.run(), settled, lambda _: None
    )
    return [(identity, refusal.name) for identity, refusal in refused]


def test_what_is_paid_is_not_claimed_again(opened):
    expected = owed(opened)
    assert unpaid(opened) == []
    assert balances(opened) == expected
    block = opened.chain.block_number()
    assert unpaid(opened) == []
    assert opened.chain.block_number() == block


def test_what_somebody_else_claimed_is_noted_and_paid_once(opened):
    expected = owed(opened)
    opened.ledger.claim(parties.STRANGER, proven_statements(opened.session, opened.settled())[:2])
    assert unpaid(opened) == []
    assert balances(opened) == expected
    assert paid_in_store(opened) == [True] * len(DEALS)


def test_each_refusal_is_told_with_its_agreement(published):
    every = sorted(published.identity(deal.name) for deal in DEALS)
    assert sorted(unpaid(published)) == [(one, "ClaimsNotOpen") for one in every]
    assert paid_in_store(published) == [False] * len(DEALS)


def test_one_refusal_does_not_hold_up_the_others(opened, monkeypatch):
    """A statement on hold makes the ledger refuse the whole batch that it is in."""
    held, real = opened.identity("dairy steady"), Ledger.claim

    def claim_but_one(ledger: Ledger, sender: Wallet, batch: list[ProvenStatement]) -> object:
        if held in [one.statement.agreement_id for one in batch]:
            raise ContractRefused("StatementOnHold", (held,))
        return real(ledger, sender, batch)

    monkeypatch.setattr(Ledger, "claim", claim_but_one)
    expected = owed(opened)
    assert unpaid(opened) == [(held, "StatementOnHold")]
    assert balances(opened) == {**expected, "dairy": 0}
    assert sorted(paid_in_store(opened)) == [False] + [True] * (len(DEALS) - 1)
    monkeypatch.undo()
    assert unpaid(opened) == []
    assert balances(opened) == expected
