"""The sections about overloads and gains: figures, reasons, assumptions."""

from functools import cache

from backend.report.page import render
from backend.report.vpp_relief import relief_views
from flexmanager.overloads import Verdict
from tests.backend.report import month
from tests.backend.report.parsed import Element, parsed


@cache
def usual_page() -> Element:
    return parsed(render(month.outcome()))


def test_overloads_are_summed_by_verdict_and_joined_to_stretches():
    (view,) = relief_views(month.outcome())
    assert view.title == "LV1 import"
    assert [(row.verdict, row.isps, row.before_kwh, row.after_kwh) for row in view.rows] == [
        (Verdict.RELIEVED, 2, 1.0, 0.0),
        (Verdict.NO_AGREEMENT, 1, 0.1, 0.1),
        (Verdict.NOT_DELIVERED, 6, 3.0, 0.75),
        (Verdict.ADDED, 2, 0.0, 0.5),
    ]
    assert (view.relievable, view.relieved) == (8, 2)
    assert [(one.begins, one.ends, one.before_w, one.after_w) for one in view.remaining] == [
        ("18:30", "20:00", 2_000, 500),
        ("20:00", "20:30", 0, 1_000),
        ("20:30", "20:45", 400, 400),
    ]
    assert {one.date for one in view.remaining} == {"2027-03-27"}


def test_the_page_tells_each_reason():
    text = usual_page().by_id("relief").text
    assert "Of 8 quarter hours that the agreements could relieve, 2 were relieved." in text
    assert "activated, and less was delivered" in text
    assert "no agreement's window covers it" in text


def test_the_page_tells_who_gained_and_what_that_rests_on():
    text = usual_page().by_id("worth").text
    # 31.4715 EUR are paid, energy costs 2 EUR more, the margin is a tenth; 4.5 kWh are avoided.
    for words in (
        "29.47", "31.47 paid, less 2.00 for energy", "3.15", "4.5 kWh of overload avoided",
        "worth 22.50, less 34.62 paid", "costs the DSO 5.00 EUR if nobody relieves it",
        "breaks even where avoiding a kWh is worth 7.69 EUR",
    ):  # fmt: skip
        assert words in text, words


def test_the_page_names_what_the_orders_cost_and_the_proven_bound():
    text = usual_page().by_id("run").text
    assert "all splits cost 44.89 EUR" in text
    assert "no splits of these orders cost less than 42.17 EUR" in text


def test_a_month_without_overload_says_so():
    page = parsed(render(month.without_activation()))
    assert "No limit was exceeded" in page.by_id("relief").text
