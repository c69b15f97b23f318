"""Ways to split the growth of regions' industries into shares and shifts.

``b`` is what a region's industry has at the start and ``r`` its growth rate; ``r_industry`` and ``r_all`` are those of
the industry and of everything in the reference. An industry's homothetic size is what it would have if the region's
total were spread over industries as the reference's is.
"""

from __future__ import annotations

import numpy as np

from xinzhi.core.labels import Floats
from xinzhi.core.methods import Family
from xinzhi.core.specs import Text

shift_shares = Family(
    "shift-share",
    zh="偏离份额法",
    about="f(own: (series, year), reference: (series, year) of each series' industry, all: (year,), "
    "total: (series, year) of each series' region, *, options) -> {part: (series,)}, nan where a part is not defined.",
)

PARTS: dict[str, Text] = {
    "national": Text(en="national share", zh="份额分量"),
    "mix": Text(en="industry mix", zh="结构分量"),
    "competitive": Text(en="regional shift", zh="竞争力分量"),
    "allocation": Text(en="allocation", zh="配置分量"),
    "specialisation": Text(en="specialisation", zh="专业化分量"),
    "entry": Text(en="entry", zh="进入分量"),
    "national-homothetic": Text(en="homothetic national share", zh="同位份额分量"),
    "national-differential": Text(en="differential national share", zh="份额差异分量"),
    "mix-homothetic": Text(en="homothetic industry mix", zh="同位结构分量"),
    "mix-differential": Text(en="differential industry mix", zh="结构差异分量"),
    "region-homothetic": Text(en="homothetic regional growth", zh="同位区域增长分量"),
    "region-differential": Text(en="differential regional growth", zh="区域增长差异分量"),
    "region-mix-homothetic": Text(en="homothetic regional industry mix", zh="同位区域结构分量"),
    "region-mix-differential": Text(en="differential regional industry mix", zh="区域结构差异分量"),
}
"""What growth is split into. A part that a homothetic method adds says what it is held at: the size the industry would
have at the reference's mix (homothetic, 同位), or what the region has beyond it (differential, 差异)."""


@shift_shares.add("classical", zh="经典偏离份额法", cite="Dunn 1960")
def classical(own: Floats, reference: Floats, everything: Floats, total: Floats) -> dict[str, Floats]:
    """National share b r_all, industry mix b (r_industry - r_all), regional shift: what is left.

    The shift is taken as the end less b (1 + r_industry), so that an industry new to the region counts in it whole.
    """
    start, end = own[:, 0], own[:, -1]
    industry, whole = _rate(reference), _rate(everything)
    return {
        "national": start * whole,
        "mix": start * (industry - whole),
        "competitive": end - start * (1 + industry),
    }


@shift_shares.add("dynamic", zh="动态偏离份额法", cite="Barff, Knight 1988")
def dynamic(own: Floats, reference: Floats, everything: Floats, total: Floats) -> dict[str, Floats]:
    """The classical parts of each step from year to year, added up, so that mix and rates stay up to date.

    An industry that the reference takes up on the way has no rate in that year: that step counts as entry.
    """
    parts = {name: np.zeros(len(own)) for name in ("national", "mix", "competitive", "entry")}
    for at in range(own.shape[1] - 1):
        step = slice(at, at + 2)
        found = classical(own[:, step], reference[:, step], everything[step], total[:, step])
        told = np.isfinite(found["mix"])
        for name, of in found.items():
            parts[name] += np.where(told, of, 0.0)
        parts["entry"] += np.where(told, 0.0, own[:, at + 1] - own[:, at])
    return parts


@shift_shares.add("esteban-marquillas", zh="埃斯特班－马奎拉斯模型", cite="Esteban-Marquillas 1972")
def esteban_marquillas(own: Floats, reference: Floats, everything: Floats, total: Floats) -> dict[str, Floats]:
    """The regional shift of an industry of homothetic size, and what is due to being specialised in it (allocation)."""
    start, homothetic = own[:, 0], _homothetic(reference, everything, total)
    rate, industry, whole = _rate(own), _rate(reference), _rate(everything)
    return {
        "national": start * whole,
        "mix": start * (industry - whole),
        "competitive": homothetic * (rate - industry),
        "allocation": (start - homothetic) * (rate - industry),
    }


@shift_shares.add("homothetic", zh="同位偏离份额法", cite="Esteban-Marquillas 1972; Keil 1992")
def homothetic(own: Floats, reference: Floats, everything: Floats, total: Floats) -> dict[str, Floats]:
    """All three classical parts of an industry of homothetic size, and what specialisation adds to them.

    Without entries, the mix of a region of homothetic size adds up to nothing: all structure is in specialisation.
    """
    start, size = own[:, 0], _homothetic(reference, everything, total)
    rate, industry, whole = _rate(own), _rate(reference), _rate(everything)
    return {
        "national": size * whole,
        "mix": size * (industry - whole),
        "competitive": size * (rate - industry),
        "specialisation": (start - size) * rate,
    }


@shift_shares.add("arcelus", zh="阿塞勒斯扩展模型", cite="Arcelus 1984")
def arcelus(own: Floats, reference: Floats, everything: Floats, total: Floats) -> dict[str, Floats]:
    """National share, mix, regional growth and regional mix, each at homothetic size and beyond it: eight parts.

    Regional growth is that of the region's total above the reference's; regional mix, that of the industry within its
    region above that of the industry within the reference.
    """
    start, size = own[:, 0], _homothetic(reference, everything, total)
    rate, industry, whole, region = _rate(own), _rate(reference), _rate(everything), _rate(total)
    rates = {
        "national": np.broadcast_to(whole, start.shape),
        "mix": industry - whole,
        "region": region - whole,
        "region-mix": (rate - region) - (industry - whole),
    }
    parts = {f"{name}-homothetic": size * of for name, of in rates.items()}
    return parts | {f"{name}-differential": (start - size) * of for name, of in rates.items()}


def _rate(levels: Floats) -> Floats:
    """Growth from the first year (last axis) to the last; nan from nothing."""
    first, last = levels[..., 0], levels[..., -1]
    rate: Floats = np.divide(last - first, first, out=np.full(np.shape(first), np.nan), where=first > 0)
    return rate


def _homothetic(reference: Floats, everything: Floats, total: Floats) -> Floats:
    """What each industry would have at the reference's mix; nan where there was nothing in the reference."""
    if everything[0] <= 0:
        return np.full(len(total), np.nan)
    size: Floats = total[:, 0] * reference[:, 0] / everything[0]
    return size
