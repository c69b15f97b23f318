"""Choke points: activities in which a region depends on others, and on few of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record, digest
from xinzhi.structure.crossed import Crossed, needs_links, noted
from xinzhi.structure.links import Links


@dataclass(frozen=True, eq=False)
class ChokePoints:
    """What a region gets from elsewhere, of whom, and how that changes, activity by activity.

    ``table``: period, activity, total (all supply), foreign, domestic, ``dependency`` (foreign over total), ``hhi``
    (of the foreign sources, 1 is a single one), ``sources`` (1 / hhi, as many equal ones), ``top_source``,
    ``top_share`` (of the foreign supply), ``exposure`` (the top source's share of all supply: what would be missing
    without it), ``choke`` (dependency and hhi both reach their thresholds) and ``substitution`` (how much the domestic
    share has risen since the first period, in shares of one). Activities without any supply have no ratios.
    """

    home: str
    thresholds: tuple[float, float]
    table: pd.DataFrame
    notices: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """The whole table."""
        return self.table.copy()

    @property
    def worst(self) -> pd.DataFrame:
        """The choke points of the last period, those that hang most on one source first."""
        last = self.table[self.table["period"] == self.table["period"].iloc[-1]]
        chokes = pd.DataFrame(last[last["choke"]])
        return chokes.sort_values("exposure", ascending=False, kind="stable").reset_index(drop=True)

    def __repr__(self) -> str:
        last = self.table[self.table["period"] == self.table["period"].iloc[-1]]
        worst = self.worst
        dependency, hhi = self.thresholds
        lines = [
            f"ChokePoints of {self.home}: {len(worst)} of {len(last)} activities in {last['period'].iloc[0]} "
            f"(dependency ≥ {dependency:g}, HHI ≥ {hhi:g})"
        ]
        lines += [
            f"  {row['activity']}: {row['dependency']:.0%} from elsewhere, {row['top_share']:.0%} of it from "
            f"{row['top_source']}"
            for row in worst.head(3).to_dict("records")
        ]
        return "\n".join(lines)


def choke_points(supply: Links, home: str, *, dependency: float = 0.5, hhi: float = 0.4) -> ChokePoints:
    """Tell in what a region depends on others, and on few: the choke points.

    ``supply`` says how much of each activity (product, technology) comes from which region, for use in ``home``:
    imports by source, and home's own row what it makes for its own use (production less exports). Without that row all
    supply is foreign, which is told. A choke point reaches both thresholds, ``dependency`` on others and concentration
    ``hhi`` of the foreign sources; both are judgements, the defaults those of the European Commission's screening for
    strategic dependencies (SWD(2021) 352), which holds them against imports alone. Hirschman 1964 (the index).
    Raises ``MethodError``.
    """
    needs_links(supply)
    if not 0 <= dependency <= 1 or not 0 <= hhi <= 1:
        raise MethodError(
            Fault(
                "bad-threshold",
                f"dependency and hhi must lie between 0 and 1; found {dependency:g} and {hhi:g}.",
                f"dependency 与 hhi 须在 0 与 1 之间；实际为 {dependency:g} 与 {hhi:g}。",
            )
        )
    own = supply.regions == home
    foreign = supply.take(regions=np.flatnonzero(~own))
    if not len(foreign.regions):
        raise MethodError(
            Fault(
                "no-sources",
                f"there is no source besides {home} itself. Add what comes from elsewhere.",
                f"除 {home} 外没有其他来源。请补充外部来源。",
            )
        )
    notices: tuple[Fault, ...] = ()
    if not own.any():
        notices = (
            Fault(
                "no-domestic-supply",
                f"no row says what {home} makes itself, so all supply counts as foreign. Add its row to the table.",
                f"表中没有 {home} 自身供给的行，全部供给按外部来源计。请补充该行。",
                severity="warning",
            ),
        )
    domestic = np.stack([matrix.toarray()[own].sum(axis=0) for matrix in supply.values]).astype(float)
    tables = [
        _rows(foreign, at, domestic[at], dependency, hhi) | {"period": period}
        for at, period in enumerate(supply.periods)
    ]
    table = pd.concat([pd.DataFrame(one) for one in tables], ignore_index=True)
    share = (1 - table["dependency"].to_numpy()).reshape(len(supply.periods), -1)
    table["substitution"] = (share - share[0]).ravel()
    bare = np.asarray(table["total"].to_numpy().reshape(share.shape).sum(axis=0) == 0)
    notices += noted(
        "no-supply",
        supply.activities,
        bare,
        "nothing is supplied of {}; they have no dependency.",
        "以下活动没有任何供给，不计算依赖度：{}。",
    )
    return ChokePoints(
        home,
        (dependency, hhi),
        table[["period", *[name for name in table.columns if name != "period"]]],
        notices,
        Record(
            "choke-points",
            {"home": home, "dependency": dependency, "hhi": hhi},
            {"supply": digest("".join(Crossed.of(supply, at).digest for at in supply.periods))},
        ),
    )


def _rows(foreign: Links, at: int, domestic: Floats, dependency: float, hhi: float) -> dict[str, object]:
    amounts = foreign.values[at].toarray().astype(float)
    abroad = amounts.sum(axis=0)
    total = abroad + domestic
    shares = np.divide(amounts, abroad, out=np.zeros_like(amounts), where=abroad > 0)
    top = shares.argmax(axis=0)
    known = abroad > 0
    concentration = np.where(known, (shares**2).sum(axis=0), np.nan)
    ratio = np.divide(abroad, total, out=np.full(len(total), np.nan), where=total > 0)
    top_share = np.where(known, shares.max(axis=0), np.nan)
    edge = 1 - 1e-12  # what rounding puts below a threshold is at it
    return {
        "activity": foreign.activities,
        "total": total,
        "foreign": abroad,
        "domestic": domestic,
        "dependency": ratio,
        "hhi": concentration,
        "sources": 1 / concentration,
        "top_source": np.where(known, foreign.regions[top], ""),
        "top_share": top_share,
        "exposure": np.where(known, ratio * top_share, np.where(total > 0, 0.0, np.nan)),
        "choke": known & (ratio >= dependency * edge) & (concentration >= hhi * edge),
    }
