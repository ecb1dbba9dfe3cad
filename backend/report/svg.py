"""Drawings as parts of a page: an SVG file becomes an element that can stand beside others."""

import re
from html import escape

_BEFORE_ELEMENT = re.compile(r"^.*?(?=<svg\b)", re.DOTALL)
_OPENING_TAG = re.compile(r"<svg\b[^>]*>")
_VIEW_BOX = re.compile(r'viewBox="[^"]*"')
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ID = re.compile(r'\bid="([^"]*)"')
_REFERENCE = re.compile(r'(?:xlink:)?href="#([^"]*)"|url\(#([^)]*)\)')
_PATH = re.compile(r'\bd="([^"]*)"')
_LONG_FRACTION = re.compile(r"(\d+\.\d{2})\d+")
_BLANKS = re.compile(r"\s+")


def inline_svg(file_text: str, name: str, label: str) -> str:
    """Turn an SVG file into an element of a page.

    What only a file needs is dropped (prolog, comments, namespaces, fixed size). Identifiers get
    `name` in front, as several drawings share the page's; those that nothing refers to go. Paths
    keep two decimals of a pixel.

    Args:
        file_text: a whole SVG file.
        name: unique on the page, a valid start of an identifier.
        label: what the drawing shows, for those who do not see it.

    Returns:
        An `svg` element as wide as its container.
    """
    text = _BEFORE_ELEMENT.sub("", _COMMENT.sub("", file_text), count=1)
    view_box = _VIEW_BOX.search(text)
    assert view_box is not None, "a drawing has a view box"
    opening = f'<svg {view_box[0]} role="img" aria-label="{escape(label)}">'
    text = _OPENING_TAG.sub(lambda _: opening, text, count=1)
    used = {one or other for one, other in _REFERENCE.findall(text)}
    text = _ID.sub(lambda m: f'id="{name}-{m[1]}"' if m[1] in used else "", text)
    text = _REFERENCE.sub(lambda m: _prefixed(m, name), text)
    return _PATH.sub(_shortened, text).strip()


def _prefixed(reference: re.Match[str], name: str) -> str:
    link, paint = reference.groups()
    return f'href="#{name}-{link}"' if link else f"url(#{name}-{paint})"


def _shortened(path: re.Match[str]) -> str:
    numbers = _LONG_FRACTION.sub(r"\1", path[1])
    return f'd="{_BLANKS.sub(" ", numbers).strip()}"'
