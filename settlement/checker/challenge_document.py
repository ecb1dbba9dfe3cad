"""A challenge ready to be sent: the arguments of the ledger's functions, by their own names."""

from collections.abc import Sequence

from settlement.activation import standing_activations
from settlement.bundle.records import Bundle, CommittedDay, entries_of
from settlement.checker.challenge import BASELINE, Challenge, nominated_at
from settlement.checker.evidence import keys_of
from settlement.clock import MINUTES_PER_DAY
from settlement.document import canonical_json
from settlement.identity import solidity_name
from settlement.merkle import Proof
from settlement.statement import Statement, pack_series
from settlement.terms_document import to_document
from settlement.words import WORD_BYTES, hex_of

FORMAT = "flexledger-challenge/1"


def write_challenges(bundle: Bundle, challenges: Sequence[Challenge]) -> str:
    """Write challenges of a bundle's statement; 256-bit words and bytes are hexadecimal."""
    return canonical_json(
        {
            "format": FORMAT,
            "chain_id": bundle.domain.chain_id,
            "to": hex_of(bundle.ledger),
            "challenges": [
                {"function": one.function, "arguments": _arguments(bundle, one)}
                for one in challenges
            ],
        }
    )


def _arguments(bundle: Bundle, challenge: Challenge) -> list[object]:
    assert bundle.stated is not None, "only what is stated can be challenged"
    evidence = {
        "terms": to_document(bundle.terms),
        "statement": _statement(bundle.stated.statement),
        "log": [
            {
                "firstIsp": entry.activation.first_isp,
                "isps": entry.activation.isps,
                "orderedW": entry.activation.ordered_w,
            }
            for entry in bundle.log
        ],
        "series": _words(pack_series(challenge.pairs)),
    }
    arguments: list[object] = [evidence, _proof(bundle.stated.proof)]
    if challenge.isp is None:
        return arguments
    if challenge.function == BASELINE:
        return [*arguments, _nomination_proof(bundle, challenge.isp)]
    return [*arguments, _reading_proof(bundle, challenge.isp)]


def _statement(statement: Statement) -> dict[str, object]:
    figures = {name: getattr(statement, name) for name in statement.__slots__}
    return {
        solidity_name(name): hex_of(value) if isinstance(value, bytes) else value
        for name, value in figures.items()
    }


def _proof(proof: Proof) -> dict[str, object]:
    siblings = [{"hash": hex_of(node), "sum": total} for node, total in proof.siblings]
    return {"index": proof.index, "siblings": siblings}


def _reading_proof(bundle: Bundle, isp: int) -> dict[str, object]:
    utc_day = isp // (MINUTES_PER_DAY // bundle.terms.isp_minutes)
    keys = keys_of(bundle)
    days = {
        keys[day.metering_point]: day
        for day in bundle.meter_days
        if day.utc_day == utc_day and day.metering_point in keys
    }
    ascending = sorted(days)
    return {
        "isp": isp,
        "version": days[ascending[0]].version,
        "meterKeys": [hex_of(key) for key in ascending],
        "blobs": [_blob(days[key]) for key in ascending],
    }


def _nomination_proof(bundle: Bundle, isp: int) -> dict[str, object]:
    standing = standing_activations(entries_of(bundle.log))
    (activation,) = (one for one in standing if isp in one.ordered_isps())
    days = [day for day, _ in nominated_at(bundle, activation, isp)]
    return {"isp": isp, "blobs": [_blob(day) for day in days]}


def _blob(day: CommittedDay) -> dict[str, object]:
    return {
        "blob": hex_of(day.blob),
        "index": day.proof.index,
        "siblingHashes": _hashes(day.proof),
    }


def _hashes(proof: Proof) -> list[str]:
    return [hex_of(node) for node, _ in proof.siblings]


def _words(packed: bytes) -> list[str]:
    return [hex_of(packed[at : at + WORD_BYTES]) for at in range(0, len(packed), WORD_BYTES)]
