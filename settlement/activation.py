"""Activations: what may be ordered, the log that proves completeness, cancellations. Rule 0.3."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from settlement.clock import date_text
from settlement.errors import ActivationRefused, InputError
from settlement.keccak import keccak256
from settlement.terms import Terms
from settlement.window import in_window
from settlement.words import bytes32_word, int_word, uint_word

EMPTY_HEAD = bytes(32)


@dataclass(frozen=True, slots=True)
class Activation:
    """One constant order over consecutive ISPs, or the log entry that cancels one.

    Attributes:
        first_isp: UTC ISP index of the first ordered ISP.
        isps: number of consecutive ISPs.
        ordered_w: signed delta on the baseline in W; 0 only in a log entry that cancels.
    """

    first_isp: int
    isps: int
    ordered_w: int

    @property
    def end_isp(self) -> int:
        """The ISP after the last ordered one."""
        return self.first_isp + self.isps

    def ordered_isps(self) -> range:
        """Return the ordered ISPs."""
        return range(self.first_isp, self.end_isp)


def next_head(head: bytes, entry: Activation) -> bytes:
    """Return the head of the activation log after one more entry."""
    return keccak256(
        bytes32_word(head, "head")
        + uint_word(entry.first_isp, 32, "first_isp")
        + uint_word(entry.isps, 16, "isps")
        + int_word(entry.ordered_w, 32, "ordered_w")
    )


def log_head(entries: Iterable[Activation]) -> bytes:
    """Return the head after all entries; equal heads prove that none was left out."""
    head = EMPTY_HEAD
    for entry in entries:
        head = next_head(head, entry)
    return head


def standing_activations(entries: Sequence[Activation]) -> tuple[Activation, ...]:
    """Return the activations that no later entry of the log cancels.

    Raises:
        InputError: a cancellation that is not of the last standing activation, or the second
            in a row.
    """
    standing: list[Activation] = []
    just_cancelled = False
    for position, entry in enumerate(entries):
        if entry.ordered_w:
            standing.append(entry)
            just_cancelled = False
            continue
        last = standing[-1] if standing else None
        matches = last and (last.first_isp, last.isps) == (entry.first_isp, entry.isps)
        if just_cancelled or not matches:
            raise InputError(
                f"cancellation of ISP {entry.first_isp}",
                f"activation log, entry {position + 1}",
                "the last standing activation, and not twice in a row",
            )
        standing.pop()
        just_cancelled = True
    return tuple(standing)


def check_activation(
    terms: Terms,
    standing: Sequence[Activation],
    wanted: Activation,
    *,
    end_day: int | None = None,
    now_s: int | None = None,
) -> None:
    """Refuse an activation that breaks a limit of the agreement.

    Args:
        terms: the agreement.
        standing: its activations so far, in time order, without cancelled ones.
        wanted: the next one.
        end_day: last local day after a termination; the end day of the terms without one.
        now_s: UTC second of recording, to enforce the notice; None where it is not known.

    Raises:
        ActivationRefused: names the first limit that is broken, with both values.
    """
    end_day = terms.end_day if end_day is None else min(end_day, terms.end_day)
    agreed = abs(terms.amount_w)
    same_sign = wanted.ordered_w * terms.amount_w > 0
    if not same_sign or abs(wanted.ordered_w) > agreed:
        raise ActivationRefused("amount", f"up to {terms.amount_w} W", f"{wanted.ordered_w} W")
    if not 1 <= wanted.isps <= terms.max_runtime_isps:
        raise ActivationRefused("max runtime", f"{terms.max_runtime_isps} ISPs", wanted.isps)
    if len(standing) >= terms.max_activations:
        raise ActivationRefused("max activations", terms.max_activations, len(standing) + 1)
    if standing:
        gap = wanted.first_isp - standing[-1].end_isp
        if gap < max(1, terms.recovery_isps):
            raise ActivationRefused("recovery", f"{max(1, terms.recovery_isps)} ISPs", gap)
    clock = terms.clock
    for isp in wanted.ordered_isps():
        local = clock.local_minutes(isp)
        day = clock.local_day(isp)
        if not terms.start_day <= day <= end_day:
            dates = f"{date_text(terms.start_day)} to {date_text(end_day)}"
            raise ActivationRefused("dates", dates, date_text(day))
        if not in_window(terms.window, local):
            raise ActivationRefused("window", "ISPs of the weekly window", clock.describe(isp))
    latest_s = clock.start_s(wanted.first_isp - terms.notice_isps)
    if now_s is not None and now_s > latest_s:
        raise ActivationRefused("notice", f"recording until second {latest_s}", now_s)


def touched_days(terms: Terms, activations: Iterable[Activation]) -> frozenset[int]:
    """Return the local days on which at least one ISP is ordered."""
    clock = terms.clock
    return frozenset(clock.local_day(isp) for one in activations for isp in one.ordered_isps())
