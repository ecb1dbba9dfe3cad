"""Templates and how they write numbers. The only module that uses Jinja."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from backend.report import wording

_FOLDER = Path(__file__).parent


def environment() -> Environment:
    """Return where pages are made; a name that a template does not get is an error."""
    found = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("number", "kilo", "eur", "percent", "words"):
        found.filters[name] = getattr(wording, name)
    found.globals.update(change=wording.change, counted=wording.counted)
    return found
