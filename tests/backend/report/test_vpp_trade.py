"""The section about the trade: sums, rows and numbered reasons."""

from backend.report.page import render
from backend.report.vpp_trade import trade_view
from tests.backend.report import month
from tests.backend.report.parsed import parsed


def test_requests_are_summed_by_point_and_reasons_numbered_by_frequency():
    view = trade_view(month.outcome())
    (point,) = view.points
    assert point.title == "LV1, less consumption"
    assert (len(point.rows), point.offers, point.activations, point.refused) == (2, 1, 4, 1)
    assert (point.offered_kwh, point.ordered_kwh, point.recorded_kwh) == (3.0, 3.0, 3.6)
    assert view.reasons == ((month.NOTICE, 5), (month.WEAK, 1))
    assert [row.left_out for row in point.rows] == ["2 (1), 1 (2)", "3 (1)"]
    assert view.no_offer == (("no agreement can take part", 1),)


def test_the_page_shows_every_gate_with_what_became_of_the_request():
    section = parsed(render(month.outcome())).by_id("trade")
    sums, gates = section.all("table")
    assert [cell.text for cell in sums.all("td")] == ["2", "1", "3.0", "3.0", "3.6", "4", "1"]
    first, second = ([cell.text for cell in row.all("td")] for row in gates.all("tr")[1:])
    assert first[:3] == ["2027-03-27 16:15", "4.0", "3.0"]
    assert first[3].startswith("91.0")
    assert first[4:] == ["3.0", "3.6", "4", "2 (1), 1 (2)"]
    assert second[:3] == ["2027-03-27 17:15", "1.0", "0.0"]
    assert f"{month.NOTICE}: 5" in section.text


def test_a_month_without_a_request_says_so():
    page = parsed(render(month.without_activation()))
    assert "Nothing was requested." in page.by_id("trade").text
