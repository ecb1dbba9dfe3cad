"""Loads behind a local manager: one that can run later, one of which a part can be cut."""

from dataclasses import dataclass

import numpy as np

from flexmanager.local.device import WH_PER_MWH, Bounds, Course, Outlook, State, energy_eur
from flexmanager.local.store import FOLLOW_EUR_PER_MWH
from flexmanager.physics.load import CurtailableLoad, ShiftableLoad
from flexmanager.rounding import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class MovableRun:
    """A device that runs once, when it suits; its state is how many ISPs of the run are done."""

    load: ShiftableLoad

    @property
    def asset_id(self) -> str:
        """Name of the asset."""
        return self.load.asset_id

    @property
    def state_step(self) -> State:
        """Half an ISP."""
        return (0.5,)

    def planned(
        self, outlook: Outlook, state: State, wanted_w: FloatArray, end: State | None = None
    ) -> Course:
        """Begin where the whole run is cheapest, and what is wanted is met best.

        A run that has begun goes on; one that can no longer be done in time begins at once.
        """
        runs = self._runs_w(outlook, state)
        price = outlook.price_eur_per_mwh * outlook.isp_hours / WH_PER_MWH
        asked = ~np.isnan(wanted_w)
        off_w = np.abs(runs[:, asked] - wanted_w[asked]).sum(axis=1)
        follow = FOLLOW_EUR_PER_MWH * outlook.isp_hours / WH_PER_MWH
        best = int(np.argmin(runs @ price + follow * off_w))
        return self._course(outlook, state, runs[best])

    def simulated(self, outlook: Outlook, state: State, power_w: IntArray) -> Course:
        """Begin at the first set-point above 0; nothing stops a run that has begun."""
        power = np.zeros(outlook.isps, dtype=np.int64)
        done = int(state[0])
        begin = 0 if done else next(iter(np.flatnonzero(power_w > 0).tolist()), outlook.isps)
        rest = self.load.profile_w[done : done + outlook.isps - begin]
        power[begin : begin + len(rest)] = rest
        return self._course(outlook, state, power)

    def bounds(self, outlook: Outlook, state: State) -> Bounds:
        """Between the least and the most of all runs in time."""
        runs = self._runs_w(outlook, state).astype(np.float64)
        energy = np.cumsum(runs, axis=1) * outlook.isp_hours
        return Bounds(runs.min(axis=0), runs.max(axis=0), energy.min(axis=0), energy.max(axis=0))

    def _runs_w(self, outlook: Outlook, state: State) -> IntArray:
        """Return every run that is still possible, shape (runs, n) [W]."""
        done = int(state[0])
        rest = np.array(self.load.profile_w[done:], dtype=np.int64)
        ready = -(-self.load.ready_utc_s // outlook.isp_seconds) - outlook.first_isp
        end = self.load.done_by_utc_s // outlook.isp_seconds - outlook.first_isp
        first = 0 if done else min(max(ready, 0), outlook.isps)
        last = min(end, outlook.isps) - len(rest)
        if last < first:
            # Too long for the outlook: then it may begin in it, or after it, if it ends in time.
            last = min(end - len(rest), outlook.isps)
        last = first if done else max(last, first)
        runs = np.zeros((last - first + 1, outlook.isps + len(rest)), dtype=np.int64)
        for row, begin in enumerate(range(first, last + 1)):
            runs[row, begin : begin + len(rest)] = rest
        return runs[:, : outlook.isps]

    def _course(self, outlook: Outlook, state: State, power: IntArray) -> Course:
        whole = len(self.load.profile_w)
        ran = np.zeros(outlook.isps)
        if state[0] or power.any():
            begin = 0 if state[0] else int(np.flatnonzero(power)[0])
            ran[begin:] = 1.0
        done = np.minimum(state[0] + np.concatenate(([0.0], np.cumsum(ran))), whole)
        end = self.load.done_by_utc_s // outlook.isp_seconds - outlook.first_isp
        short = np.zeros(outlook.isps)
        if 0 < end <= outlook.isps:
            left = self.load.profile_w[int(done[end]) :]
            short[end - 1 :] = sum(left) * outlook.isp_hours
        return Course(power, done[:, None], energy_eur(outlook, power), 0.0, short)


@dataclass(frozen=True, slots=True)
class PartlyCutLoad:
    """A load that goes its own way but for a part that can be cut for a while.

    The state is for how many ISPs on end it has been cut.
    """

    load: CurtailableLoad

    @property
    def asset_id(self) -> str:
        """Name of the asset."""
        return self.load.asset_id

    @property
    def state_step(self) -> State:
        """Half an ISP."""
        return (0.5,)

    def planned(
        self, outlook: Outlook, state: State, wanted_w: FloatArray, end: State | None = None
    ) -> Course:
        """Cut only what is wanted to be cut."""
        wanted = np.where(np.isnan(wanted_w), np.inf, wanted_w)
        own = np.maximum(outlook.own_w, 0.0)
        return self.simulated(outlook, state, np.ceil(np.minimum(own, wanted)).astype(np.int64))

    def simulated(self, outlook: Outlook, state: State, power_w: IntArray) -> Course:
        """Cut as told, within the share and the longest time on end."""
        own, least = self._range_w(outlook)
        longest = self.load.minutes_max // outlook.clock.isp_minutes
        power, path = own.copy(), np.zeros(outlook.isps + 1)
        path[0] = cut = int(state[0])
        for isp, asked in enumerate(power_w.tolist()):
            if asked < own[isp] and cut < longest:
                power[isp] = max(asked, int(least[isp]))
            cut = cut + 1 if power[isp] < own[isp] else 0
            path[isp + 1] = cut
        lost_wh = float((own - power).sum()) * outlook.isp_hours
        return Course(
            power,
            path[:, None],
            energy_eur(outlook, power),
            lost_wh * self.load.lost_eur_per_mwh / WH_PER_MWH,
            np.zeros(outlook.isps),
        )

    def bounds(self, outlook: Outlook, state: State) -> Bounds:
        """Between all of it and the part that may not be cut."""
        own, least = self._range_w(outlook)
        hours = outlook.isp_hours
        most = own.astype(np.float64)
        cut = least.astype(np.float64)
        return Bounds(cut, most, np.cumsum(cut) * hours, np.cumsum(most) * hours)

    def _range_w(self, outlook: Outlook) -> tuple[IntArray, IntArray]:
        """Return the whole load and the least of it, both 0 or positive [W]."""
        own = np.rint(np.maximum(outlook.own_w, 0.0)).astype(np.int64)
        return own, np.ceil(own * (1.0 - self.load.share_max)).astype(np.int64)
