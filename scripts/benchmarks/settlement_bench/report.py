"""The benchmark's tables as Markdown and as a chart."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

_STEM = "settlement_benchmark"
_KEPT = f"{_STEM}.json"
_LABELS = {
    "kernel_totals": "kernel, totals",
    "kernel_dense": "kernel, statements and root",
    "kernel_dense_numpy": "kernel, statements and root, without Numba",
    "kernel_month": "kernel, statements and root",
    "kernel_month_numpy": "kernel, statements and root, without Numba",
    "read_and_sum": "reading the blobs and summing them",
    "naive_arrays": "naive NumPy",
    "pandas": "pandas",
    "pandas_month": "plain pandas",
    "polars": "Polars",
    "duckdb": "DuckDB",
    "spark": "Spark, mapInArrow, the kernel's totals",
}


@dataclass(frozen=True, slots=True)
class Table:
    """One comparison; the first column names the contender."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


def _label(name: str) -> str:
    return _LABELS.get(name, name)


def as_markdown(table: Table) -> str:
    """Write a table with its title."""
    rules = ["---", *("---:" for _ in table.columns[1:])]
    rows = [(_label(row[0]), *row[1:]) for row in table.rows]
    lines = (" | ".join(cells) for cells in (table.columns, rules, *rows))
    return f"**{table.title}**\n\n" + "".join(f"| {line} |\n" for line in lines)


def keep_table(name: str, table: Table, folder: Path) -> None:
    """Keep a table under its name, so that tables can be measured one at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = _kept(folder)
    kept[name] = table
    text = json.dumps({key: asdict(one) for key, one in kept.items()}, indent=1)
    (folder / _KEPT).write_text(text + "\n")


def _kept(folder: Path) -> dict[str, Table]:
    path = folder / _KEPT
    read = json.loads(path.read_text()) if path.exists() else {}
    return {
        name: Table(one["title"], tuple(one["columns"]), [tuple(row) for row in one["rows"]])
        for name, one in read.items()
    }


def write_report(names: list[str], folder: Path) -> None:
    """Write the kept tables in this order as `settlement_benchmark.md` and `.svg`."""
    kept = _kept(folder)
    tables = [kept[name] for name in names if name in kept]
    drawn = [one for one in tables if "from files" in one.title]
    if drawn:
        _draw(drawn, folder / f"{_STEM}.svg")
    text = "# Settlement benchmark\n\nMade by `scripts/bench settlement --write docs`.\n\n"
    body = "\n".join(as_markdown(table) for table in tables)
    chart = f"\n![CPU per agreement]({_STEM}.svg)\n"
    (folder / f"{_STEM}.md").write_text(text + body + chart)


def _draw(tables: list[Table], target: Path) -> None:
    """Draw CPU per agreement, a panel for each table, at least one."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        len(tables), 1, figsize=(9, 2.4 * len(tables)), constrained_layout=True, squeeze=False
    )
    for axis, table in zip(axes[:, 0], tables, strict=True):
        names = [_label(row[0]) for row in reversed(table.rows)]
        each_us = [float(row[3]) for row in reversed(table.rows)]
        colours = ["#2a6f97" if name.startswith("kernel") else "#b0b8bf" for name in names]
        bars = axis.barh(names, each_us, color=colours)
        axis.bar_label(bars, fmt="%.3g", padding=3, fontsize=8)
        axis.set_xscale("log")
        axis.set_title(table.title, loc="left", fontsize=10)
        axis.set_xlabel("CPU microseconds per agreement", fontsize=8)
        axis.tick_params(labelsize=8)
        axis.margins(x=0.15)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(target, metadata={"Date": None})
