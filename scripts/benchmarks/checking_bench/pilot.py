"""The pilot district's whole month off chain: agreements, orders, commitments, run and bundles.

Meter data is recorded, what was ordered is drawn at random within the limits of the agreements.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from backend.chain.wallet import Wallet, address_of, sign_agreement
from backend.demo import plan
from backend.district import AssetKind, District, load_district
from settlement.activation import Activation, check_activation, touched_days
from settlement.baselines.baseline import History
from settlement.bundle.records import (
    ECDSA,
    Bundle,
    Credit,
    LogEntry,
    MeteringPoint,
    Overlap,
    Signature,
)
from settlement.clock import day_of
from settlement.commitment import Commitment, CommittedBlob, build_commitment, needed_utc_days
from settlement.errors import ActivationRefused
from settlement.identity import Domain, agreement_id, template_id
from settlement.keccak import keccak256
from settlement.meter import Readings, elements_hash, encode_blob, meter_key
from settlement.run import SettlementRun, build_run
from settlement.settle import Incomplete, Settled, settle
from settlement.statement import Period
from settlement.terms import BaselineMethod, Terms
from settlement.window import in_window
from tests.backend.parties import AGGREGATOR, DSO, MDC, wallet
from tests.settlement.build import committed_day, run_of, stated_by

FIRST_DAY, LAST_DAY = day_of(plan.FIRST_RECORDED_DAY), day_of(plan.LAST_RECORDED_DAY)
PERIOD = Period(FIRST_DAY, LAST_DAY)
BEFORE_DAYS = 48
"""Days of the recording before the month that a settlement may read."""

DOMAIN, LEDGER = Domain(1, bytes(19) + b"\1"), bytes(19) + b"\2"
NOMINATED, RECORDED, METERED, PUBLISHED = 1, 2, 3, 4
"""Blocks."""

_ISPS_PER_DAY = 96
_TRIES_PER_DAY = 2


@dataclass(frozen=True, slots=True)
class Agreed:
    """An agreement of the month with its log, its owner, and what else shares its meter."""

    terms: Terms
    log: tuple[Activation, ...]
    owner: Wallet
    point: MeteringPoint
    shared: tuple[Activation, ...]

    @property
    def identity(self) -> bytes:
        """Agreement id."""
        return agreement_id(self.terms)


class PilotMonth:
    """Everything that a settlement of the month reads."""

    def __init__(self) -> None:
        district, random = load_district(), Random(2016)
        self.holidays = tuple(day_of(day) for day in district.non_working_days)
        self.meters = {site.site_id: _meter_of(district, site.site_id) for site in district.sites}
        self.agreed = [
            one for site in district.sites for one in _agreements(district, site.site_id, random)
        ]
        self._commitments = self._commit_meters()
        self._nominations = self._commit_nominations()

    def settle(self) -> tuple[SettlementRun, list[Incomplete]]:
        """Settle every agreement and build the tree of the run."""
        results = [self._settle_one(one) for one in self.agreed]
        run = build_run(one for one in results if isinstance(one, Settled))
        return run, [one for one in results if isinstance(one, Incomplete)]

    def _settle_one(self, one: Agreed) -> Settled | Incomplete:
        meter, everything = self.meters[one.point.name], [*one.log, *one.shared]
        history = History(
            meter,
            touched_days(one.terms, everything),
            frozenset(isp for each in everything for isp in each.ordered_isps()),
            frozenset(self.holidays),
        )
        nominations = dict.fromkeys(one.log, meter) if _nominates(one.terms) else {}
        return settle(one.terms, one.log, PERIOD, history, nominations)

    def bundle(self, one: Agreed, run: SettlementRun) -> Bundle:
        """Return the bundle of an agreement whose statement is complete."""
        (settled,) = (x for x in run.settled if x.statement.agreement_id == one.identity)
        key = _key(one.point)
        first, last = needed_utc_days(one.terms, one.log, PERIOD)
        days = range(first, last + 1)
        return Bundle(
            domain=DOMAIN,
            ledger=LEDGER,
            terms=one.terms,
            aggregator_signature=Signature(ECDSA, _sign(AGGREGATOR, one.identity)),
            prosumer_signature=Signature(ECDSA, _sign(one.owner, one.identity)),
            end_day=None,
            log=_log(one.log),
            overlaps=tuple(
                Overlap(other.identity, (key,), _log(other.log))
                for other in self.agreed
                if other.point == one.point and other is not one
            ),
            metering_points=(one.point,),
            non_working_days=self.holidays,
            meter_days=tuple(
                committed_day(self._commitments[day], key, one.point.name, 0, METERED)
                for day in days
            ),
            absent_days=(),
            nominations=tuple(
                committed_day(self._nominations[day], one.identity, None, 0, NOMINATED)
                for day in (days if _nominates(one.terms) else ())
            ),
            period=PERIOD,
            run=run_of(run, block=PUBLISHED),
            superseded=None,
            credited=Credit(0, 0),
            stated=stated_by(settled, run),
            incomplete=(),
        )

    def _commit_meters(self) -> Mapping[int, Commitment]:
        keys = {one.point.name: _key(one.point) for one in self.agreed}
        days = range(FIRST_DAY - BEFORE_DAYS, LAST_DAY + 2)
        return {
            day: build_commitment(
                CommittedBlob(key, day, encode_blob(self.meters[name].days[day]))
                for name, key in keys.items()
            )
            for day in days
        }

    def _commit_nominations(self) -> Mapping[int, Commitment]:
        nominated = [one for one in self.agreed if _nominates(one.terms)]
        return {
            day: build_commitment(
                CommittedBlob(one.identity, day, encode_blob(self.meters[one.point.name].days[day]))
                for one in nominated
            )
            for day in range(FIRST_DAY, LAST_DAY + 2)
        }


def _nominates(terms: Terms) -> bool:
    return terms.baseline_method is BaselineMethod.NOMINATED


def _key(point: MeteringPoint) -> bytes:
    return meter_key(point.name, point.salt)


def _sign(signer: Wallet, identity: bytes) -> bytes:
    return sign_agreement(signer, DOMAIN, identity)


def _log(activations: tuple[Activation, ...]) -> tuple[LogEntry, ...]:
    return tuple(LogEntry(one, RECORDED) for one in activations)


def _meter_of(district: District, site_id: str) -> Readings:
    first = district.first_quarter_utc_s // 900
    series = district.site_w(site_id).tolist()
    days = range(FIRST_DAY - BEFORE_DAYS, LAST_DAY + 2)
    starts = {day: day * _ISPS_PER_DAY - first for day in days}
    return Readings(15, {day: tuple(series[at : at + _ISPS_PER_DAY]) for day, at in starts.items()})


def _agreements(district: District, site_id: str, random: Random) -> list[Agreed]:
    """Make an agreement by each template that a site is offered."""
    kinds = {asset.kind for asset in district.assets_of(site_id)}
    generates = AssetKind.PHOTOVOLTAIC in kinds
    point = MeteringPoint(site_id, keccak256(site_id.encode()))
    owner = wallet(f"owner of {site_id}")
    found = []
    for template in plan.templates():
        if template.for_generation in (None, generates):
            parties = {"aggregator": AGGREGATOR, "dso": DSO, "mdc": MDC, "prosumer": owner}
            terms = replace(
                template.terms,
                **{name: address_of(one) for name, one in parties.items()},
                elements=elements_hash([_key(point)]),
                amount_w=template.sign * 3_000,
                start_day=FIRST_DAY,
                end_day=LAST_DAY,
                salt=keccak256(template.name.encode()),
            )
            terms = replace(terms, template_id=template_id(terms))
            found.append((terms, _ordered(terms, random)))
    return [
        Agreed(
            terms,
            log,
            owner,
            point,
            tuple(x for other, its in found if other != terms for x in its),
        )
        for terms, log in found
    ]


def _ordered(terms: Terms, random: Random) -> tuple[Activation, ...]:
    """Try random activations on every day and keep those within the limits of the agreement."""
    standing: list[Activation] = []
    clock = terms.clock
    for day in range(FIRST_DAY, LAST_DAY + 1):
        inside = [x for x in clock.day_isps(day) if in_window(terms.window, clock.local_minutes(x))]
        for _ in range(_TRIES_PER_DAY):
            isps = random.randint(2, terms.max_runtime_isps)
            wanted = Activation(random.choice(inside), isps, terms.amount_w)
            try:
                check_activation(terms, standing, wanted)
            except ActivationRefused:
                continue
            standing.append(wanted)
    return tuple(standing)
