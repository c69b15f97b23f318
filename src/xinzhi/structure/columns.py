"""Which column of a table says the region, the activity, the period and the value."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from xinzhi.core.errors import Fault
from xinzhi.data.heads import HEADS, key


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ACTIVITY_HEADS = _words("""
    行业 行业代码 行业名称 产业 产业代码 产品 产品代码 商品 商品代码 技术 技术领域 领域 学科 学科领域 学科代码 门类 活动
    activity activities activitycode product products productcode commodity commoditycode industry industries
    industrycode sector sectorcode naics naicscode nace nace2 isic isic4 sitc sitc4 hs hs2 hs4 hs6 hscode cpc ipc
    ipcsubclass field fields fieldcode technology technologies tech techfield wipo35 area areacode asjc asjcarea subject
    discipline topic cluster occupation
""")
VALUE_HEADS = _words("""
    数量 件数 专利数 专利数量 论文数 出口额 产值 营业收入 就业人数 从业人员 count counts n number patents
    publications papers documents export exports exportvalue trade emp employment jobs output turnover weight
""")
_ROLES = ("region", "activity", "period", "value")


@dataclass(frozen=True)
class Asked:
    """The columns that were named, and whether rows are to be counted rather than a column added up."""

    region: str | None = None
    activity: str | None = None
    period: str | None = None
    value: str | None = None
    count: bool = False


@dataclass
class Roles:
    """Which column plays which role; without ``value`` every row counts 1. ``unused`` are the others."""

    region: str = ""
    activity: str = ""
    period: str | None = None
    value: str | None = None
    unused: tuple[str, ...] = ()
    faults: list[Fault] = field(default_factory=list)

    @property
    def heads(self) -> dict[str, str]:
        """The column of every role that has one."""
        found = {role: getattr(self, role) for role in _ROLES}
        return {role: head for role, head in found.items() if head}


def roles_of(heads: Sequence[str], numeric: Collection[str], asked: Asked, file: str, sheet: str | None) -> Roles:
    """The role of every column: as asked, else by its head. What cannot be told is in ``faults``.

    ``numeric`` are the columns that hold numbers: the only one left without a role is the value.
    """
    roles = Roles()
    for role in _ROLES:
        head = getattr(asked, role)
        if head is not None and head not in heads:
            roles.faults.append(_unknown(role, head, heads, file, sheet))
    if roles.faults:
        return roles
    free = [head for head in heads if head not in (asked.region, asked.activity, asked.period, asked.value)]
    roles.period = asked.period or _only(
        roles, "period", _headed(free, HEADS["time"]), heads, file, sheet, needed=False
    )
    free = [head for head in free if head != roles.period]
    # A head such as 'area' may be either: it is an activity where another column is plainly the region.
    activities, regions = _headed(free, ACTIVITY_HEADS), _headed(free, HEADS["region"])
    if asked.region is None and not set(regions) - set(activities):
        activities = [head for head in activities if head not in regions]
    roles.activity = asked.activity or _only(roles, "activity", activities, heads, file, sheet) or ""
    regions = [head for head in regions if head != roles.activity]
    roles.region = asked.region or _only(roles, "region", regions, heads, file, sheet) or ""
    free = [head for head in free if head not in (roles.region, roles.activity)]
    if not asked.count:
        numbers = [head for head in free if head in numeric and key(head) not in HEADS["counter"]]
        named = _headed(free, HEADS["value"]) or _headed(free, VALUE_HEADS)
        roles.value = asked.value or _only(roles, "value", named or numbers, heads, file, sheet, needed=False)
    roles.unused = tuple(head for head in heads if head not in roles.heads.values())
    return roles


def _headed(free: Sequence[str], words: frozenset[str]) -> list[str]:
    return [head for head in free if key(head) in words]


def _only(
    roles: Roles,
    role: str,
    found: Sequence[str],
    heads: Sequence[str],
    file: str,
    sheet: str | None,
    *,
    needed: bool = True,
) -> str | None:
    """The one column found for a role. None or several are a fault, but for none where the role is not needed."""
    if len(found) == 1:
        return found[0]
    if not found and not needed:
        return None
    shown = ", ".join(found or heads[:12])
    if found:
        also = " or count = true to count rows" if role == "value" else ""
        also_zh = "，或设置 count = true 按行计数" if role == "value" else ""
        en = f'several columns may hold the {role}: {shown}. Name one, {role} = "{found[0]}"{also}.'
        zh = f'可能表示 {role} 的列不止一个：{shown}。请指明，如 {role} = "{found[0]}"{also_zh}。'
    else:
        en = f'no column is known to hold the {role}. Name it, {role} = "…". The table has: {shown}.'
        zh = f'没有识别出表示 {role} 的列。请用 {role} = "…" 指明。表中有：{shown}。'
    roles.faults.append(Fault(f"which-{role}", en, zh, file, sheet))
    return None


def _unknown(role: str, head: str, heads: Sequence[str], file: str, sheet: str | None) -> Fault:
    near = ", ".join(difflib.get_close_matches(head, heads, n=3, cutoff=0.4) or heads[:8])
    return Fault(
        "unknown-column",
        f"`{role}` names a column '{head}' that is not there. The table has: {near}.",
        f"{role} 所指的列“{head}”不存在。表中有：{near}。",
        file,
        sheet,
    )
