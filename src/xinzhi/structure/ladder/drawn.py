"""How much stands on rungs that are known with probabilities: expected sums by region, and between what they lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.specs import FaultyValue
from xinzhi.structure.ladder import _draw_kernels as kernels
from xinzhi.structure.ladder.rungs import RUNGS, TIME

if TYPE_CHECKING:
    from xinzhi.data.industries import Industries
    from xinzhi.structure.ladder.rungs import Ladder

DRAWS = 512
LEAST = 0.8  # of a region's size that has to stand on some rung before its shares are told


class Regions:
    """The runs of series that belong to each region; series come sorted by region."""

    def __init__(self, industries: Industries) -> None:
        region = industries.values["region"].values.astype(str)
        new = np.ones(len(region), dtype=bool)
        new[1:] = region[1:] != region[:-1]
        self.starts = np.flatnonzero(new)
        self.ends = np.append(self.starts[1:], len(region))
        self.of = np.cumsum(new) - 1
        self.names = region[self.starts]

    def total(self, cells: Floats) -> Floats:
        """Each region's sum over the first axis of what is known."""
        summed: Floats = np.add.reduceat(np.where(np.isnan(cells), 0.0, cells), self.starts, axis=0)
        return summed

    def draws(self, chances: Floats, weights: Floats, seed: int) -> Iterator[Floats]:
        """Region by region, what groups add up to in each draw: (time, group, amount, draw).

        ``chances`` is (series, time, group), ``weights`` (amount, series, time). Industries are drawn independently of
        one another, but an industry by the same number in all years: where a threshold lies is as open this year as
        next. Each number is spread evenly over the draws (a Latin hypercube).
        """
        chances, weights = np.ascontiguousarray(chances), np.ascontiguousarray(weights)
        for at, (begin, end) in enumerate(zip(self.starts, self.ends, strict=True)):
            rng = np.random.default_rng([seed, at])
            even = np.repeat((np.arange(DRAWS)[None] + 0.5) / DRAWS, end - begin, axis=0)
            out = np.zeros((chances.shape[1], chances.shape[2], len(weights), DRAWS))
            kernels.sums(begin, end, chances, weights, rng.permuted(even, axis=1), out)
            yield out


def between(drawn: Floats, expected: Floats, level: float) -> tuple[Floats, Floats]:
    """The central interval of ``level`` over the draws (last axis), wide enough to hold what is expected.

    Its ends are draws, (1 - level) / 2 of them beyond each: what is counted stays whole.
    """
    many = drawn.shape[-1]
    beyond = min(int(many * (1 - level) / 2), (many - 1) // 2)
    ordered = np.partition(drawn, (beyond, many - 1 - beyond), axis=-1)
    return np.fmin(ordered[..., beyond], expected), np.fmax(ordered[..., many - 1 - beyond], expected)


def matched(ladder: Ladder, industries: Industries) -> Floats:
    """The probabilities, (series, time, rung), if ladder and industries have the same series and years.

    Raises ``MethodError`` where they do not.
    """
    placed, values = ladder.probability, industries.values
    same = placed.shape[:2] == values.shape[:2] and all(
        (placed[name].values.astype(str) == values[name].values.astype(str)).all()
        for name in ("region", "industry", TIME)
    )
    if not same:
        raise MethodError(
            Fault(
                "other-industries",
                "the ladder was not made from these industries: their series or years differ. Give the industries "
                "that `ladder(...)` was given.",
                "该阶梯并非由这些产业数据得出：序列或年份不一致。请给出 ladder(...) 所用的产业数据。",
            )
        )
    return placed.values


def well_placed(chances: Floats, cells: Floats, regions: Regions, least: float) -> tuple[Floats, Floats, Floats]:
    """Chances and amounts where at least a share of the region's amount stands on some rung, and that share.

    What stands on rungs while most does not says nothing of the region: in the first years of a table only the newest
    industries may be placed. Raises ``MethodError`` for a share that is none.
    """
    if not 0 <= least <= 1:
        raise FaultyValue(
            "bad-option",
            f"`least` is a share between 0 and 1; found {least!r}.",
            f"least 须为 0 与 1 之间的比重；实际为 {least!r}。",
        )
    placed = np.isfinite(chances[..., 0])
    whole = regions.total(cells)
    held = regions.total(np.where(placed, cells, np.nan))
    share = np.divide(held, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    placed = placed & (share >= least - 1e-12)[regions.of]
    return np.where(placed[..., None], chances, np.nan), np.where(placed, cells, np.nan), share


def checked_rungs(option: str, rungs: Sequence[str]) -> tuple[int, ...]:
    """The places of some rungs. Raises ``MethodError`` for none at all, or one that there is not."""
    wrong = [repr(rung) for rung in rungs if rung not in RUNGS] if not isinstance(rungs, str) else [repr(rungs)]
    if wrong or not len(rungs):
        raise FaultyValue(
            "bad-option",
            f"`{option}` takes a list of rungs ({', '.join(RUNGS)}); found {', '.join(wrong) or 'none'}.",
            f"{option} 须为层级列表（{'、'.join(RUNGS)}）；实际为 {'、'.join(wrong) or '空'}。",
        )
    return tuple(RUNGS.index(rung) for rung in dict.fromkeys(rungs))  # type: ignore[arg-type]
