from backend.report.svg import inline_svg

FILE = """<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="9pt" viewBox="0 0 9 5" version="1.1">
<g id="figure_1"><!-- a < b -->
<path id="m1" d="M 0.123456 10
L 200.5 7.999999 "/>
<use xlink:href="#m1" clip-path="url(#p2)"/></g>
<defs><clipPath id="p2"><rect width="9.123456"/></clipPath></defs>
</svg>
"""


def test_only_the_drawing_is_left_and_it_scales():
    text = inline_svg(FILE, "day1", "a label")
    assert text.startswith('<svg viewBox="0 0 9 5" role="img" aria-label="a label">')
    assert text.endswith("</svg>")
    assert "http" not in text
    assert "<!" not in text


def test_identifiers_carry_the_name_and_references_follow():
    text = inline_svg(FILE, "day1", "")
    assert 'id="day1-m1"' in text
    assert ' href="#day1-m1"' in text
    assert 'id="day1-p2"' in text
    assert 'clip-path="url(#day1-p2)"' in text
    assert "figure_1" not in text


def test_paths_are_shortened_and_nothing_else():
    text = inline_svg(FILE, "day1", "")
    assert 'd="M 0.12 10 L 200.5 7.99"' in text
    assert 'width="9.123456"' in text


def test_the_label_is_escaped():
    text = inline_svg(FILE, "day1", '"> <script> & \\1')
    assert 'aria-label="&quot;&gt; &lt;script&gt; &amp; \\1"' in text
