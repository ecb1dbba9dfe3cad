"""A rendered page as the elements, tables and texts that a reader gets."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})


@dataclass(slots=True)
class Element:
    """An element with its attributes, its own and its children's text, and its children."""

    tag: str
    attributes: dict[str, str | None]
    children: list["Element"] = field(default_factory=list)
    pieces: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text inside, blanks collapsed."""
        return " ".join(self._raw().split())

    def _raw(self) -> str:
        return "".join(p if isinstance(p, str) else p._raw() for p in self.pieces)

    def all(self, tag: str) -> list["Element"]:
        """All descendants of a kind, in order of appearance."""
        found = []
        for child in self.children:
            found += [child] if child.tag == tag else []
            found += child.all(tag)
        return found

    def everything(self) -> list["Element"]:
        """All descendants."""
        return [one for child in self.children for one in [child, *child.everything()]]

    def by_id(self, name: str) -> "Element":
        """The only descendant with this id."""
        (found,) = (one for one in self.everything() if one.attributes.get("id") == name)
        return found

    def rows(self) -> list[list[str]]:
        """The cells of a table's rows."""
        return [
            [cell.text for cell in row.children if cell.tag in ("td", "th")]
            for row in self.all("tr")
        ]


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("document", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        assert len(element.attributes) == len(attrs), f"{tag} has an attribute twice"
        self.open[-1].children.append(element)
        self.open[-1].pieces.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self.open[-1].tag == tag:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].pieces.append(data)


def parsed(text: str) -> Element:
    """Parse a page; every element that is opened must be closed."""
    builder = _Builder()
    builder.feed(text)
    builder.close()
    assert len(builder.open) == 1, f"<{builder.open[-1].tag}> is never closed"
    return builder.open[0]
