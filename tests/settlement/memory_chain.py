"""A ledger in memory, filled from the market of the tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from settlement.activation import Activation, log_head, standing_activations
from settlement.bundle.records import Bundle, StatedRun, entries_of
from settlement.chain.view import Account, AgreementRecord, CommittedRoot, PublishedRun, RunRecord
from settlement.checker.chain_check import check_against_chain
from settlement.checker.plausibility import check_bundle
from settlement.identity import agreement_id
from settlement.terms import Terms
from tests.settlement.build import meter_block, run, run_of
from tests.settlement.defaults import STANDARD
from tests.settlement.market import DOMAIN, PERIOD, address_by_key, market

Roots = dict[tuple[bytes, int], list[tuple[int, bytes]]]
"""By committer and UTC day: blocks and roots of the commitments, oldest first."""

NOTHING = Account(0, 0, 0, 0, 0, 0)
WINDOW_S = 7 * 86_400
PUBLISHED_S = (PERIOD.last_day + 2) * 86_400
NO_RECORD = AgreementRecord(False, 0, None, bytes(32))


@dataclass
class MemoryChain:
    """A `ChainView` without a chain; tests change its tables to play a tampered bundle."""

    chain: int = DOMAIN.chain_id
    later_s: int = 60
    agreements: dict[bytes, AgreementRecord] = field(default_factory=dict)
    activated: dict[tuple[bytes, int], list[Activation]] = field(default_factory=dict)
    runs_of: dict[tuple[bytes, bytes, int], RunRecord] = field(default_factory=dict)
    meter: Roots = field(default_factory=dict)
    nominations: Roots = field(default_factory=dict)
    accounts: dict[tuple[bytes, int], Account] = field(default_factory=dict)
    recorded: dict[bytes, Terms] = field(default_factory=dict)
    published: list[tuple[bytes, bytes, PublishedRun]] = field(default_factory=list)
    accepted: set[tuple[bytes, bytes]] = field(default_factory=set)

    def chain_id(self) -> int:
        return self.chain

    def now_s(self) -> int:
        return PUBLISHED_S + self.later_s

    def agreement(self, agreement_id: bytes) -> AgreementRecord:
        return self.agreements.get(agreement_id, NO_RECORD)

    def run(self, dso: bytes, aggregator: bytes, period_first_day: int) -> RunRecord | None:
        return self.runs_of.get((dso, aggregator, period_first_day))

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

    def account(self, agreement_id: bytes, period_first_day: int) -> Account:
        return self.accounts.get((agreement_id, period_first_day), NOTHING)

    def challenge_window_s(self) -> int:
        return WINDOW_S

    def accepts(self, account: bytes, digest: bytes, signature: bytes) -> bool:
        return (account, signature) in self.accepted

    def terms_of(self, agreement_id: bytes) -> Terms | None:
        return self.recorded.get(agreement_id)

    def agreements_of(self, prosumer: bytes) -> Sequence[Terms]:
        return [one for one in self.recorded.values() if one.prosumer == prosumer]

    def runs(self, dso: bytes, aggregator: bytes) -> Sequence[PublishedRun]:
        return [run for by, of, run in self.published if (by, of) == (dso, aggregator)]

    def meter_commitments(self, mdc: bytes, utc_days: Sequence[int]) -> Sequence[CommittedRoot]:
        return [
            CommittedRoot(day, version, root, block)
            for day in utc_days
            for version, (block, root) in enumerate(self.meter.get((mdc, day), []))
        ]

    def record(self, terms: Terms, *entries: Activation, end_day: int | None = None) -> None:
        """Record an agreement with its activation log."""
        identity = agreement_id(terms)
        self.recorded[identity] = terms
        self.agreements[identity] = AgreementRecord(
            True, len(standing_activations(entries)), end_day, log_head(entries)
        )

    def publish(self, told: StatedRun) -> None:
        """Publish a run of the period."""
        dso, aggregator = address_by_key("dso"), address_by_key("aggregator")
        self.runs_of[dso, aggregator, PERIOD.first_day] = RunRecord(
            PERIOD.last_day,
            told.root,
            told.sum,
            told.depth,
            told.version,
            told.block,
            STANDARD.rule_set,
            PUBLISHED_S,
            False,
        )
        figures = (told.version, told.root, told.sum, told.depth, told.block)
        run = PublishedRun(PERIOD.first_day, PERIOD.last_day, *figures)
        self.published.append((dso, aggregator, run))


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
        chain.record(one.terms, *entries_of(one.log))
        for entry in one.log:
            if entry.activation.ordered_w:
                at = (one.identity, entry.block)
                chain.activated.setdefault(at, []).append(entry.activation)
    mdc, aggregator = address_by_key("mdc"), address_by_key("aggregator")
    for day, commitment in here.meter.items():
        chain.meter[mdc, day] = [(meter_block(day), commitment.root)]
    for day, versions in here.nominations.items():
        chain.nominations[aggregator, day] = [(block, one.root) for block, one in versions]
    chain.publish(run_of(run()))
    return chain


def findings_on_ledger(
    bundle: Bundle, chain: MemoryChain | None = None
) -> dict[str, tuple[str, ...]]:
    """Findings by the id of their check, checks without findings left out."""
    _, evidence = check_bundle(bundle)
    checks = check_against_chain(bundle, evidence, chain or honest_chain())
    return {check.id: check.findings for check in checks if check.findings}
