"""The written rules, and the hash by which terms and runs name them."""

from functools import lru_cache
from importlib.resources import files

from settlement.keccak import keccak256

RULE_SET_FILE = "rule_set_1.md"


@lru_cache(maxsize=1)
def rule_set_1() -> bytes:
    """Return the keccak-256 of the text of rule set 1 as shipped with this package."""
    return keccak256(files("settlement").joinpath(RULE_SET_FILE).read_bytes())
