"""Reading a bundle without trust: every member is demanded, bounded, and refused by its place."""

from collections.abc import Sequence

from settlement.activation import Activation
from settlement.bundle.records import (
    ECDSA,
    ERC1271,
    FORMAT,
    AbsentDay,
    Bundle,
    CommittedDay,
    Credit,
    LogEntry,
    MeteringPoint,
    Overlap,
    Signature,
)
from settlement.bundle.stated_reader import (
    read_day,
    read_proof,
    read_run,
    read_stated,
    read_superseded,
)
from settlement.clock import DAY_MAX, MINUTES_PER_DAY
from settlement.commitment import Neighbour
from settlement.document import Field, parse_json
from settlement.errors import InputError
from settlement.identity import Domain
from settlement.meter import decode_blob
from settlement.statement import Period
from settlement.terms_document import from_document

PERIOD_DAYS_MAX = 3_660
_COMMITTED = ("utc_day", "blob", "root", "version", "block", "proof")
_MEMBERS = (
    "format",
    "chain",
    "terms",
    "signatures",
    "end_day",
    "activation_log",
    "overlapping_agreements",
    "metering_points",
    "non_working_days",
    "meter_days",
    "absent_days",
    "nominations",
    "period",
    "run",
    "superseded",
    "credited",
    "stated",
    "incomplete",
)


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
        expected = f"{FORMAT}, the one version that this checker reads"
        raise InputError(f"format {top['format'].value!r:.40}", where, expected)
    top.take(*_MEMBERS)
    chain_id, market, ledger = top["chain"].take("chain_id", "market", "ledger")
    terms = from_document(top["terms"].value, top["terms"].where)
    isp_minutes = terms.isp_minutes
    aggregator, prosumer = top["signatures"].take("aggregator", "prosumer")
    period = _period(top["period"])
    stated, superseded, end_day = top["stated"], top["superseded"], top["end_day"]
    amount, version = top["credited"].take("amount", "version")
    bundle = Bundle(
        Domain(chain_id.unsigned(256), market.binary(20)),
        ledger.binary(20),
        terms,
        _signature(aggregator),
        _signature(prosumer),
        None if end_day.absent() else read_day(end_day),
        _log(top["activation_log"], isp_minutes),
        tuple(_overlap(one, isp_minutes) for one in top["overlapping_agreements"].items()),
        tuple(_metering_point(one) for one in top["metering_points"].items()),
        tuple(read_day(one) for one in top["non_working_days"].items()),
        tuple(_meter_day(one, isp_minutes) for one in top["meter_days"].items()),
        tuple(_absent_day(one) for one in top["absent_days"].items()),
        tuple(_nomination(one, isp_minutes) for one in top["nominations"].items()),
        period,
        read_run(top["run"]),
        None if superseded.absent() else read_superseded(superseded, period),
        Credit(amount.unsigned(64), version.unsigned(8)),
        None if stated.absent() else read_stated(stated, period),
        tuple(one.text() for one in top["incomplete"].items()),
    )
    if (bundle.stated is None) != bool(bundle.incomplete):
        raise InputError("stated and incomplete", where, "a statement, or why there is none")
    return bundle


def _period(period: Field) -> Period:
    first_day, last_day = period.take("first_day", "last_day")
    first = read_day(first_day)
    return Period(first, last_day.integer(first, min(DAY_MAX, first + PERIOD_DAYS_MAX)))


def _signature(signature: Field) -> Signature:
    kind, value = signature.take("kind", "value")
    return Signature(kind.one_of(ECDSA, ERC1271), value.binary())


def _log(log: Field, isp_minutes: int) -> tuple[LogEntry, ...]:
    return tuple(_log_entry(entry, isp_minutes) for entry in log.items())


def _log_entry(entry: Field, isp_minutes: int) -> LogEntry:
    first_isp, isps, ordered_w, block = entry.take("first_isp", "isps", "ordered_w", "block")
    activation = Activation(
        first_isp.integer(0, DAY_MAX * MINUTES_PER_DAY // isp_minutes),
        isps.integer(1, 0xFFFF),
        ordered_w.integer(-(2**31), 2**31 - 1),
    )
    return LogEntry(activation, block.unsigned(64))


def _overlap(overlap: Field, isp_minutes: int) -> Overlap:
    identity, keys, log = overlap.take("agreement_id", "meter_keys", "activation_log")
    return Overlap(
        identity.binary(32),
        tuple(key.binary(32) for key in keys.items()),
        _log(log, isp_minutes),
    )


def _metering_point(point: Field) -> MeteringPoint:
    name, salt = point.take("name", "salt")
    return MeteringPoint(name.text(), salt.binary(32))


def _meter_day(day: Field, isp_minutes: int) -> CommittedDay:
    point, *rest = day.take("metering_point", *_COMMITTED)
    return _committed(point.text(), rest, isp_minutes)


def _nomination(day: Field, isp_minutes: int) -> CommittedDay:
    return _committed(None, day.take(*_COMMITTED), isp_minutes)


def _committed(point: str | None, members: Sequence[Field], isp_minutes: int) -> CommittedDay:
    utc_day, blob, root, version, block, proof = members
    data = blob.binary()
    decode_blob(data, isp_minutes, blob.where)
    return CommittedDay(
        point,
        read_day(utc_day),
        data,
        root.binary(32),
        version.unsigned(32),
        block.unsigned(64),
        read_proof(proof),
    )


def _absent_day(day: Field) -> AbsentDay:
    point, utc_day, root, version, block, before, after = day.take(
        "metering_point", "utc_day", "root", "version", "block", "before", "after"
    )
    return AbsentDay(
        point.text(),
        read_day(utc_day),
        root.binary(32),
        version.unsigned(32),
        block.unsigned(64),
        None if before.absent() else _neighbour(before),
        None if after.absent() else _neighbour(after),
    )


def _neighbour(leaf: Field) -> Neighbour:
    key, blob_hash, proof = leaf.take("key", "blob_hash", "proof")
    return Neighbour(key.binary(32), blob_hash.binary(32), read_proof(proof))
