"""The benchmark's tables as Markdown and as a chart."""

from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True, slots=True)
class Report:
    """All comparisons of a run."""

    tables: list[Table]

    def as_markdown(self) -> str:
        """Write the tables one after the other."""
        return "\n".join(as_markdown(table) for table in self.tables)


def _label(name: str) -> str:
    return _LABELS.get(name, name)


def as_markdown(table: Table) -> str:
    """Write a table with its title."""
    rules = ["---", *("---:" for _ in table.columns[1:])]
    rows = [(_label(row[0]), *row[1:]) for row in table.rows]
    lines = (" | ".join(cells) for cells in (table.columns, rules, *rows))
    return f"**{table.title}**\n\n" + "".join(f"| {line} |\n" for line in lines)


def write_report(report: Report, folder: Path) -> None:
    """Write `settlement_benchmark.md` and `.svg` into a folder."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    shown = [table for table in report.tables if "from files" in table.title]
    figure, axes = pyplot.subplots(
        len(shown), 1, figsize=(9, 2.4 * len(shown)), constrained_layout=True
    )
    for axis, table in zip(axes, shown, strict=True):
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
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "settlement_benchmark.svg", metadata={"Date": None})
    text = "# Settlement benchmark\n\nMade by `scripts/bench settlement --write docs`.\n\n"
    chart = "\n![CPU per agreement](settlement_benchmark.svg)\n"
    (folder / "settlement_benchmark.md").write_text(text + report.as_markdown() + chart)
