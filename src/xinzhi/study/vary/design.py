"""Points in the unit cube from which draws are made, and their arrangement for first-order and total effects."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats

# "factorial" is every combination of the options once, where all that varies has options to count.
Sampling = Literal["sobol", "latin-hypercube", "random", "factorial"]

INDEPENDENT = -1
# What scipy has direction numbers for.
_MOST_COLUMNS = 21_201


@dataclass(frozen=True)
class Design:
    """Points (draw, column), each in [0, 1), and the part every draw plays.

    The first ``independent`` draws are what intervals and probabilities are taken from. With effects they are the
    matrices A and B of ``independent / 2`` draws each, and A with one factor's columns from B follows once per factor:
    ``mixed`` is that factor, -1 for the independent draws. Saltelli et al. 2010, Computer Physics Communications
    181(2): 259, table 2 (A, B and A_B).
    """

    points: Floats
    independent: int
    mixed: npt.NDArray[np.int16]

    @property
    def factors(self) -> int:
        """How many factors were mixed; 0 where the design knows no effects."""
        return int(self.mixed.max(initial=INDEPENDENT)) + 1


def arrange(draws: int, groups: list[slice], sampling: Sampling, seed: int, *, effects: bool) -> Design:
    """``draws`` independent points, and with ``effects`` half as many again for every factor.

    ``groups`` are the columns of each factor. Equal arguments give equal points. Raises ``MethodError`` where the
    sequence has not that many columns.
    """
    width = max(group.stop for group in groups)
    if not effects:
        plain = points(draws, width, sampling, seed)
        return Design(plain, draws, np.full(draws, INDEPENDENT, dtype=np.int16))
    n = math.ceil(draws / 2)
    both = points(n, 2 * width, sampling, seed)
    a, b = both[:, :width], both[:, width:]
    blocks = [a, b]
    for group in groups:
        mixed = a.copy()
        mixed[:, group] = b[:, group]
        blocks.append(mixed)
    parts = np.repeat(np.arange(INDEPENDENT - 1, len(groups), dtype=np.int16), n)
    return Design(np.concatenate(blocks), 2 * n, np.maximum(parts, INDEPENDENT).astype(np.int16))


def points(n: int, width: int, sampling: Sampling, seed: int) -> Floats:
    """``n`` points in [0, 1) to the power ``width``: a scrambled Sobol sequence, a Latin hypercube, or at random."""
    from scipy.stats import qmc  # takes most of a second to load

    rng = np.random.default_rng(seed)
    if sampling == "random":
        return rng.random((n, width))
    if sampling == "latin-hypercube":
        return np.asarray(qmc.LatinHypercube(width, rng=rng).random(n))
    if width > _MOST_COLUMNS:
        raise MethodError(
            Fault(
                "too-many-columns",
                f"a Sobol sequence has at most {_MOST_COLUMNS} columns, {width} are needed. "
                'Use sampling = "latin-hypercube" or "random".',
                f"Sobol 序列至多 {_MOST_COLUMNS} 维，此处需要 {width} 维。"
                '请改用 sampling = "latin-hypercube" 或 "random"。',
            )
        )
    # The sequence is balanced over powers of two only, so it is drawn to the next one and cut.
    whole = qmc.Sobol(width, rng=rng).random_base2(max(0, math.ceil(math.log2(n))))
    return np.asarray(whole[:n])


def factorial(options: list[int]) -> Design:
    """Every combination of the options once, the first factor running fastest; each point mid-way in its bin."""
    grid = np.indices(tuple(reversed(options))).reshape(len(options), -1)[::-1].T
    n = len(grid)
    return Design((grid + 0.5) / np.array(options), n, np.full(n, INDEPENDENT, dtype=np.int16))


def binned(u: Floats, options: int) -> npt.NDArray[np.intp]:
    """Which of so many options a point in [0, 1) stands for.

    Bins are of equal width over [0, 1). R's COINr bins over the range of the sample instead, so that its bins
    move with the draws; that is a difference on purpose.
    """
    return np.minimum((u * options).astype(np.intp), options - 1)


def seeds(u: Floats, seed: int) -> npt.NDArray[np.int64]:
    """A seed for every draw of a factor that needs many random numbers, from its one column.

    The seed hangs on the point alone: where a mixed draw keeps a factor's point it keeps all its random numbers, so
    effects of such factors are those of the whole cloud, and it does not matter which worker makes the draw.
    """
    bits = (u * 2.0**53).astype(np.int64)
    return np.array(
        [np.random.SeedSequence((seed, int(one))).generate_state(1, np.uint64)[0] >> 1 for one in bits]
    ).astype(np.int64)
