from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from backend.demo.outcome import AgreementOutcome, Outcome
from backend.demo.tampering import Refusal
from backend.report.measures import UnfitOutcome
from backend.report.page import render, write_report
from tests.backend.report import month
from tests.backend.report.parsed import Element, parsed

MOST_BYTES = 3_000_000
MINUS = "\N{MINUS SIGN}"


@cache
def usual_page() -> Element:
    return parsed(render(month.outcome()))


def page_of(**chosen: object) -> Element:
    return parsed(render(month.outcome(**chosen)))


def section(page: Element, name: str) -> Element:
    return page.by_id(name)


def plain(text: str) -> Decimal:
    """A figure of the page as a number."""
    return Decimal(text.replace(MINUS, "-").replace(",", ""))


def cents(amount: int) -> Decimal:
    return Decimal(round(Decimal(amount) / 100)) / 100


def tile_texts(page: Element) -> dict[str, str]:
    return {
        tile.all("dt")[0].text: " ".join(dd.text for dd in tile.all("dd"))
        for one in page.all("dl")
        for tile in one.all("div")
    }


def test_writes_the_page_into_a_new_folder_and_replaces_an_earlier_one(tmp_path: Path):
    path = tmp_path / "out" / "report.html"
    assert write_report(month.without_activation(), path) == path
    first = path.read_text(encoding="utf-8")
    write_report(month.outcome(), path)
    assert path.read_text(encoding="utf-8") != first
    assert path.stat().st_size < MOST_BYTES


def test_two_renderings_are_equal():
    assert render(month.outcome()) == render(month.outcome())


def test_refers_to_nothing_outside_itself():
    text = render(month.outcome())
    for outside in ("http:", "https:", "//cdn", "@import", "<script", "<link", "<img", "src="):
        assert outside not in text
    assert text.count("url(") == text.count("url(#") > 0
    links = [
        one.attributes["href"] for one in usual_page().everything() if "href" in one.attributes
    ]
    assert links
    ids = {one.attributes.get("id") for one in usual_page().everything()}
    for link in links:
        assert link is not None
        assert link.startswith("#")
        assert link[1:] in ids


def test_identifiers_are_unique_though_drawings_share_the_page():
    ids = [one.attributes["id"] for one in usual_page().everything() if "id" in one.attributes]
    assert len(ids) == len(set(ids))


def test_is_a_document_in_english_with_a_title_and_ranked_headings():
    page = usual_page()
    (html,) = page.all("html")
    assert html.attributes["lang"] == "en-GB"
    assert page.all("title")[0].text == "Flexledger: 2027-03-27 to 2027-03-29"
    ranks = [int(one.tag[1]) for one in page.everything() if one.tag in ("h1", "h2", "h3")]
    assert ranks[0] == 1
    assert ranks.count(1) == 1
    assert max(np.diff(ranks)) <= 1


def test_says_what_is_recorded_simulated_and_assumed():
    origin = next(o for o in usual_page().all("div") if o.attributes.get("role") == "note").text
    assert "2016-03-26 became 2027-03-27" in origin
    assert "574 whole weeks" in origin
    assert "is simulated by its manager" in origin
    assert "import limits, all rates, and the owners\N{RIGHT SINGLE QUOTATION MARK}" in origin


def test_every_figure_has_a_caption_and_every_drawing_a_text():
    for figure in usual_page().all("figure"):
        assert figure.all("figcaption")[0].text
    drawings = [one for one in usual_page().all("svg") if one.attributes.get("role") == "img"]
    assert drawings
    for drawing in drawings:
        assert drawing.attributes["aria-label"]
        assert drawing.all("path")


def test_draws_each_congestion_point_and_each_chosen_site():
    captions = [one.text for one in section(usual_page(), "points").all("figcaption")]
    assert [one.split(":")[0].split(",")[0] for one in captions] == ["LV1"] * 3 + ["LV2"] * 3
    titles = [one.text for one in section(usual_page(), "sites").all("figcaption")]
    assert titles[0].startswith("LV1-6, evening reduction, 2027-03-28")
    assert titles[1].startswith("LV1-6, evening reduction, 2027-03-29")
    assert len(titles) == 2


def test_a_day_chosen_twice_is_drawn_once():
    page = page_of(site_days=(month.site_day(), month.site_day()))
    assert len(section(page, "sites").all("figure")) == 1


def test_site_titles_tell_the_share_the_override_and_what_moved():
    caption = section(usual_page(), "sites").all("figcaption")[0].text
    assert "50.0 % of 2.0 kWh ordered" in caption
    assert "the site moved 0.5 kWh" in caption
    assert "overridden by the owner" in caption
    calm_day = replace(month.site_day(), overridden=False)
    assert (
        "overridden" not in section(page_of(site_days=(calm_day,)), "sites").all("figure")[0].text
    )


def test_key_figures_are_those_of_the_outcome():
    tiles = tile_texts(usual_page())
    assert tiles["Agreements on the ledger"] == "3 1 offer refused by owners"
    assert tiles["Activations"] == "25 1 overridden by the owner"
    assert tiles["Ordered"] == "119.4 kWh in 2 orders"
    assert tiles["Delivered"] == "99.5 kWh 83.3 % of what was ordered"
    assert tiles["Missing"] == "41.3 kWh 6.20 EUR of penalties"
    assert tiles["Paid to prosumers"] == "31.47 EUR 0.32 EUR per delivered kWh"
    assert tiles["Statements confirmed"].startswith("3 of 3 ")
    assert tiles["Forgeries refused"] == "2 of 2 attempts"


def test_peaks_tell_how_long_limits_are_exceeded():
    tiles = tile_texts(usual_page())
    to = "\N{RIGHTWARDS ARROW}"
    assert tiles["LV1 import peak"] == (
        f"12.0 {to} 11.0 kW limit 10.0 kW, exceeded for 2.00 h before, 2.50 h after"
    )
    assert tiles["LV1 export peak"].endswith("exceeded for 2.00 h before, never after")
    assert tiles["LV2 import peak"] == f"60.0 {to} 60.0 kW limit 80.0 kW, never exceeded"
    assert "LV2 export peak" not in tiles


def test_table_of_a_congestion_point():
    rows = section(usual_page(), "points").all("table")[0].rows()
    assert rows[2][:6] == ["import", "10.0", "12.0", "11.0", "4.0", "1.5"]
    assert rows[2][6:] == [f"{MINUS}62.5 %", "2.00", "2.50"]
    assert rows[3][:6] == ["export", "8.0", "10.0", "8.0", "4.0", "0.0"]


def test_says_where_overload_remains_and_where_it_does_not():
    points = [one.text for one in section(usual_page(), "points").all("li")]
    (remains,) = (one for one in points if "Overload remains" in one)
    assert "in import: 1.5 kWh in 2.50 h" in remains
    assert "0.5 kWh of it lie in quarter hours for which nothing was ordered" in remains
    assert "0.5 kWh came only with the activations" in remains
    assert "No overload remains in export." in points
    assert points.count("The import limit is never exceeded.") == 1
    assert points.count("Nothing was ordered here.") == 1


def test_says_what_the_load_did_when_it_was_ordered_to_change():
    points = [one.text for one in section(usual_page(), "points").all("li")]
    assert any(
        one.startswith("Ordered: 4.0 kWh less consumption. In those quarter hours the load was 3.0")
        and "below the load without" in one
        for one in points
    )
    assert any(
        one.startswith("Ordered: 4.0 kWh more consumption") and "4.0 kWh above" in one
        for one in points
    )


def test_a_limit_far_from_the_load_is_named_instead_of_drawn():
    captions = [one.text for one in section(usual_page(), "points").all("figcaption")]
    assert any("export limit of 400.0 kW lies outside the drawing" in one for one in captions)
    assert not any("import limit of 80.0" in one for one in captions)


def expected_cells(one: AgreementOutcome) -> list[Decimal]:
    tenth = Decimal("0.1")
    return [
        Decimal(one.activations),
        Decimal(one.overridden),
        Decimal(one.ordered_kwh).quantize(tenth),
        Decimal(one.delivered_kwh).quantize(tenth),
        Decimal(one.missing_kwh).quantize(tenth),
        cents(one.capacity),
        cents(one.volume),
        cents(-one.penalty),
        cents(one.amount),
    ]


def test_statements_are_those_of_the_outcome_digit_by_digit():
    rows = [row for row in usual_page().by_id("statements").rows() if row[0].startswith("LV")]
    assert [row[0] for row in rows] == ["LV1-6", "LV1-9", "LV1-6"]
    for row, one in zip(rows, month.STATEMENTS, strict=True):
        assert plain(row[1]) * 1_000 == one.amount_w
        cells = row[2:6] + row[7:]
        assert [plain(cell) for cell in cells] == expected_cells(one)
    assert [row[6].split()[0] for row in rows] == ["90.9", "0.0", "\N{EN DASH}"]


def test_penalties_are_negative_and_a_zero_has_no_sign():
    rows = [row for row in usual_page().by_id("statements").rows() if row[0].startswith("LV")]
    assert [row[10] for row in rows] == [f"{MINUS}1.20", f"{MINUS}5.00", "0.00"]
    assert [row[11] for row in rows] == ["31.04", "0.00", "0.43"]


def test_sums_stand_below_each_agreement_and_below_all():
    rows = {row[0]: row[1:] for row in usual_page().by_id("statements").rows()}
    assert rows["sum of 2"][0] == "25"
    assert rows["sum of 1"][-1] == "0.43"
    assert rows["all 3 statements"][-4:] == ["10.27", "27.41", f"{MINUS}6.20", "31.47"]


def test_money_that_differs_from_the_statements_is_called_out():
    assert "the statements come to" not in section(usual_page(), "money").text
    money = section(page_of(paid=1_000_000), "money").text
    assert "Paid out were 100.00 EUR, the statements come to 31.47 EUR." in money


def test_incomplete_statements_are_named():
    assert "Incomplete" not in section(usual_page(), "money").text
    assert "Incomplete: 1 statement, as" in section(page_of(incomplete=1), "money").text


def test_forgeries_are_listed():
    rows = section(usual_page(), "forgeries").all("table")[0].rows()[1:]
    assert rows == [[one.altered, one.by, one.reason] for one in month.REFUSALS]


def test_the_correction_is_told_with_its_versions():
    found = section(usual_page(), "correction")
    assert "no reading of LV1-9 for the quarter hour from 2027-03-27 18:30" in found.text
    assert month.CORRECTION.finding in found.text
    assert "repeated 2 statements as they were" in found.text
    (first, second) = found.all("table")[0].rows()[1:]
    assert first[:3] == ["1", "the period is over", "7"]
    assert first[3] == "incomplete: 2027-03-27 18:00: 1 of 8 meter readings are missing"
    assert second == ["2", "meter data committed for 2027-03-27", "9", "5.00 EUR"]


def test_a_month_without_correction_does_not_speak_of_one():
    page = page_of(correction=None)
    assert "correction" not in {one.attributes.get("id") for one in page.everything()}
    assert "#correction" not in {one.attributes.get("href") for one in page.everything()}


def test_gas_is_listed_by_kind_with_its_sum():
    rows = section(usual_page(), "ledger").all("table")[0].rows()[1:]
    assert rows[0][:4] == ["deploy", "3", "3,000,000", "1,000,000"]
    assert rows[1][:4] == ["publish run", "1", "108,678", "108,678"]
    assert rows[2][:3] == ["all", "4", "3,108,678"]


def test_gas_of_a_kind_without_a_count_is_not_divided():
    rows = section(page_of(transactions={}), "ledger").all("table")[0].rows()[1:]
    assert rows[0][1:4] == ["0", "3,000,000", "\N{EN DASH}"]


def test_a_month_without_activation():
    page = parsed(render(month.without_activation()))
    tiles = tile_texts(page)
    assert tiles["Delivered"] == "0.0 kWh \N{EN DASH} of what was ordered"
    assert tiles["Paid to prosumers"] == "0.43 EUR nothing delivered"
    assert "No site was activated in this month." in section(page, "sites").text
    assert not section(page, "sites").all("figure")
    assert len(section(page, "points").all("figure")) == 3


def test_a_month_in_which_nothing_happened_at_all():
    page = page_of(
        points=(), site_days=(), statements=(), refusals=(), gas_used={}, transactions={}, paid=0
    )
    assert not page.all("figure")
    assert "No statement was settled in this month." in section(page, "money").text
    assert "No forgery was attempted in this run." in section(page, "forgeries").text
    assert "No transaction was sent in this run." in section(page, "ledger").text
    assert tile_texts(page)["Forgeries refused"] == "0 none attempted"


def test_a_month_of_one_day():
    point = month.congested()
    day = replace(
        point,
        before_w=point.before_w[month.SUNDAY],
        after_w=point.after_w[month.SUNDAY],
        ordered_w=point.ordered_w[month.SUNDAY],
    )
    page = page_of(first_date="2027-03-28", last_date="2027-03-28", points=(day,))
    assert len(section(page, "points").all("figure")) == 2


HOSTILE = "<script>alert('x')</script>\"><svg onload=x> & $\\frac{$ \N{CJK UNIFIED IDEOGRAPH-96FB}"


def hostile_outcome() -> Outcome:
    statement = replace(month.STATEMENTS[0], site_id=HOSTILE, agreement=HOSTILE)
    return month.outcome(
        points=(replace(month.congested(), name=HOSTILE),),
        site_days=(replace(month.site_day(), site_id=HOSTILE, agreement=HOSTILE),),
        statements=(statement,),
        refusals=(Refusal(HOSTILE, HOSTILE, HOSTILE),),
        gas_used={HOSTILE: 1},
        transactions={HOSTILE: 1},
    )


def test_hostile_text_stays_text():
    page = parsed(render(hostile_outcome()))
    assert not page.all("script")
    assert not any("onload" in one.attributes for one in page.everything())
    shown = " ".join(HOSTILE.split())
    assert page.by_id("forgeries").all("table")[0].rows()[1] == [shown] * 3
    assert shown in page.by_id("statements").text
    assert any(shown == one.text for one in page.by_id("money").all("text"))
    assert any(shown in (one.attributes.get("aria-label") or "") for one in page.all("svg"))


@pytest.mark.parametrize("name", ["before_w", "after_w", "ordered_w"])
def test_a_series_that_does_not_fit_the_dates_is_refused(name: str):
    point = replace(month.congested(), **{name: np.zeros(288, dtype=np.int64)})
    with pytest.raises(UnfitOutcome, match=f"LV1 {name}: 288 ISPs, expected 284 from 2027-03-27"):
        render(month.outcome(points=(point,)))
