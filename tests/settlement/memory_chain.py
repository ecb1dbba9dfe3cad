"""A ledger in memory, filled from the market of the tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from settlement.activation import Activation, log_head, standing_activations
from settlement.bundle import Bundle
from settlement.chain_check import check_against_chain
from settlement.chain_view import AgreementRecord, RunRecord
from settlement.evidence import entries_of
from settlement.plausibility import check_bundle
from tests.settlement.build import meter_block, run
from tests.settlement.defaults import STANDARD
from tests.settlement.market import DOMAIN, PERIOD, RUN_BLOCK, address_by_key, market

Roots = dict[tuple[bytes, int], list[tuple[int, bytes]]]
"""By committer and UTC day: blocks and roots of the commitments, oldest first."""

NO_RECORD = AgreementRecord(False, 0, None, bytes(32))


@dataclass
class MemoryChain:
    """A `ChainView` without a chain; tests change its tables to play a tampered bundle."""

    chain: int = DOMAIN.chain_id
    agreements: dict[bytes, AgreementRecord] = field(default_factory=dict)
    activated: dict[tuple[bytes, int], list[Activation]] = field(default_factory=dict)
    runs: dict[tuple[bytes, bytes, int], RunRecord] = field(default_factory=dict)
    meter: Roots = field(default_factory=dict)
    nominations: Roots = field(default_factory=dict)

    def chain_id(self) -> int:
        return self.chain

    def agreement(self, agreement_id: bytes) -> AgreementRecord:
        return self.agreements.get(agreement_id, NO_RECORD)

    def run(self, dso: bytes, aggregator: bytes, period_first_day: int) -> RunRecord | None:
        return self.runs.get((dso, aggregator, period_first_day))

    def meter_roots(
        self, mdc: bytes, first_utc_day: int, days: int, before_block: int
    ) -> Sequence[bytes | None]:
        return _last(self.meter, mdc, first_utc_day, days, before_block)

    def nomination_roots(
        self, aggregator: bytes, first_utc_day: int, days: int, before_block: int
    ) -> Sequence[bytes | None]:
        return _last(self.nominations, aggregator, first_utc_day, days, before_block)

    def activations_in(self, agreement_id: bytes, block: int) -> Sequence[Activation]:
        return self.activated.get((agreement_id, block), [])


def _last(
    roots: Roots, committer: bytes, first: int, days: int, before_block: int
) -> list[bytes | None]:
    found: list[bytes | None] = []
    for day in range(first, first + days):
        earlier = [root for block, root in roots.get((committer, day), []) if block < before_block]
        found.append(earlier[-1] if earlier else None)
    return found


def honest_chain() -> MemoryChain:
    """The ledger that the honest bundles agree with."""
    chain, here = MemoryChain(), market()
    for one in here.agreements.values():
        entries = entries_of(one.log)
        chain.agreements[one.identity] = AgreementRecord(
            True, len(standing_activations(entries)), None, log_head(entries)
        )
        for entry in one.log:
            if entry.activation.ordered_w:
                at = (one.identity, entry.block)
                chain.activated.setdefault(at, []).append(entry.activation)
    mdc, aggregator = address_by_key("mdc"), address_by_key("aggregator")
    for day, commitment in here.meter.items():
        chain.meter[mdc, day] = [(meter_block(day), commitment.root)]
    for day, versions in here.nominations.items():
        chain.nominations[aggregator, day] = [(block, one.root) for block, one in versions]
    tree = run().tree
    chain.runs[address_by_key("dso"), aggregator, PERIOD.first_day] = RunRecord(
        PERIOD.last_day, *tree.root, tree.depth, 1, RUN_BLOCK, STANDARD.rule_set
    )
    return chain


def findings_on_ledger(
    bundle: Bundle, chain: MemoryChain | None = None
) -> dict[str, tuple[str, ...]]:
    """Findings by the id of their check, checks without findings left out."""
    _, evidence = check_bundle(bundle)
    checks = check_against_chain(bundle, evidence, chain or honest_chain())
    return {check.id: check.findings for check in checks if check.findings}
