"""The one border where floats of solvers and forecasts become whole W."""

import numpy as np
import numpy.typing as npt

from flexmanager.errors import RangeError
from settlement.units import POWER_W_MAX

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def to_w(values_w: npt.ArrayLike, what: str) -> IntArray:
    """Round a series to whole W, half to even.

    Args:
        values_w: powers [W], any sign, any shape.
        what: name of the series, for the error.

    Returns:
        int64 array of the same shape, every value within +-(2^31 - 1).

    Raises:
        RangeError: a value is not finite or does not fit; names the first such position.
    """
    values = np.asarray(values_w, dtype=np.float64)
    rounded = np.rint(values)
    with np.errstate(invalid="ignore"):
        wrong = ~(np.abs(rounded) <= POWER_W_MAX)
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise RangeError(
            f"{what}, position {first}: {values.flat[first]} W is not recordable; "
            f"expected a number within +-{POWER_W_MAX} W"
        )
    return rounded.astype(np.int64)
