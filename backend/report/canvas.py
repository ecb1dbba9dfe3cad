"""What all drawings share: style, size, and the way from a figure into a page."""

import io
import warnings
from contextlib import AbstractContextManager
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from backend.report.svg import inline_svg

WIDE, HALF, NARROW = 880, 440, 440
"""Widths in px at which lettering has its size: across the page, in two columns, on a phone."""

_STYLE: dict[Any, Any] = {
    "font.size": 11,
    "text.parse_math": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "report",
    "axes.edgecolor": "#b8bfc8",
    "axes.labelcolor": "#3b4552",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#e6e9ed",
    "xtick.color": "#b8bfc8",
    "ytick.color": "#b8bfc8",
    "xtick.labelcolor": "#3b4552",
    "ytick.labelcolor": "#3b4552",
    "lines.solid_joinstyle": "miter",
    "path.simplify_threshold": 0.2,
}


def style() -> AbstractContextManager[None]:
    """Return the context in which a figure is made and saved."""
    return mpl.rc_context(_STYLE)


def empty_figure(width_px: int, height_px: int) -> Figure:
    """Return an empty figure; an SVG counts 72 units to the inch, so that one unit is one px."""
    return Figure(figsize=(width_px / 72, height_px / 72), layout="constrained")


def as_svg(figure: Figure, name: str, label: str) -> str:
    """Return a figure as an element of a page.

    Args:
        figure: what was drawn.
        name: unique on the page.
        label: text for those who do not see the drawing.
    """
    stream = io.StringIO()
    with warnings.catch_warnings():
        # The browser's fonts draw the lettering; matplotlib's own may lack a letter of a name.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(
            stream,
            format="svg",
            transparent=True,
            metadata=dict.fromkeys(("Date", "Format", "Type", "Creator")),
        )
    return inline_svg(stream.getvalue(), name, label)
