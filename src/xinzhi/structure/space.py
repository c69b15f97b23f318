"""What lies within a region's reach, all at once: how near activities are, density, and what that is worth.

``density`` and ``outlook`` each add up the same rows of relatedness; here they are read once for both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from xinzhi.structure.crossed import Crossed, aligned, held, per_label
from xinzhi.structure.density import Density, as_density, as_share, densities, refuse_negative
from xinzhi.structure.links import Period
from xinzhi.structure.outlook import Gain, Outlook, Scale, as_gain, as_outlook, outlook_index, worth_near
from xinzhi.structure.relatedness import Relatedness, relatedness
from xinzhi.structure.squares import taken, times_twice


@dataclass(frozen=True, eq=False)
class Space:
    """How near activities are to one another, how near each lies to regions, and what lies within their reach."""

    relatedness: Relatedness
    density: Density
    outlook: Outlook

    def __repr__(self) -> str:
        return "\n".join(map(repr, (self.relatedness, self.density, self.outlook)))


def space(
    links: Any,
    complexity: Any,
    near: Relatedness | str | Callable[..., Any] = "min-probability",
    *,
    gain: Gain = "hausmann-2014",
    scale: Scale = "raw",
    period: Period | None = None,
) -> Space:
    """Relatedness, its density and the complexity outlook of the same links, at about half the price of each alone.

    ``links`` is region × activity, who has what; ``complexity`` one number for every activity; ``near`` a
    ``Relatedness`` or the name of a method. The results are those of ``relatedness``, of ``density`` by ``share`` among
    all, and of ``outlook``, but for rounding, and are described there. Raises ``MethodError``.
    """
    crossed = Crossed.of(links, period)
    mutual = near if isinstance(near, Relatedness) else relatedness(crossed, near)
    pci = per_label(complexity, crossed.activities, "complexity", "复杂度")
    at = aligned(mutual.activities, crossed.activities, "the relatedness", "关联度矩阵")
    phi = taken(mutual.matrix, at)
    refuse_negative(phi)
    has = held(crossed.matrix)
    worth = worth_near(phi, pci)
    plain, weighed = times_twice(has, phi, worth)
    shares = as_share(plain, phi)
    index = outlook_index(has, shares, pci, scale=scale)
    gains = as_gain(weighed, has, shares, phi, pci, worth, convention=gain)
    around = as_density(crossed, mutual, densities.find("share"), shares, "all", {"period": period}, {})
    settings = {"gain": gain, "scale": scale, "period": period}
    return Space(mutual, around, as_outlook(crossed, around, pci, index, gains, settings))
