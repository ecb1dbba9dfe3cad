"""Writing a bundle: its one canonical document, as `bundle_1.schema.json` describes it."""

from settlement.baselines.baseline import LookedAt
from settlement.bundle.records import (
    FORMAT,
    AbsentDay,
    Bundle,
    CommittedDay,
    LogEntry,
    Signature,
    Stated,
    StatedLine,
    StatedRun,
    Superseded,
)
from settlement.commitment import Neighbour
from settlement.document import canonical_json
from settlement.merkle import Proof
from settlement.statement import Statement
from settlement.terms_document import to_document
from settlement.words import hex_of


def write_bundle(bundle: Bundle) -> str:
    """Write a bundle in its canonical form."""
    return canonical_json(
        {
            "format": FORMAT,
            "chain": {
                "chain_id": bundle.domain.chain_id,
                "market": hex_of(bundle.domain.market),
                "ledger": hex_of(bundle.ledger),
            },
            "terms": to_document(bundle.terms),
            "signatures": {
                "aggregator": _signature(bundle.aggregator_signature),
                "prosumer": _signature(bundle.prosumer_signature),
            },
            "end_day": bundle.end_day,
            "activation_log": _log(bundle.log),
            "overlapping_agreements": [
                {
                    "agreement_id": hex_of(one.agreement_id),
                    "meter_keys": [hex_of(key) for key in one.meter_keys],
                    "activation_log": _log(one.log),
                }
                for one in bundle.overlaps
            ],
            "metering_points": [
                {"name": one.name, "salt": hex_of(one.salt)} for one in bundle.metering_points
            ],
            "non_working_days": list(bundle.non_working_days),
            "meter_days": [
                {"metering_point": one.metering_point, **_day(one)} for one in bundle.meter_days
            ],
            "absent_days": [_absent_day(one) for one in bundle.absent_days],
            "nominations": [_day(one) for one in bundle.nominations],
            "period": {
                "first_day": bundle.period.first_day,
                "last_day": bundle.period.last_day,
            },
            "run": _run(bundle.run),
            "superseded": None if bundle.superseded is None else _superseded(bundle.superseded),
            "credited": {"amount": bundle.credited.amount, "version": bundle.credited.version},
            "stated": None if bundle.stated is None else _stated(bundle.stated),
            "incomplete": list(bundle.incomplete),
        }
    )


def _signature(signature: Signature) -> dict[str, str]:
    return {"kind": signature.kind, "value": hex_of(signature.value)}


def _log(log: tuple[LogEntry, ...]) -> list[dict[str, int]]:
    return [
        {
            "first_isp": entry.activation.first_isp,
            "isps": entry.activation.isps,
            "ordered_w": entry.activation.ordered_w,
            "block": entry.block,
        }
        for entry in log
    ]


def _proof(proof: Proof) -> dict[str, object]:
    return {
        "index": proof.index,
        "siblings": [{"hash": hex_of(node), "sum": amount} for node, amount in proof.siblings],
    }


def _day(day: CommittedDay) -> dict[str, object]:
    return {
        "utc_day": day.utc_day,
        "blob": hex_of(day.blob),
        "root": hex_of(day.root),
        "version": day.version,
        "block": day.block,
        "proof": _proof(day.proof),
    }


def _absent_day(day: AbsentDay) -> dict[str, object]:
    return {
        "metering_point": day.metering_point,
        "utc_day": day.utc_day,
        "root": hex_of(day.root),
        "version": day.version,
        "block": day.block,
        "before": _neighbour(day.before),
        "after": _neighbour(day.after),
    }


def _neighbour(leaf: Neighbour | None) -> dict[str, object] | None:
    if leaf is None:
        return None
    return {
        "key": hex_of(leaf.key),
        "blob_hash": hex_of(leaf.blob_hash),
        "proof": _proof(leaf.proof),
    }


def _run(run: StatedRun) -> dict[str, object]:
    return {
        "root": hex_of(run.root),
        "sum": run.sum,
        "depth": run.depth,
        "version": run.version,
        "block": run.block,
    }


def _superseded(superseded: Superseded) -> dict[str, object]:
    proven = superseded.proven
    return {
        "run": _run(superseded.run),
        "stated": None
        if proven is None
        else {"statement": _statement(proven.statement), "proof": _proof(proven.proof)},
    }


def _stated(stated: Stated) -> dict[str, object]:
    return {
        "statement": _statement(stated.statement),
        "lines": [_line(line) for line in stated.lines],
        "proof": _proof(stated.proof),
    }


def _statement(statement: Statement) -> dict[str, object]:
    return {
        "agreement_id": hex_of(statement.agreement_id),
        "series_hash": hex_of(statement.series_hash),
        "capacity_isps": statement.capacity_isps,
        "capacity": statement.capacity,
        "volume": statement.volume,
        "penalty": statement.penalty,
        "amount": statement.amount,
    }


def _line(line: StatedLine) -> dict[str, object]:
    return {
        "first_isp": line.first_isp,
        "baseline_w": list(line.baseline_w),
        "actual_w": list(line.actual_w),
        "volume": line.volume,
        "penalty": line.penalty,
        "baseline_days": [_looked_at(one) for one in line.days],
        "baseline_note": line.note,
    }


def _looked_at(day: LookedAt) -> dict[str, object]:
    return {"day": day.day, "taken": day.taken, "reason": day.reason, "w_sum": day.w_sum}
