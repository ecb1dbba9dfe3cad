"""Any course of a trade: messages in any order at any time, some of them hostile."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from flexmanager.vpp.book import Book
from flexmanager.vpp.judge import accepted, rejections
from flexmanager.vpp.message import PowerRows
from flexmanager.vpp.offer import FlexOffer, OfferOption
from flexmanager.vpp.order import FlexOrder, order_of
from flexmanager.vpp.rejection import Reason
from settlement.orders.order import check_offer_price
from tests.flexmanager.vpp.trading import (
    DSO,
    EXPIRES_S,
    NOON_S,
    OPTION_CONTRACT,
    REQUESTED,
    TRADE,
    header,
    offer,
    request,
    revocation,
    uuid,
)

HOUR_S = 3_600
powers = st.integers(-8_100, 50)
percents = st.integers(1, 100)


class Course(RuleBasedStateMachine):
    """A DSO and an aggregator with one book each; what one accepts the other knows of."""

    @initialize()
    def begin(self) -> None:
        self.now_s = NOON_S
        self.number = 10
        self.book = Book(TRADE)
        self.made: list[FlexOffer] = []
        self.ordered_at_s: dict[str, int] = {}
        self.revoked_at_s: dict[str, int] = {}
        self.tell(request())

    def tell(self, message) -> bool:
        """Give a message to the book; tell whether it is accepted."""
        after = accepted(self.book, message, self.now_s)
        if isinstance(after, Book):
            assert rejections(after, message, self.now_s)[0].reason is Reason.ALREADY_SUBMITTED
            self.book = after
            return True
        assert all(one.text for one in after)
        return False

    def next_number(self) -> int:
        self.number += 1
        return self.number

    @rule(minutes=st.integers(1, 60))
    def wait(self, minutes: int) -> None:
        self.now_s += 60 * minutes

    @rule(
        rows=st.lists(powers, min_size=8, max_size=8),
        price=st.integers(0, 60_000),
        least=percents,
        options=st.integers(1, 2),
        good_for_s=st.integers(-HOUR_S, 6 * HOUR_S),
    )
    def offers(
        self, rows: list[int], price: int, least: int, options: int, good_for_s: int
    ) -> None:
        isps: PowerRows = tuple(zip(REQUESTED, rows, strict=True))
        choices = [OfferOption(str(at), price // (1 + at), isps, least) for at in range(options)]
        expires_s = max(0, min(self.now_s + good_for_s, EXPIRES_S + HOUR_S))
        made = offer(self.next_number(), *choices, expires_s=expires_s)
        if self.tell(made):
            self.made.append(made)

    @rule(at=st.integers(0, 30))
    def revokes(self, at: int) -> None:
        known = self.made[at].header.message_id if at < len(self.made) else uuid(999)
        if self.tell(revocation(self.next_number(), known)):
            self.revoked_at_s[known] = self.now_s

    @rule(
        at=st.integers(0, 30),
        factor=percents,
        second=st.booleans(),
        tampered=st.sampled_from([None, None, None, "price", "power", "factor"]),
    )
    def orders(self, at: int, factor: int, second: bool, tampered: str | None) -> None:
        if at >= len(self.made):
            return
        wanted = self.made[at]
        option = wanted.options[-1 if second else 0]
        number = self.next_number()
        placed = order_of(wanted, option, factor, f"O{number}", header(number, DSO))
        if tampered == "price":
            placed = replace(placed, price=placed.price + 1)
        elif tampered == "power":
            first, *rest = placed.isps
            placed = replace(placed, isps=((first[0], first[1] - 1), *rest))
        elif tampered == "factor":
            placed = replace(placed, factor_percent=factor % 100 + 1)
        if self.tell(placed):
            assert tampered in (None, "factor")
            self.ordered_at_s[wanted.header.message_id] = self.now_s

    @invariant()
    def what_is_gone_is_never_ordered(self) -> None:
        if not hasattr(self, "book"):
            return
        by_id = {one.header.message_id: one for one in self.made}
        assert self.revoked_at_s.keys().isdisjoint(self.ordered_at_s)
        for offer_id, at_s in self.ordered_at_s.items():
            assert at_s < by_id[offer_id].expires_s
        orders = self.book.all(FlexOrder)
        assert len({one.offer_id for one in orders}) == len(orders) == len(self.ordered_at_s)
        open_ids = {one.header.message_id for one in self.book.orderable(self.now_s)}
        assert open_ids.isdisjoint(self.ordered_at_s)
        assert open_ids.isdisjoint(self.revoked_at_s)

    @invariant()
    def what_is_ordered_was_offered_and_is_within_its_price(self) -> None:
        if not hasattr(self, "book"):
            return
        by_id = {one.header.message_id: one for one in self.made}
        for one in self.book.all(FlexOrder):
            option = by_id[one.offer_id].option(one.option_reference)
            assert option.min_factor_percent <= one.factor_percent
            assert option.portion(one.factor_percent).isps == one.isps
            check_offer_price(OPTION_CONTRACT, dict(one.isps), one.price)
            assert all(-8_000 <= w <= 0 for _, w in one.isps)


TestCourse = Course.TestCase
TestCourse.settings = settings(deadline=None, max_examples=60, stateful_step_count=25)


def test_the_course_meets_what_it_is_about():
    """The machine would prove nothing if its offers were never accepted and ordered."""
    course = Course()
    course.begin()
    course.offers([-4_000] * 8, 20_000, 50, 2, HOUR_S)
    course.offers([-3_000] * 8, 10_000, 50, 1, HOUR_S)
    course.revokes(0)
    course.orders(0, 80, False, None)
    course.orders(1, 80, False, None)
    course.orders(1, 80, False, None)
    assert (len(course.made), len(course.revoked_at_s), len(course.ordered_at_s)) == (2, 1, 1)
    course.revoked_at_s[course.made[1].header.message_id] = course.now_s
    with pytest.raises(AssertionError):
        course.what_is_gone_is_never_ordered()
