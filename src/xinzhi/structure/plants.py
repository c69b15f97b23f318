"""Whether plants of an activity lie closer together than plants thrown at a map: what Ellison and Glaeser ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, Floats
from xinzhi.core.results import Record, digest
from xinzhi.structure.crossed import ACTIVITY, noted, one_of
from xinzhi.structure.squares import Ints

Estimator = Literal["ellison-glaeser", "maurel-sedillot"]
SIZE = "size"


@dataclass(frozen=True, eq=False)
class Agglomeration:
    """How far the plants of each activity lie together beyond chance and beyond their own sizes.

    ``table`` has one row an activity: ``plants``, ``size``, ``concentration`` G of its sizes over regions,
    ``herfindahl`` H of plants, ``gamma``. Missing where an activity has one plant only.
    """

    estimator: Estimator
    table: pd.DataFrame
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """Rows: activity, plants, size, concentration, herfindahl, gamma."""
        return self.table.copy()

    def __repr__(self) -> str:
        known = self.table.dropna(subset="gamma").sort_values("gamma", ascending=False)
        shown = ", ".join(f"{row.activity} {row.gamma:.4f}" for row in known.head(3).itertuples())
        return "\n".join(
            [
                f"Agglomeration: {self.estimator}, {len(self.table)} activities, {self.table['plants'].sum()} plants",
                f"  most: {shown}",
                f"  missing: {int(self.table['gamma'].isna().sum())}",
            ]
        )


def agglomeration(plants: pd.DataFrame, *, estimator: Estimator = "ellison-glaeser") -> Agglomeration:
    """Tell how far the plants of an activity lie together, beyond what few large plants and chance make of it.

    ``plants`` has one row a plant: region, activity, size (employees). The index is 0 where plants choose regions at
    random in proportion to all plants' sizes there, and 1 where all lie together; below 0.02 is called little, above
    0.05 much. Ellison, Glaeser 1997, Journal of Political Economy 105: 889, equation 5; Maurel, Sédillot 1999, RSUE 29:
    575 hold squared shares against squared shares instead. Plants of size 0 do not count. Raises ``MethodError``.
    """
    one_of("estimator", estimator, Estimator)
    rows = _checked(plants)
    regions, region_names = pd.factorize(rows[REGION].astype(str), sort=True)
    activities, names = pd.factorize(rows[ACTIVITY].astype(str), sort=True)
    size = rows[SIZE].to_numpy(dtype=float)
    g, h, gamma = gammas(regions, activities, size, (len(region_names), len(names)), estimator=estimator)
    labels = np.asarray(names, dtype=object)
    table = pd.DataFrame(
        {
            ACTIVITY: labels,
            "plants": np.bincount(activities, minlength=len(names)),
            SIZE: np.bincount(activities, weights=size, minlength=len(names)),
            "concentration": g,
            "herfindahl": h,
            "gamma": gamma,
        }
    )
    notes = noted(
        "one-plant",
        labels,
        np.isnan(gamma),
        "{} have one plant only, or everything lies in one region; whether they lie together cannot be told.",
        "以下活动仅有一家企业，或全部企业位于同一地区，无法判断是否集聚：{}。",
    )
    seen = digest(
        pd.util.hash_pandas_object(rows[[REGION, ACTIVITY, SIZE]].astype(str), index=False).to_numpy().tobytes()
    )
    return Agglomeration(estimator, table, notes, Record("agglomeration", {"estimator": estimator}, {"plants": seen}))


def gammas(
    regions: Ints,
    activities: Ints,
    size: Floats,
    shape: tuple[int, int],
    *,
    estimator: Estimator = "ellison-glaeser",
) -> tuple[Floats, Floats, Floats]:
    """G, H and γ of each activity, from the region, activity and size of each plant; γ nan where H is 1."""
    amounts = np.zeros(shape)
    np.add.at(amounts, (regions, activities), size)
    whole = amounts.sum(axis=0)
    share = amounts / np.where(whole > 0, whole, np.nan)
    x = amounts.sum(axis=1) / amounts.sum()
    free = 1 - (x**2).sum()
    h = np.bincount(activities, weights=(size / whole[activities]) ** 2, minlength=shape[1]).astype(float)
    if estimator == "ellison-glaeser":
        g = ((share - x[:, None]) ** 2).sum(axis=0)
    else:
        g = (share**2).sum(axis=0) - (x**2).sum()
    alone = (np.bincount(activities, minlength=shape[1]) < 2) | (np.count_nonzero(x) < 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        gamma = (g / free - h) / (1 - h)
    return np.asarray(g), h, np.asarray(np.where(alone, np.nan, gamma))


def _checked(plants: pd.DataFrame) -> pd.DataFrame:
    """The plants that have a size. Raises ``MethodError`` with all that is wrong."""
    wanted = [REGION, ACTIVITY, SIZE]
    if not isinstance(plants, pd.DataFrame):
        raise MethodError(
            Fault(
                "not-a-table",
                f"plants are a pandas table, one row a plant; found {type(plants).__name__}.",
                f"企业数据须为 pandas 表格，每行一家企业；实际为 {type(plants).__name__}。",
            )
        )
    if absent := [name for name in wanted if name not in plants.columns]:
        raise MethodError(
            Fault(
                "no-column",
                f"plants need the columns region, activity and size, one row a plant; missing: {', '.join(absent)}. "
                "Totals by region are not enough: the index takes off what few large plants make of them.",
                f"企业数据须含 region、activity、size 三列，每行一家企业；缺少：{'、'.join(absent)}。"
                "仅有地区合计不够：该指数须剔除少数大企业的影响。",
            )
        )
    size = pd.to_numeric(plants[SIZE], errors="coerce").to_numpy(dtype=float)
    bad = ~(np.isfinite(size) & (size >= 0))
    unnamed = plants[[REGION, ACTIVITY]].isna().any(axis=1).to_numpy()
    faults = [
        Fault(code, en.format(n), zh.format(n))
        for n, code, en, zh in (
            (
                int(bad.sum()),
                "bad-value",
                "{} plants have a size that is missing, infinite or negative.",
                "有 {} 家企业的规模缺失、无穷或为负。",
            ),
            (
                int(unnamed.sum()),
                "no-label",
                "{} plants have no region or no activity.",
                "有 {} 家企业缺少地区或活动。",
            ),
        )
        if n
    ]
    if not faults and not size.sum() > 0:
        faults = [Fault("no-plants", "no plant has a size above 0.", "没有规模大于 0 的企业。")]
    if faults:
        raise MethodError(faults)
    kept = plants.loc[size > 0, wanted].copy()
    kept[SIZE] = size[size > 0]
    return kept
