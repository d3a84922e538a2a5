"""Where a row of yes and no says yes."""

import numpy as np
from numpy.typing import NDArray


def runs(row: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """[begin, end) of each stretch of `True`, in order."""
    edges: list[int] = np.flatnonzero(np.diff(np.concatenate(([0], row.astype(np.int8), [0])))).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))
