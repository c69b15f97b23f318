"""Which groups of regions a study's inequality is split by: the study's own, else those of its gazetteer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.specs import Text
from xinzhi.data.regions import gazetteer
from xinzhi.measure.result import Index
from xinzhi.study.vary.setting import Grouped, Setting

if TYPE_CHECKING:
    from xinzhi.study.reading import Study

# More groups than this have too few regions each to say anything of what is inside them.
MOST_GROUPS = 12
# Whose division of the country into four a gazetteer's groups are; Hong Kong, Macao and Taiwan stand outside it.
_SOURCES = {
    ("china-provinces", "zone"): Text(
        en="the four regions of the National Bureau of Statistics of China (2011)",
        zh="国家统计局《东西中部和东北地区划分方法》（2011 年）的四大区域",
    ),
    ("us-states", "zone"): Text(
        en="the four regions of the United States Census Bureau", zh="美国人口普查局划分的四大区域"
    ),
}


@dataclass(frozen=True, eq=False)
class Grouping:
    """Groups of regions: ``column`` they come from, their names, each region's ``codes``, and whose they are."""

    column: str
    names: tuple[Text, ...]
    codes: npt.NDArray[np.intp]
    source: Text | None

    def labels(self, index: Index) -> dict[str, str]:
        """Each region's group, by one label that has both languages."""
        return {str(region): self.label(at) for region, at in zip(index.regions, self.codes, strict=True)}

    def label(self, at: int) -> str:
        """One label of a group for both languages."""
        name = self.names[at]
        return name.zh if name.zh == name.en else f"{name.zh} {name.en}"


def grouping_of(study: Study, index: Index) -> tuple[Grouping | None, tuple[Fault, ...]]:
    """The first column of groups in which every region has one, and why those before it were passed over.

    Columns that the study's sources call groups come before those of its gazetteer.
    """
    book = study.spec.study.regions
    setting = Setting(index.regions, index.times, index.about_region)
    own = [column for source in study.spec.source for column in source.groups]
    catalogued = [column for column in gazetteer(book).groups if not column.endswith(("_en", "_zh"))]
    passed: list[Fault] = []
    for column in dict.fromkeys([*own, *catalogued]):
        try:
            found = setting.groups(column, whole=True)
        except MethodError as error:
            passed += error.faults
            continue
        if len(found.names) <= min(MOST_GROUPS, len(index.regions) // 2):
            cited = column not in own and len(found.names) <= 4 and _as_catalogued(index, column, found, book)
            source = _SOURCES.get((book, column)) if cited else None
            return Grouping(column, found.names, found.codes, source), ()
        passed.append(
            Fault(
                "too-many-groups",
                f"'{column}' has {len(found.names)} groups of {len(index.regions)} regions: too many to tell what is "
                f"within from what is between. At most {MOST_GROUPS}, of two regions or more each.",
                f"“{column}”将 {len(index.regions)} 个地区分为 {len(found.names)} 组，过多，无法区分组内与组间差距。"
                f"至多 {MOST_GROUPS} 组，平均每组至少两个地区。",
            )
        )
    return None, tuple(passed)


def _as_catalogued(index: Index, column: str, found: Grouped, book: str) -> bool:
    """Whether every region's group is the one that the gazetteer puts it in."""
    regions = gazetteer(book).regions
    return all(
        str(region) in regions and regions[str(region)].groups.get(column) == found.names[at].zh
        for region, at in zip(index.regions, found.codes, strict=True)
    )
