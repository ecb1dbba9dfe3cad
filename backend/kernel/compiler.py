"""Whether Numba is there, and how functions are compiled with it."""

from functools import lru_cache
from importlib.util import find_spec


@lru_cache(maxsize=1)
def has_numba() -> bool:
    """Tell whether the optional compiler is installed; without it NumPy does the same work."""
    return find_spec("numba") is not None
