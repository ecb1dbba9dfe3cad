"""slither over the contracts without mocks, compiled by the project's own compiler."""

import contextlib
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.analysis.finding import AnalysisError, Finding
from scripts.analysis.slither_types import correct_integer_types

TOOL = "slither"
SOLC_COMMAND = Path("scripts") / "solc_command.js"
_DECLARATION = re.compile(r"^(?:abstract\s+)?(?:contract|library|interface)\s+(\w+)", re.MULTILINE)
_NOT_ANALYSED = {"node_modules", "mocks"}


def run(root: Path) -> list[Finding]:
    """Return what slither's detectors find in the contracts of a checkout.

    Raises:
        AnalysisError: slither is missing, logged an error, or did not see a contract.
    """
    try:
        from crytic_compile import CryticCompile
        from crytic_compile.platform.exceptions import InvalidCompilation
        from crytic_compile.platform.solc_standard_json import SolcStandardJson
        from slither import Slither
        from slither.exceptions import SlitherException
    except ImportError as error:
        raise AnalysisError(f"{error}: use scripts/analyse") from None
    correct_integer_types()
    with contextlib.chdir(root / "contracts"), logged_errors() as errors:
        source = SolcStandardJson()
        source.add_source_files(sorted(str(file) for file in Path().glob("*.sol")))
        try:
            compiled = CryticCompile(
                source, solc=str(root / SOLC_COMMAND), solc_disable_warnings=True
            )
            slither = Slither(compiled)
            for detector in detectors():
                slither.register_detector(detector)
            results = [one for group in slither.run_detectors() for one in group]
        except (InvalidCompilation, SlitherException) as error:
            raise AnalysisError(f"slither: {error}") from None
    if errors:
        raise AnalysisError("slither logged errors:\n" + "\n".join(errors))
    unseen = sorted(declared(root / "contracts") - {one.name for one in slither.contracts})
    if unseen:
        raise AnalysisError(f"slither did not see {', '.join(unseen)}")
    return findings_of(results)


def detectors() -> list[type]:
    """Return all detectors that slither has."""
    from slither.detectors import all_detectors
    from slither.detectors.abstract_detector import AbstractDetector

    members = [getattr(all_detectors, name) for name in sorted(dir(all_detectors))]
    classes = [one for one in members if isinstance(one, type)]
    return [one for one in classes if issubclass(one, AbstractDetector)]


@contextlib.contextmanager
def logged_errors() -> Iterator[list[str]]:
    """Collect what is logged as an error: slither goes on after one, and finds less."""
    errors: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            errors.append(f"{record.name}: {record.getMessage()}")

    keep = Keep(logging.ERROR)
    logging.getLogger().addHandler(keep)
    try:
        yield errors
    finally:
        logging.getLogger().removeHandler(keep)


def declared(folder: Path) -> set[str]:
    """Return the names of all contracts that slither has to see."""
    files = (
        file
        for file in folder.rglob("*.sol")
        if not _NOT_ANALYSED & set(file.relative_to(folder).parts)
    )
    return {name for file in files for name in _DECLARATION.findall(file.read_text())}


def findings_of(results: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Turn slither's results into findings; those of packages are theirs."""
    found = []
    for result in results:
        place = place_of(result["elements"])
        if place is not None:
            found.append(Finding(TOOL, result["check"], place))
    return found


def place_of(elements: Sequence[Mapping[str, Any]]) -> str | None:
    """Return where a result belongs, None if that is a package.

    That is the first element. Only version pragmas come in any order, and belong to all files.
    """
    if not elements:
        return "the whole"
    if elements[0]["type"] == "pragma":
        return "all files" if any(map(is_own, elements)) else None
    return name_of(elements[0]) if is_own(elements[0]) else None


def is_own(element: Mapping[str, Any]) -> bool:
    """Tell whether an element stands in a file that is no package's."""
    file: str = element["source_mapping"]["filename_relative"]
    return "node_modules" not in Path(file).parts


def name_of(element: Mapping[str, Any]) -> str:
    """Return the names from the contract down to an element, joined by dots."""
    names = [element["name"]]
    parent = element.get("type_specific_fields", {}).get("parent")
    while parent:
        names.insert(0, parent["name"])
        parent = parent.get("type_specific_fields", {}).get("parent")
    return ".".join(names)
