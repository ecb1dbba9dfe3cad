"""Tables: every row comes back as it went in, and what they refuse to hold."""

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError

from backend.db.models import (
    ActivationRow,
    AgreementRow,
    AssetRow,
    BackingRow,
    Base,
    CommitmentRow,
    CongestionPointRow,
    ForecastRow,
    MessageRow,
    MeterDayRow,
    MeteringPointRow,
    NominationRow,
    OrderRow,
    RunRow,
    SiteRow,
    StatementRow,
    TemplateRow,
    TradeMessageRow,
)

HASH, OTHER_HASH, ADDRESS = bytes(range(32)), bytes(range(1, 33)), bytes(range(20))
BLOB = bytes(range(256)) + bytes(128)


def rows() -> list[Base]:
    """One row of every table, each after those that it refers to."""
    return [
        SiteRow(site_id="mill", owner=ADDRESS, congestion_point="point", preferences="{}\n"),
        MeteringPointRow(name="grinder", site_id="mill", mdc=ADDRESS, salt=HASH, key=OTHER_HASH),
        AssetRow(
            asset_id="battery",
            site_id="mill",
            kind="battery",
            parameters='{"name":"Mühle"}',
            salt=HASH,
            asset_hash=OTHER_HASH,
        ),
        TemplateRow(template_id=HASH, name="night", terms="{}"),
        AgreementRow(
            agreement_id=OTHER_HASH,
            template_id=HASH,
            site_id="mill",
            aggregator=ADDRESS,
            dso=ADDRESS,
            terms="{}",
            status="offered",
            reason="",
            aggregator_signature=bytes(65),
            prosumer_signature=b"",
            end_day=25_700,
        ),
        OrderRow(
            order_id=7,
            congestion_point="point",
            direction="less consumption",
            local_day=25_645,
            first_isp=2_461_920,
            required_w="[0,-5]",
            shortfall_w="[0,0]",
            objective_eur=40.0,
            bound_eur=39.4,
            gap=0.015,
        ),
        ActivationRow(
            activation_id=3,
            agreement_id=OTHER_HASH,
            position=0,
            first_isp=2**32 - 1,
            isps=65_535,
            ordered_w=-(2**31) + 1,
            block=2**40,
            order_id=7,
            override_isp=None,
        ),
        MeterDayRow(metering_point="grinder", utc_day=25_645, version=1, blob=BLOB, commitment=0),
        NominationRow(agreement_id=OTHER_HASH, utc_day=25_645, version=0, blob=BLOB),
        CommitmentRow(
            kind="meter", committer=ADDRESS, utc_day=25_645, version=0, root=HASH, block=9
        ),
        RunRow(
            run_id=1,
            dso=ADDRESS,
            aggregator=ADDRESS,
            first_day=1,
            last_day=7,
            version=1,
            status="published",
            cause="the period is over",
            non_working_days="[4]",
            data_block=2**40,
            root=HASH,
            sum=2**63 - 1,
            depth=20,
            block=11,
        ),
        StatementRow(
            run_id=1,
            agreement_id=OTHER_HASH,
            capacity=1,
            volume=2,
            penalty=None,
            amount=0,
            ordered_w_isps=-3,
            delivered_w_isps=None,
            deficiency_w_isps=2**62,
            deviation_w_isps=-(2**62),
            reason="waits",
            paid=True,
        ),
        ForecastRow(congestion_point="point", first_isp=1, gate_isp=2, expected_w="[3]"),
        MessageRow(run_id=1, role="dso", party=ADDRESS, document="{}"),
        CongestionPointRow(
            name="feeder",
            kind="feeder",
            import_limit_w=45_000,
            export_limit_w=160_000,
            above="point",
        ),
        TradeMessageRow(
            owner="dso.example",
            other="aggregator.example",
            message_id="00000000-0000-4000-8000-000000000001",
            position=0,
            accepted_s=2_216_000_000,
            document='{"kind":"FlexRequest"}',
        ),
        BackingRow(
            offer_id="00000000-0000-4000-8000-000000000001",
            option="all",
            plan="[]",
            cost=1,
            objective_eur=20.0,
            bound_eur=19.8,
            gap=0.01,
            least_probability=0.9,
            whole_probability=0.8,
            expected_share=0.95,
        ),
    ]


def columns(row: Base) -> dict[str, object]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


def test_every_table_is_tried_here(session):
    tried = {row.__tablename__ for row in rows()}
    assert tried == set(inspect(session.get_bind()).get_table_names())


@pytest.mark.parametrize("position", range(len(rows())), ids=lambda at: rows()[at].__tablename__)
def test_a_row_comes_back_as_it_went_in(session, position):
    for row in rows():
        session.add(row)
        session.flush()
    session.commit()
    written = rows()[position]
    session.expunge_all()
    (read,) = session.scalars(select(type(written))).all()
    assert columns(read) == columns(written)


@pytest.mark.parametrize(
    "row",
    [
        MeteringPointRow(name="grinder", site_id="mill", mdc=ADDRESS, salt=HASH, key=OTHER_HASH),
        MeterDayRow(metering_point="grinder", utc_day=1, version=0, blob=BLOB),
        NominationRow(agreement_id=HASH, utc_day=1, version=0, blob=BLOB),
        StatementRow(run_id=1, agreement_id=HASH, reason=""),
        AgreementRow(
            agreement_id=HASH,
            template_id=HASH,
            site_id="mill",
            aggregator=ADDRESS,
            dso=ADDRESS,
            terms="{}",
            status="offered",
        ),
    ],
    ids=lambda row: row.__tablename__,
)
def test_a_row_needs_what_it_refers_to(session, row):
    session.add(row)
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        session.flush()
    session.expunge_all()


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        (RunRow, {"run_id": 2}),
        (SiteRow, {"site_id": "other"}),
        (MeteringPointRow, {"name": "other"}),
        (TemplateRow, {"template_id": OTHER_HASH}),
        (ActivationRow, {"activation_id": 4}),
    ],
    ids=["run version", "owner", "key", "name", "position"],
)
def test_what_is_unique_stands_once(session, table, changes):
    """Another primary key alone does not make a row another one."""
    for row in rows():
        session.add(row)
        session.flush()
    (first,) = (row for row in rows() if isinstance(row, table))
    session.add(table(**{**columns(first), **changes}))
    with pytest.raises(IntegrityError, match="UNIQUE"):
        session.flush()


def test_what_nobody_set_is_empty_and_not_paid(session):
    for row in rows()[:5]:
        session.add(row)
        session.flush()
    session.add(rows()[10])
    session.flush()
    session.add(StatementRow(run_id=1, agreement_id=OTHER_HASH))
    session.commit()
    session.expunge_all()
    read = session.get_one(StatementRow, (1, OTHER_HASH))
    assert (read.amount, read.capacity, read.reason, read.paid) == (None, None, "", False)
