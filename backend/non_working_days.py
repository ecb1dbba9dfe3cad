"""A proposal for the published list of non-working days. The only module that uses `holidays`.

Which days count is what the parties publish for a year and carry in every bundle; a library may be
wrong or change its mind, so nothing is ever settled by it directly.
"""

from dataclasses import dataclass
from datetime import date

import holidays

from settlement.errors import InputError

_FIRST_YEAR, _LAST_YEAR = 1970, 2100
_LANGUAGE = "en_US"
"""Of the names; a country without names in it has them in its own language."""


@dataclass(frozen=True, slots=True)
class ProposedDay:
    """A public holiday and what it is called in its country."""

    day: date
    name: str


def propose(country: str, year: int, subdivision: str | None = None) -> tuple[ProposedDay, ...]:
    """Return the public holidays of a year in order, those at weekends included.

    Args:
        country: two letters, such as "AT".
        year: from 1970 to 2100.
        subdivision: a part of the country with holidays of its own, such as "9" of AT or "BY" of
            DE; None for those that all parts share.

    Raises:
        InputError: the country, the subdivision or the year is not known.
    """
    where = "non-working days"
    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known:
        raise InputError(f"country {country!r:.20}", where, "a country code such as AT or DE")
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise InputError(f"year {year}", where, f"{_FIRST_YEAR} to {_LAST_YEAR}")
    if subdivision is not None and subdivision not in known[country]:
        parts = ", ".join(known[country]) or "no subdivision"
        raise InputError(f"subdivision {subdivision!r:.20}", where, f"of {country}: {parts}")
    # Without a language the names would follow the locale of the machine.
    found = holidays.country_holidays(country, subdiv=subdivision, years=year, language=_LANGUAGE)
    return tuple(ProposedDay(day, found[day]) for day in sorted(found))


def as_list(proposed: tuple[ProposedDay, ...]) -> str:
    """Write a proposal as the list that settlement and checker read, to be gone over by people."""
    return "".join(f"{one.day.isoformat()}  # {one.day:%A}, {one.name}\n" for one in proposed)
