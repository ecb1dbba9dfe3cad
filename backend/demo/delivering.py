"""Recorded activations handed to the sites that deliver them; owners may take back control."""

from collections.abc import Sequence

from backend.chain.market import WantedActivation
from backend.demo import owners
from backend.demo.preparation import Agreed
from backend.demo.unfolding import Missed, Month, Ordered
from backend.services.activating import note_override
from settlement.identity import agreement_id
from settlement.terms import BaselineMethod


def deliver(month: Month, recorded: Sequence[WantedActivation]) -> None:
    """Hand activations to their sites."""
    by_id = {agreement_id(one.terms): one for one in month.prepared.agreed}
    for wanted in recorded:
        agreed = by_id[agreement_id(wanted.terms)]
        activation = wanted.activation
        if month.missed is None:
            month.missed = Missed(agreed.site_id, activation.first_isp + activation.isps // 2)
        _ask_site(month, agreed, wanted)
        override_isp = _override(month, agreed, wanted)
        month.ordered.append(Ordered(agreed, activation, override_isp))


def _ask_site(month: Month, agreed: Agreed, wanted: WantedActivation) -> None:
    """Ask a site for an activation.

    A site with a nominated baseline steers to the nominated power plus the order, since that is
    what it is settled against; the others change what they do by the ordered power.
    """
    world, activation, sign = month.world, wanted.activation, agreed.template.sign
    requested = month.requested_w.setdefault(agreed.site_id, {})
    relief = month.relief_w.setdefault(world.point_of(agreed.site_id), {})
    nominated_w = month.nominated_w.get(agreement_id(agreed.terms), {})
    recorded_w = world.recorded_site_w(agreed.site_id)
    for isp in activation.ordered_isps():
        change_w = activation.ordered_w
        if agreed.terms.baseline_method is BaselineMethod.NOMINATED:
            change_w += int(nominated_w[isp] - recorded_w[isp - world.first_isp])
        requested[isp] = sign * max(0, sign * change_w)
        relief[isp] = relief.get(isp, 0) + activation.ordered_w


def _override(month: Month, agreed: Agreed, wanted: WantedActivation) -> int | None:
    """Let the owner take back control if it wants to; returns from which ISP on."""
    stage, activation, first_isp = month.stage, wanted.activation, month.world.first_isp
    found = owners.overrides(
        f"{agreed.site_id}/{agreed.template.name}",
        activation.first_isp - first_isp,
        activation.isps,
    )
    if found is None:
        return None
    override_isp = found + first_isp
    owner, relayer = month.prepared.owners[agreed.site_id], stage.parties.relayer
    note_override(stage.session, stage.market, relayer, owner, wanted, override_isp)
    taken = month.overridden.setdefault(agreed.site_id, set())
    taken.update(range(override_isp, activation.end_isp))
    return override_isp
