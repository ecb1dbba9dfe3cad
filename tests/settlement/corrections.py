"""Honest bundles beyond the plain ones: a correction, a gap in the committed data, and so on.

Each comes with the ledger that it agrees with.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from settlement.bundle.records import (
    ERC1271,
    AbsentDay,
    Bundle,
    Proven,
    Signature,
    Superseded,
    entries_of,
)
from settlement.checker.evidence import gather, recompute
from settlement.commitment import Commitment, build_commitment
from settlement.identity import agreement_id
from settlement.meter import decode_blob, encode_blob
from settlement.run import SettlementRun, build_run
from settlement.settle import Settled
from settlement.terms import Terms
from tests.settlement.build import (
    bundle_of,
    committed_day,
    meter_block,
    results,
    run,
    run_of,
    stated_by,
    unsettled_bundle,
)
from tests.settlement.market import MONDAY, RUN_BLOCK, address_by_key, isp_at, market
from tests.settlement.memory_chain import MemoryChain, honest_chain

CORRECTED_DAY, ANEW_BLOCK, CORRECTED_BLOCK = MONDAY + 1, RUN_BLOCK + 10, RUN_BLOCK + 100
GAP_DAY = MONDAY - 4
"""A Thursday that would be a like day."""

LATE_W = 5_000


def _late_reading() -> Commitment:
    """The day that lacked a reading of the farm, committed anew with it."""
    (point,) = market().agreements["night"].meter_keys
    blobs = []
    for one in market().meter[CORRECTED_DAY].blobs:
        values = list(decode_blob(one.blob, 15, "test"))
        if one.key == point:
            values[isp_at(CORRECTED_DAY, 18, 15) % 96] = LATE_W
        blobs.append(replace(one, blob=encode_blob(values)))
    return build_commitment(blobs)


def _renewed(name: str) -> Bundle:
    """The evidence of an agreement after the late reading was committed."""
    bundle, late = unsettled_bundle(name), _late_reading()
    keys = dict(
        zip(
            [point.name for point in bundle.metering_points],
            market().agreements[name].meter_keys,
            strict=True,
        )
    )
    days = [
        committed_day(late, keys[day.metering_point or ""], day.metering_point, 1, ANEW_BLOCK)
        if day.utc_day == CORRECTED_DAY
        else day
        for day in bundle.meter_days
    ]
    return replace(bundle, meter_days=tuple(days))


def _settled_of(bundle: Bundle) -> Settled:
    settled = recompute(bundle, gather(bundle))
    assert isinstance(settled, Settled)
    return settled


def corrected_run() -> SettlementRun:
    return build_run(_settled_of(_renewed(name)) for name in market().agreements)


def corrected(name: str) -> Bundle:
    """The bundle of the correction run; "night" has a statement now."""
    corrected, before = corrected_run(), results()[name]
    bundle, first = _renewed(name), run_of(run())
    proven = None
    if isinstance(before, Settled):
        proven = Proven(before.statement, run().proof_of(before.statement.agreement_id))
    return replace(
        bundle,
        run=run_of(corrected, 2, CORRECTED_BLOCK),
        superseded=Superseded(first, proven),
        stated=stated_by(_settled_of(bundle), corrected),
        incomplete=(),
    )


def corrected_chain() -> MemoryChain:
    chain = honest_chain()
    chain.meter[address_by_key("mdc"), CORRECTED_DAY].append((ANEW_BLOCK, _late_reading().root))
    chain.publish(run_of(corrected_run(), 2, CORRECTED_BLOCK))
    return chain


def _without_shop() -> Commitment:
    shop = market().agreements["evening"].meter_keys[1]
    return build_commitment(one for one in market().meter[GAP_DAY].blobs if one.key != shop)


def _only_evening(bundle: Bundle) -> SettlementRun:
    others = [one for name, one in results().items() if name != "evening"]
    return build_run([_settled_of(bundle), *(one for one in others if isinstance(one, Settled))])


def with_gap() -> Bundle:
    """A bundle of which the meter company left a metering point out of a committed day."""
    bundle, gap = unsettled_bundle("evening"), _without_shop()
    flat, shop = market().agreements["evening"].meter_keys
    block = meter_block(GAP_DAY)
    days = [
        committed_day(gap, flat, day.metering_point, 0, block) if day.utc_day == GAP_DAY else day
        for day in bundle.meter_days
        if (day.utc_day, day.metering_point) != (GAP_DAY, "meter of the shop")
    ]
    absent = AbsentDay("meter of the shop", GAP_DAY, gap.root, 0, block, *gap.beside(shop, GAP_DAY))
    bundle = replace(bundle, meter_days=tuple(days), absent_days=(absent,))
    settlement_run = _only_evening(bundle)
    stated = stated_by(_settled_of(bundle), settlement_run)
    return replace(bundle, run=run_of(settlement_run), stated=stated, incomplete=())


def gap_chain() -> MemoryChain:
    chain = honest_chain()
    committed = (meter_block(GAP_DAY), _without_shop().root)
    chain.meter[address_by_key("mdc"), GAP_DAY] = [committed]
    chain.publish(with_gap().run)
    return chain


CONTRACT_SIGNATURE = Signature(ERC1271, b"whatever the account accepts")


def by_smart_account() -> Bundle:
    """A bundle of a prosumer who signs by an account with code."""
    return replace(bundle_of("quiet"), prosumer_signature=CONTRACT_SIGNATURE)


def accepting_chain() -> MemoryChain:
    chain = honest_chain()
    prosumer = market().agreements["quiet"].terms.prosumer
    chain.accepted.add((prosumer, CONTRACT_SIGNATURE.value))
    return chain


def terminated() -> Bundle:
    """A bundle of an agreement that ends after the period."""
    return replace(bundle_of("quiet"), end_day=MONDAY + 10)


def terminating_chain() -> MemoryChain:
    chain, own = honest_chain(), market().agreements["quiet"]
    chain.record(own.terms, *entries_of(own.log), end_day=MONDAY + 10)
    return chain


def plain(name: str) -> Callable[[], Bundle]:
    return lambda: bundle_of(name)


EVERY_BUNDLE: dict[str, Callable[[], Bundle]] = {
    **{name: plain(name) for name in ("evening", "midday", "night", "quiet")},
    "corrected evening": lambda: corrected("evening"),
    "corrected night": lambda: corrected("night"),
    "gap": with_gap,
    "smart account": by_smart_account,
    "terminated": terminated,
}
CHAINS: dict[str, Callable[[], MemoryChain]] = {
    "corrected evening": corrected_chain,
    "corrected night": corrected_chain,
    "gap": gap_chain,
    "smart account": accepting_chain,
    "terminated": terminating_chain,
}
"""The ledgers of those that do not agree with the plain one."""


def other_terms_of_owner(bundle: Bundle, **changes: Any) -> Terms:
    """Terms of one more agreement of the same prosumer."""
    more = replace(bundle.terms, salt=bytes(32), **changes)
    assert agreement_id(more) != agreement_id(bundle.terms)
    return more
