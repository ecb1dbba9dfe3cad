"""Tables of the market. Amounts are 1e-4 EUR, powers W, days and ISPs as in the rules.

Addresses, hashes and blobs are bytes; documents are canonical JSON text. Meter data is one blob
per metering point and UTC day: the layout that is committed, hashed and settled.
"""

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Base of all tables."""

    type_annotation_map = {bytes: LargeBinary}  # noqa: RUF012  (SQLAlchemy reads it off the class)


class SiteRow(Base):
    """A connection with its owner."""

    __tablename__ = "site"
    site_id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[bytes] = mapped_column(unique=True)
    congestion_point: Mapped[str]
    preferences: Mapped[str]


class MeteringPointRow(Base):
    """A metering point of a site; `key` is its salted hash on the ledger, `mdc` who meters it."""

    __tablename__ = "metering_point"
    name: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.site_id"), index=True)
    mdc: Mapped[bytes] = mapped_column(index=True)
    salt: Mapped[bytes]
    key: Mapped[bytes] = mapped_column(unique=True)


class AssetRow(Base):
    """A flexible asset; `asset_hash` is what the ledger holds of it."""

    __tablename__ = "asset"
    asset_id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.site_id"), index=True)
    kind: Mapped[str]
    parameters: Mapped[str]
    salt: Mapped[bytes]
    asset_hash: Mapped[bytes]


class TemplateRow(Base):
    """A published template."""

    __tablename__ = "template"
    template_id: Mapped[bytes] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    terms: Mapped[str]


class AgreementRow(Base):
    """An agreement from offer to record.

    `status` is offered, refused, lapsed, signed or recorded; `end_day` is the last local day after
    a termination, None without one.
    """

    __tablename__ = "agreement"
    __table_args__ = (Index("agreement_parties", "dso", "aggregator"),)
    agreement_id: Mapped[bytes] = mapped_column(primary_key=True)
    template_id: Mapped[bytes] = mapped_column(ForeignKey("template.template_id"))
    site_id: Mapped[str] = mapped_column(ForeignKey("site.site_id"), index=True)
    aggregator: Mapped[bytes]
    dso: Mapped[bytes]
    terms: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    aggregator_signature: Mapped[bytes] = mapped_column(default=b"")
    prosumer_signature: Mapped[bytes] = mapped_column(default=b"")
    end_day: Mapped[int | None] = mapped_column(default=None)


class OrderRow(Base):
    """What the DSO ordered at a congestion point for part of a local day.

    Attributes:
        objective_eur: what the choice of activations behind it costs with its priced shortfall,
            before any part of an offer is taken.
        bound_eur: no choice has a lower objective.
        gap: their distance, relative to the objective.
    """

    __tablename__ = "flex_order"
    order_id: Mapped[int] = mapped_column(primary_key=True)
    congestion_point: Mapped[str]
    direction: Mapped[str]
    local_day: Mapped[int]
    first_isp: Mapped[int]
    required_w: Mapped[str]
    shortfall_w: Mapped[str]
    objective_eur: Mapped[float]
    bound_eur: Mapped[float]
    gap: Mapped[float]


class ForecastRow(Base):
    """Load that a DSO expected at a congestion point, W per ISP from `first_isp` on, as JSON.

    It was made when `gate_isp` was the first ISP that was not metered yet.
    """

    __tablename__ = "forecast"
    congestion_point: Mapped[str] = mapped_column(primary_key=True)
    first_isp: Mapped[int] = mapped_column(primary_key=True)
    gate_isp: Mapped[int] = mapped_column(primary_key=True)
    expected_w: Mapped[str]


class CongestionPointRow(Base):
    """Where the grid is limited: `kind` is transformer or feeder, `above` the point that feeds it.

    Limits are magnitudes in W.
    """

    __tablename__ = "congestion_point"
    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    import_limit_w: Mapped[int]
    export_limit_w: Mapped[int]
    above: Mapped[str | None] = mapped_column(default=None)


class TradeMessageRow(Base):
    """A message of the trade that a party accepted or sent, as canonical JSON.

    `owner` and `other` are the domains of the party whose book it is in and of the other one;
    `position` counts from 0 within the book.
    """

    __tablename__ = "trade_message"
    __table_args__ = (UniqueConstraint("owner", "other", "position"),)
    owner: Mapped[str] = mapped_column(primary_key=True)
    other: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    accepted_s: Mapped[int]
    document: Mapped[str]


class BackingRow(Base):
    """What stands behind an option of an offer: its activations, what they cost, how sure they are.

    `plan` is a list of agreement, first ISP, ISPs and ordered W; `cost` is 1e-4 EUR. Objective,
    bound and gap are those of the dispatch behind it, as of an order.
    """

    __tablename__ = "backing"
    offer_id: Mapped[str] = mapped_column(primary_key=True)
    option: Mapped[str] = mapped_column(primary_key=True)
    plan: Mapped[str]
    cost: Mapped[int]
    objective_eur: Mapped[float]
    bound_eur: Mapped[float]
    gap: Mapped[float]
    least_probability: Mapped[float]
    whole_probability: Mapped[float]
    expected_share: Mapped[float]


class ActivationRow(Base):
    """A recorded activation; `ordered_w` 0 marks a cancellation, as in the log."""

    __tablename__ = "activation"
    __table_args__ = (UniqueConstraint("agreement_id", "position"),)
    activation_id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[bytes] = mapped_column(ForeignKey("agreement.agreement_id"), index=True)
    position: Mapped[int]
    first_isp: Mapped[int] = mapped_column(index=True)
    isps: Mapped[int]
    ordered_w: Mapped[int]
    block: Mapped[int]
    order_id: Mapped[int] = mapped_column(ForeignKey("flex_order.order_id"))
    override_isp: Mapped[int | None] = mapped_column(default=None)


class MeterDayRow(Base):
    """One UTC day of one metering point; a later version supersedes the earlier.

    `commitment` is the version of the day's root under which it came first, None until then.
    """

    __tablename__ = "meter_day"
    __table_args__ = (Index("meter_day_by_day", "utc_day"),)
    metering_point: Mapped[str] = mapped_column(ForeignKey("metering_point.name"), primary_key=True)
    utc_day: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    blob: Mapped[bytes]
    commitment: Mapped[int | None] = mapped_column(default=None)


class NominationRow(Base):
    """One nominated UTC day of one agreement; a later version supersedes the earlier."""

    __tablename__ = "nomination"
    agreement_id: Mapped[bytes] = mapped_column(
        ForeignKey("agreement.agreement_id"), primary_key=True
    )
    utc_day: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    blob: Mapped[bytes]


class CommitmentRow(Base):
    """A committed root; `kind` is meter or nomination."""

    __tablename__ = "commitment"
    kind: Mapped[str] = mapped_column(primary_key=True)
    committer: Mapped[bytes] = mapped_column(primary_key=True)
    utc_day: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    root: Mapped[bytes]
    block: Mapped[int]


class RunRow(Base):
    """A settlement run and how far it has come: `status` is computed, published or delivered.

    Attributes:
        version: from 1; a correction has the next one and supersedes the one before.
        cause: why there is this version.
        non_working_days: the published list that was used, as JSON.
        data_block: data committed in blocks before this one counts.
        block: the block that published it, None until then.
    """

    __tablename__ = "run"
    __table_args__ = (UniqueConstraint("dso", "aggregator", "first_day", "version"),)
    run_id: Mapped[int] = mapped_column(primary_key=True)
    dso: Mapped[bytes]
    aggregator: Mapped[bytes]
    first_day: Mapped[int]
    last_day: Mapped[int]
    version: Mapped[int]
    status: Mapped[str]
    cause: Mapped[str]
    non_working_days: Mapped[str]
    data_block: Mapped[int]
    root: Mapped[bytes]
    sum: Mapped[int]
    depth: Mapped[int]
    block: Mapped[int | None] = mapped_column(default=None)


class StatementRow(Base):
    """A statement of a run; without an amount it is incomplete, for the stated reason.

    Ordered, delivered and deficiency are magnitudes; the deviation is the actual less baseline and
    order, consumption positive.
    """

    __tablename__ = "statement"
    run_id: Mapped[int] = mapped_column(ForeignKey("run.run_id"), primary_key=True)
    agreement_id: Mapped[bytes] = mapped_column(
        ForeignKey("agreement.agreement_id"), primary_key=True
    )
    capacity: Mapped[int | None]
    volume: Mapped[int | None]
    penalty: Mapped[int | None]
    amount: Mapped[int | None]
    ordered_w_isps: Mapped[int | None]
    delivered_w_isps: Mapped[int | None]
    deficiency_w_isps: Mapped[int | None]
    deviation_w_isps: Mapped[int | None]
    reason: Mapped[str] = mapped_column(default="")
    paid: Mapped[bool] = mapped_column(default=False)


class MessageRow(Base):
    """What a party was told about a run, as canonical JSON.

    `role` is aggregator, prosumer or dso.
    """

    __tablename__ = "message"
    run_id: Mapped[int] = mapped_column(ForeignKey("run.run_id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    party: Mapped[bytes] = mapped_column(primary_key=True)
    document: Mapped[str]
