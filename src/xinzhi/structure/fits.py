"""How well two profiles fit, and how well they would by chance: the families behind ``fusion``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from xinzhi.core.labels import Floats
from xinzhi.core.methods import Family

Fit: TypeAlias = Callable[[Floats, Floats], Floats]

_AT_ONCE = 4_000_000  # cells of intermediate arrays held at a time, 32 MB

fits = Family(
    "fit",
    zh="契合度",
    about="f(a: (…, field), b: (…, field)) -> (…,): how alike two profiles are; both are shares of one whole, none "
    "negative, and broadcast.",
)

fit_nulls = Family(
    "fit-null",
    zh="契合度零模型",
    about="f(wanted: (region, field) profiles, actual: (region, field) amounts, fit, rng, draws) -> (draw, region): "
    "how well they fit by chance; fit(wanted, amounts) broadcasts, and every region has a total above 0.",
)


@fits.add("cosine", zh="余弦相似度", cite="Salton, McGill 1983; Jaffe 1986")
def cosine(a: Floats, b: Floats) -> Floats:
    """The cosine of the angle between two profiles: 1 where they are the same, 0 where they share no field."""
    lengths = np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
    return np.asarray(np.einsum("...f,...f->...", a, b) / lengths)


@fits.add("overlap", zh="重合度（1 − ½L1）", cite="Krugman 1991; Schoener 1968")
def overlap(a: Floats, b: Floats) -> Floats:
    """The share that two profiles have in common: 1 less half the sum of absolute differences."""
    return np.asarray(1 - np.abs(a - b).sum(axis=-1) / 2)


@fit_nulls.add("exchange", zh="地区置换", cite="Fisher 1935; Good 2005")
def exchange(wanted: Floats, actual: Floats, fit: Fit, rng: np.random.Generator, draws: int) -> Floats:
    """Actual profiles dealt out to regions anew: a region may fit its own source better than others would.

    Every region's mix is kept as it is. Regions of few counts fit less by noise alone, which this does not hold
    against the others; ``multinomial`` does.
    """
    regions = len(actual)
    between = np.concatenate([fit(wanted[span, None], actual[None]) for span in portions(regions, actual.size)])
    dealt = rng.permuted(np.broadcast_to(np.arange(regions), (draws, regions)), axis=1)
    return np.asarray(between[np.arange(regions), dealt])


@fit_nulls.add("multinomial", zh="多项分布（保持总量）", cite="definition")
def multinomial(wanted: Floats, actual: Floats, fit: Fit, rng: np.random.Generator, draws: int) -> Floats:
    """Each region's total drawn from the mix of all regions: it may fit better than an average mix of its size.

    Keeps the total of every region, and of every field on average. Totals are rounded to whole numbers, at least 1.
    In regions of large counts chance hardly varies, so that small differences tell; and since regions specialise, most
    of them lie further from what they carry than an average mix does.
    """
    mix = actual.sum(axis=0) / actual.sum()
    counts = np.maximum(np.round(actual.sum(axis=1)), 1).astype(np.int64)
    made = [
        fit(wanted, rng.multinomial(counts, mix, size=(span.stop - span.start, len(counts))).astype(float))
        for span in portions(draws, actual.size)
    ]
    return np.concatenate(made)


def shares_of(amounts: Floats) -> Floats:
    """Amounts (…, field) as shares of their total, which must be above 0."""
    return np.asarray(amounts / amounts.sum(axis=-1, keepdims=True))


def portions(count: int, cells: int) -> Iterator[slice]:
    """``count`` things of so many cells each, in portions that memory holds."""
    step = max(1, _AT_ONCE // max(cells, 1))
    return (slice(start, min(start + step, count)) for start in range(0, count, step))
