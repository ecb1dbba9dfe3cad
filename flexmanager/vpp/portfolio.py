"""Portfolios: the agreements in force behind a congestion point, in one direction each.

A portfolio follows from the agreements of a day alone. It is formed again whenever something
changes; what changed, and why, is told by comparing the two formations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flexmanager.errors import ParameterError
from flexmanager.vpp.congestion import GridPoint, chain
from settlement.activation import Activation
from settlement.clock import date_text
from settlement.terms import Terms


@dataclass(frozen=True, slots=True)
class Member:
    """An agreement on the ledger, with the site behind it.

    Attributes:
        agreement_id: 32 bytes.
        site_id: sites have their metering points for themselves.
        congestion_point: the point nearest to the site.
        terms: as agreed.
        standing: its activations so far, in time order, without cancelled ones.
        end_day: last local day after a termination, None without one.
    """

    agreement_id: bytes
    site_id: str
    congestion_point: str
    terms: Terms
    standing: tuple[Activation, ...] = ()
    end_day: int | None = None

    @property
    def sign(self) -> int:
        """Direction of the agreement: -1 for less consumption, +1 for more."""
        return 1 if self.terms.amount_w > 0 else -1

    @property
    def last_day(self) -> int:
        """Last local day on which it may be activated."""
        return self.terms.end_day if self.end_day is None else min(self.end_day, self.terms.end_day)


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The agreements that can relieve a point in one direction.

    Attributes:
        congestion_point: the point; sites at points below it count too.
        sign: -1 for less consumption, +1 for more.
        members: at least one, by agreement id.
    """

    congestion_point: str
    sign: int
    members: tuple[Member, ...]

    @property
    def amount_w(self) -> int:
        """Sum of the agreed amounts [W, signed]; more than ever can be had at once."""
        return sum(one.terms.amount_w for one in self.members)


@dataclass(frozen=True, slots=True)
class Formation:
    """All portfolios of a day.

    Attributes:
        day: the local day.
        portfolios: by point and direction, the most consumption reducing first.
        left_out: agreements that are in none, with the reason.
    """

    day: int
    portfolios: tuple[Portfolio, ...]
    left_out: Mapping[bytes, str] = field(default_factory=dict)

    def of(self, congestion_point: str, sign: int) -> Portfolio | None:
        """Return the portfolio of a point and direction, None if nobody is in it."""
        key = congestion_point, sign
        found = (one for one in self.portfolios if (one.congestion_point, one.sign) == key)
        return next(found, None)


def form(
    members: Sequence[Member],
    day: int,
    grid: Mapping[str, GridPoint] | None = None,
    withdrawn: Mapping[str, str] | None = None,
    promised: Mapping[bytes, str] | None = None,
) -> Formation:
    """Form the portfolios of a local day.

    Args:
        members: all agreements, each once.
        day: the local day.
        grid: points by name, where some feed others; None if each stands alone.
        withdrawn: sites that cannot be activated today, with the reason.
        promised: agreements that stand behind an open offer, with its name; an agreement stands
            behind one at most, so that every offer can be honoured.

    Raises:
        ParameterError: an agreement stands twice, or a site's point is not in the grid.
    """
    if len({one.agreement_id for one in members}) < len(members):
        raise ParameterError("portfolios", "members", len(members), "each agreement once")
    left_out: dict[bytes, str] = {}
    groups: dict[tuple[str, int], list[Member]] = {}
    for one in sorted(members, key=lambda one: one.agreement_id):
        reason = _obstacle(one, day, withdrawn or {}, promised or {})
        if reason:
            left_out[one.agreement_id] = reason
            continue
        point = one.congestion_point
        for name in chain(grid, point) if grid is not None else (point,):
            groups.setdefault((name, one.sign), []).append(one)
    portfolios = (Portfolio(*key, tuple(group)) for key, group in sorted(groups.items()))
    return Formation(day, tuple(portfolios), left_out)


def changes(before: Formation, after: Formation) -> tuple[str, ...]:
    """Tell who joined and who left which portfolio, and why, one sentence each."""
    was, now = _places(before), _places(after)
    told = []
    for identity, point, sign in sorted(was ^ now):
        name = f"agreement {identity.hex()[:16]}"
        portfolio = f"{point}, {'more' if sign > 0 else 'less'} consumption"
        if (identity, point, sign) in now:
            told.append(f"{name} joined {portfolio}")
        else:
            reason = after.left_out.get(identity, "it is no longer known")
            told.append(f"{name} left {portfolio}: {reason}")
    return tuple(told)


def _places(formation: Formation) -> set[tuple[bytes, str, int]]:
    return {
        (one.agreement_id, portfolio.congestion_point, portfolio.sign)
        for portfolio in formation.portfolios
        for one in portfolio.members
    }


def _obstacle(
    one: Member, day: int, withdrawn: Mapping[str, str], promised: Mapping[bytes, str]
) -> str:
    """Return why an agreement cannot be activated on a day, empty if it can."""
    if day < one.terms.start_day:
        return f"it begins on {date_text(one.terms.start_day)}"
    if day > one.last_day:
        return f"it ended on {date_text(one.last_day)}"
    if len(one.standing) >= one.terms.max_activations:
        return f"all of its {one.terms.max_activations} activations are used up"
    if one.site_id in withdrawn:
        return f"{one.site_id} withdrew: {withdrawn[one.site_id]}"
    if one.agreement_id in promised:
        return f"it stands behind {promised[one.agreement_id]}"
    return ""
