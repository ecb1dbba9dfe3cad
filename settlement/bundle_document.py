"""The document form of a bundle: writing it canonically, reading it without trust."""

from settlement.activation import Activation
from settlement.bundle import (
    Bundle,
    CommittedDay,
    LogEntry,
    MeteringPoint,
    Overlap,
    Stated,
    StatedLine,
    StatedRun,
)
from settlement.clock import DAY_MAX, MINUTES_PER_DAY, date_of
from settlement.document import Field, canonical_json, parse_json
from settlement.errors import InputError
from settlement.identity import Domain
from settlement.merkle import Proof
from settlement.meter import decode_blob
from settlement.statement import Period, Statement
from settlement.terms_document import from_document, to_document
from settlement.words import hex_of

FORMAT = "flexledger-bundle/1"
_PERIOD_DAYS_MAX = 3_660


def write_bundle(bundle: Bundle) -> str:
    """Write a bundle in its canonical form."""
    stated = bundle.stated
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
                "aggregator": hex_of(bundle.aggregator_signature),
                "prosumer": hex_of(bundle.prosumer_signature),
            },
            "end_day": bundle.end_day,
            "activation_log": _write_log(bundle.log),
            "overlapping_agreements": [
                {"agreement_id": hex_of(one.agreement_id), "activation_log": _write_log(one.log)}
                for one in bundle.overlaps
            ],
            "metering_points": [
                {"name": one.name, "salt": hex_of(one.salt)} for one in bundle.metering_points
            ],
            "non_working_days": [
                {"day": day, "date": date_of(day).isoformat()} for day in bundle.non_working_days
            ],
            "meter_days": [_write_day(one) for one in bundle.meter_days],
            "nominations": [_write_day(one) for one in bundle.nominations],
            "period": {
                "first_day": bundle.period.first_day,
                "last_day": bundle.period.last_day,
            },
            "stated": None if stated is None else _write_stated(stated),
            "incomplete": list(bundle.incomplete),
        }
    )


def _write_log(log: tuple[LogEntry, ...]) -> list[dict[str, int]]:
    return [
        {
            "first_isp": entry.activation.first_isp,
            "isps": entry.activation.isps,
            "ordered_w": entry.activation.ordered_w,
            "block": entry.block,
        }
        for entry in log
    ]


def _write_proof(proof: Proof) -> dict[str, object]:
    return {
        "index": proof.index,
        "siblings": [{"hash": hex_of(node), "sum": amount} for node, amount in proof.siblings],
    }


def _write_day(day: CommittedDay) -> dict[str, object]:
    return {
        "metering_point": day.metering_point,
        "utc_day": day.utc_day,
        "blob": hex_of(day.blob),
        "root": hex_of(day.root),
        "version": day.version,
        "block": day.block,
        "proof": _write_proof(day.proof),
    }


def _write_stated(stated: Stated) -> dict[str, object]:
    statement = stated.statement
    return {
        "statement": {
            "agreement_id": hex_of(statement.agreement_id),
            "series_hash": hex_of(statement.series_hash),
            "capacity_isps": statement.capacity_isps,
            "capacity": statement.capacity,
            "volume": statement.volume,
            "penalty": statement.penalty,
            "amount": statement.amount,
        },
        "lines": [
            {
                "first_isp": line.first_isp,
                "baseline_w": list(line.baseline_w),
                "actual_w": list(line.actual_w),
                "volume": line.volume,
                "penalty": line.penalty,
            }
            for line in stated.lines
        ],
        "run": {
            "root": hex_of(stated.run.root),
            "sum": stated.run.sum,
            "depth": stated.run.depth,
            "version": stated.run.version,
        },
        "proof": _write_proof(stated.proof),
    }


def read_bundle(text: str, where: str) -> Bundle:
    """Read a bundle and check its form.

    Args:
        text: the document.
        where: its name, for errors.

    Raises:
        InputError: names the place in the document and what was expected there.
    """
    top = parse_json(text, where)
    if top["format"].text() != FORMAT:
        raise InputError(f"format {top['format'].value!r:.40}", where, FORMAT)
    chain, signatures, period = top["chain"], top["signatures"], top["period"]
    terms = from_document(top["terms"].value, top["terms"].where)
    isp_minutes = terms.isp_minutes
    first = period["first_day"].integer(0, DAY_MAX)
    read_period = Period(first, period["last_day"].integer(first, first + _PERIOD_DAYS_MAX))
    stated, end_day = top["stated"], top["end_day"]
    bundle = Bundle(
        Domain(chain["chain_id"].unsigned(256), chain["market"].binary(20)),
        chain["ledger"].binary(20),
        terms,
        signatures["aggregator"].binary(),
        signatures["prosumer"].binary(),
        None if end_day.absent() else end_day.integer(0, DAY_MAX),
        _read_log(top["activation_log"], isp_minutes),
        tuple(
            Overlap(one["agreement_id"].binary(32), _read_log(one["activation_log"], isp_minutes))
            for one in top["overlapping_agreements"].items()
        ),
        tuple(
            MeteringPoint(one["name"].text(), one["salt"].binary(32))
            for one in top["metering_points"].items()
        ),
        tuple(one["day"].integer(0, DAY_MAX) for one in top["non_working_days"].items()),
        tuple(_read_day(one, isp_minutes) for one in top["meter_days"].items()),
        tuple(_read_day(one, isp_minutes) for one in top["nominations"].items()),
        read_period,
        None if stated.absent() else _read_stated(stated, read_period),
        tuple(one.text() for one in top["incomplete"].items()),
    )
    if (bundle.stated is None) != bool(bundle.incomplete):
        raise InputError("stated and incomplete", where, "a statement, or why there is none")
    return bundle


def _read_log(log: Field, isp_minutes: int) -> tuple[LogEntry, ...]:
    last_isp = DAY_MAX * MINUTES_PER_DAY // isp_minutes
    return tuple(
        LogEntry(
            Activation(
                entry["first_isp"].integer(0, last_isp),
                entry["isps"].integer(1, 0xFFFF),
                entry["ordered_w"].integer(-(2**31), 2**31 - 1),
            ),
            entry["block"].unsigned(64),
        )
        for entry in log.items()
    )


def _read_proof(proof: Field) -> Proof:
    siblings = tuple(
        (node["hash"].binary(32), node["sum"].unsigned(64)) for node in proof["siblings"].items()
    )
    return Proof(proof["index"].unsigned(64), siblings)


def _read_day(day: Field, isp_minutes: int) -> CommittedDay:
    point = day["metering_point"]
    blob = day["blob"].binary()
    decode_blob(blob, isp_minutes, day["blob"].where)
    return CommittedDay(
        None if point.absent() else point.text(),
        day["utc_day"].integer(0, DAY_MAX),
        blob,
        day["root"].binary(32),
        day["version"].unsigned(32),
        day["block"].unsigned(64),
        _read_proof(day["proof"]),
    )


def _read_powers(values: Field) -> tuple[int, ...]:
    return tuple(value.integer(-(2**31) + 1, 2**31 - 1) for value in values.items())


def _read_stated(stated: Field, period: Period) -> Stated:
    statement, run = stated["statement"], stated["run"]
    return Stated(
        Statement(
            statement["agreement_id"].binary(32),
            period.first_day,
            period.last_day,
            statement["series_hash"].binary(32),
            statement["capacity_isps"].unsigned(32),
            statement["capacity"].unsigned(64),
            statement["volume"].unsigned(64),
            statement["penalty"].unsigned(64),
            statement["amount"].unsigned(64),
        ),
        tuple(
            StatedLine(
                line["first_isp"].unsigned(32),
                _read_powers(line["baseline_w"]),
                _read_powers(line["actual_w"]),
                line["volume"].unsigned(64),
                line["penalty"].unsigned(64),
            )
            for line in stated["lines"].items()
        ),
        StatedRun(
            run["root"].binary(32),
            run["sum"].unsigned(64),
            run["depth"].integer(0, 64),
            run["version"].unsigned(32),
        ),
        _read_proof(stated["proof"]),
    )
