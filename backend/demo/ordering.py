"""A gate at a congestion point: the DSO asks and orders, the aggregator offers and carries out."""

from backend.chain.wallet import address_of
from backend.demo import plan
from backend.demo.delivering import deliver
from backend.demo.offering import judge_sites, nominate_rest, outlooks_of
from backend.demo.unfolding import Gate, Month, Served
from backend.services.congestion import find_outlook
from backend.services.forecasts import store_forecast
from backend.services.local_day import IntArray
from backend.services.vpp_grid import read_grid
from backend.services.vpp_offering import RECORDING_S, answer_request, members_of
from backend.services.vpp_ordering import carry_out
from backend.services.vpp_requesting import Asked, Need, order_flexibility, request_flexibility
from flexmanager.vpp.baseline import BaselineReference

OFFER_S, ORDER_S, EXPIRY_S = 60, 120, 300
"""Seconds after a gate at which offers are made and orders given, and until which they may be."""

BASELINE = BaselineReference(method="as each agreement says")


def serve_point(month: Month, gate: Gate, congestion_point: str) -> None:
    """Find what a congestion point needs after a gate beyond what is ordered, and trade it."""
    need = _need(month, gate, congestion_point)
    requested = request_flexibility([month.desk], need, gate.start_s)
    assert not requested.refused, "the parties of the demonstration agree on the rules"
    for asked in requested.asked:
        _trade(month, gate, need, asked)


def _need(month: Month, gate: Gate, congestion_point: str) -> Need:
    """Look ahead from what is metered up to the gate, less what was ordered."""
    outlook = find_outlook(
        gate.today,
        _load_w(month, congestion_point),
        month.world.first_isp,
        gate.isp,
        plan.FORESIGHT,
    )
    # What procurement is compared with later is the side of the outlook that is ordered by.
    expected_w = outlook.low_w if gate.sign > 0 else outlook.high_w
    session = month.stage.session
    store_forecast(session, congestion_point, gate.today.first_isp, gate.isp, expected_w.tolist())
    asked_isps = gate.asked_isps
    return Need(
        point=read_grid(session)[congestion_point],
        today=gate.today,
        outlook=outlook,
        sign=gate.sign,
        margin_bp=0,
        first_isp=asked_isps.start,
        expires_s=gate.start_s + EXPIRY_S,
        asked_isps=asked_isps,
    )


def _load_w(month: Month, congestion_point: str) -> IntArray:
    """Return the load of a point as metered, less all flexibility that was ordered."""
    load_w = month.world.load_w(congestion_point, actual=True)
    for isp, ordered_w in month.relief_w.get(congestion_point, {}).items():
        load_w[isp - month.world.first_isp] -= ordered_w
    return load_w


def _trade(month: Month, gate: Gate, need: Need, asked: Asked) -> None:
    """Have a request answered, ordered and carried out."""
    stage, request = month.stage, asked.request
    point = request.scope.congestion_point
    before_w = dict(month.relief_w.get(point, {}))
    outlooks = outlooks_of(month, gate, point)
    judged = judge_sites(month, outlooks, gate, request.requested_isps)
    parties = stage.parties
    members = members_of(stage.session, address_of(parties.dso), address_of(parties.aggregator))
    answered = answer_request(
        asked.desk,
        request,
        members,
        judged.available,
        plan.POLICY,
        BASELINE,
        need.expires_s,
        gate.start_s + OFFER_S,
        judged.withdrawn,
    )
    if answered.offer is not None:
        nominate_rest(
            month, gate, [one for one in outlooks if one.agreed.site_id not in judged.withdrawn]
        )
    ordered = order_flexibility([asked], plan.SHORTFALL_RATE, gate.start_s + ORDER_S)
    order, carried = None, None
    for desk, order in ordered.orders:
        carried = carry_out(
            desk,
            stage.market,
            parties.aggregator,
            order,
            members,
            judged.available,
            need.expires_s + RECORDING_S,
        )
        deliver(month, carried.activations)
    month.served.append(Served(gate, request, before_w, answered, order, carried))
