"""Levers, shocks and policies: what somebody does, when, where, with how much money; and what merely happens.

Every policy raises its money by one levy on households, and what no lever could spend goes back to them, so two
policies of the same total cost people the same. A lever acts in proportion to the money spent where it acts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self, get_args

import numpy as np
from pydantic import Field, model_validator

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.specs import FaultyValue, Spec, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xinzhi.simulate.world import World

LeverName = Literal[
    "basic_research",
    "platforms",
    "guidance_fund",
    "exits",
    "tolerance",
    "entrepreneurs",
    "talent",
    "schooling",
    "openness",
    "ipr",
    "digital",
    "retrofit",
    "clean_energy",
    "park_rule",
]
ShockName = Literal["blockade", "ai_wave", "carbon_price", "funding_drought", "driver"]


@dataclass(frozen=True, slots=True)
class LeverKind:
    """What a lever is, what its money buys, and which limit it meets."""

    name: str
    zh: str
    en: str
    says_en: str
    says_zh: str
    binds_en: str
    binds_zh: str
    ids: tuple[str, ...]


def _lever(
    name: LeverName, zh: str, en: str, says: str, says_zh: str, binds: str, binds_zh: str, ids: str
) -> LeverKind:
    return LeverKind(name, zh, en, says, says_zh, binds, binds_zh, tuple(ids.split()))


LEVERS: dict[str, LeverKind] = {
    kind.name: kind
    for kind in (
        _lever(
            "basic_research",
            "基础研究",
            "basic research",
            "Money joins the region's basic research, from which discoveries come.",
            "经费并入本地区基础研究，发现由此而来。",
            "talent: research without people to do it finds less and less",
            "人才：缺人则投入的边际发现递减",
            "A03 B14 C15",
        ),
        _lever(
            "platforms",
            "产学研协同平台",
            "research-to-industry platforms",
            "Builds joint institutes that bring discoveries to technology sooner and substitute imported inputs.",
            "建设联合研究机构，加快发现向技术转化并替代进口投入。",
            "the number of discoveries waiting",
            "待转化的发现数量",
            "B01 B14 C16",
        ),
        _lever(
            "guidance_fund",
            "政府引导基金",
            "guidance fund",
            "Money joins the region's venture funds, which pay for market trials.",
            "资金注入本地区风险投资基金，用于资助市场试验。",
            "the number of technologies that seek a trial",
            "寻求市场试验的技术数量",
            "B15",
        ),
        _lever(
            "exits",
            "资本退出渠道",
            "exits for capital",
            "Opens listings and acquisitions, through which funds get their money back and use it again.",
            "畅通上市与并购，使基金收回资金并循环投资。",
            "the number of backed start-ups alive",
            "存续的获投企业数量",
            "B16",
        ),
        _lever(
            "tolerance",
            "容错纠错",
            "tolerance of failure",
            "Pays for another try of ventures that would be given up after a failure.",
            "为失败后本应放弃的项目支付再试的费用。",
            "the number of failures",
            "失败项目的数量",
            "B17",
        ),
        _lever(
            "entrepreneurs",
            "科技企业家培育",
            "training of science-and-technology entrepreneurs",
            "Trains people who lead a discovery to its market and learn from each trial.",
            "培养能把发现引向市场并从每次试验中学习的科技企业家。",
            "the number of discoveries to lead",
            "可供引领的发现数量",
            "C04 C05 C06 C08",
        ),
        _lever(
            "talent",
            "人才环境",
            "talent and amenities",
            "Builds public services and research conditions, for which talent moves.",
            "改善公共服务与科研条件，吸引人才流入。",
            "the talent of the country, which only moves",
            "全国人才总量（只流动不增加）",
            "C02 C20 C21",
        ),
        _lever(
            "schooling",
            "教育",
            "schooling",
            "Adds places in schools and lifelong training; graduates come four years later.",
            "增加学校与终身培训名额；四年后毕业。",
            "unskilled people to teach, and time",
            "可受教育的人口与时间",
            "C22",
        ),
        _lever(
            "openness",
            "对外开放",
            "openness",
            "Widens the channel through which firms learn from abroad.",
            "拓宽企业向国外学习的渠道。",
            "the lead of the foreign frontier",
            "国外前沿的领先幅度",
            "C14",
        ),
        _lever(
            "ipr",
            "知识产权保护",
            "protection of intellectual property",
            "Raises protection: firms invent more and imitate less.",
            "提高保护水平：企业发明更多，模仿更少。",
            "full protection",
            "完全保护",
            "C14",
        ),
        _lever(
            "digital",
            "数字基础设施",
            "digital infrastructure",
            "Builds the networks and computing without which firms hardly take up the newest driver.",
            "建设网络与算力；缺之则企业难以采用最新动力。",
            "firms that have not adopted yet",
            "尚未采用的企业",
            "A25 B04 B05 B07",
        ),
        _lever(
            "retrofit",
            "传统产业改造",
            "retrofit of traditional industry",
            "Pays firms of pillar and traditional industries to take up the newest driver.",
            "资助支柱与传统产业企业采用最新动力。",
            "traditional firms that have not adopted yet",
            "尚未采用的传统产业企业",
            "B06",
        ),
        _lever(
            "clean_energy",
            "清洁能源",
            "clean energy",
            "Lowers the cost of clean energy to its users; what is built makes the next cheaper.",
            "降低用户的清洁能源成本；建得越多，后续越便宜。",
            "the pace at which capacity is renewed",
            "产能更新的速度",
            "A20 A21",
        ),
        _lever(
            "park_rule",
            "园区腾笼换鸟",
            "park upgrade rule",
            "Pays old projects with little output per plot to move out where the next generation waits for land.",
            "在新一代项目等待用地之处，补偿亩均产出低的旧项目迁出。",
            "projects that wait for land",
            "等待用地的项目",
            "C17 C18",
        ),
    )
}

SHOCKS: dict[str, tuple[str, str]] = {
    "blockade": ("foreign knowledge and inputs cut off by this share", "国外知识与投入按此比例被切断"),
    "ai_wave": ("artificial intelligence replaces complex work with this strength", "人工智能以此强度替代复杂劳动"),
    "carbon_price": ("fossil energy dearer by this share", "化石能源价格按此比例上升"),
    "funding_drought": ("venture savings lower by this share", "风险投资储蓄按此比例下降"),
    "driver": ("chance a quarter, beyond research, that the next driver comes", "下一代动力每季度额外出现的概率"),
}


class Lever(Spec):
    """One lever: which, how much money (share of the country's output a year), from when to when, for whom."""

    lever: LeverName
    budget: float = Field(ge=0, le=0.05)
    start: float = Field(default=-np.inf, allow_inf_nan=True)
    stop: float = Field(default=np.inf, allow_inf_nan=True)
    regions: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _dated(self, self.lever)
        return self


class Shock(Spec):
    """Something that happens to a world and costs its policy nothing."""

    shock: ShockName
    size: float = Field(ge=0, le=1)
    start: float = Field(default=-np.inf, allow_inf_nan=True)
    stop: float = Field(default=np.inf, allow_inf_nan=True)
    regions: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _dated(self, self.shock)
        return self


def _dated(given: Lever | Shock, name: str) -> None:
    if not given.start < given.stop:
        raise FaultyValue(
            "empty-period",
            f"'{name}' starts in {given.start:g} and stops in {given.stop:g}; it needs a start before its stop.",
            f"“{name}”的起始年 {given.start:g} 不早于结束年 {given.stop:g}；起始须早于结束。",
        )


class Policy(Spec):
    """A named set of levers, and the shocks it is tried under."""

    name: str = Field(min_length=1)
    title: Text
    levers: tuple[Lever, ...] = ()
    shocks: tuple[Shock, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _titled(cls, given: object) -> object:
        if isinstance(given, dict) and "title" not in given and "name" in given:
            return given | {"title": str(given["name"])}
        return given

    @classmethod
    def none(cls) -> Policy:
        """Nobody does anything: the money stays with households."""
        return cls(name="none", title=Text(en="no policy", zh="无政策"))

    def spending(self, first: float, last: float) -> float:
        """Planned money over a period, in years of the country's output; a quarter counts where it begins."""
        quarters = [np.ceil(4 * min(one.stop, last)) - np.ceil(4 * max(one.start, first)) for one in self.levers]
        return float(sum(one.budget * max(0.0, n) / 4 for one, n in zip(self.levers, quarters, strict=True)))

    def at_equal_spending(self, total: float, first: float, last: float) -> Policy:
        """The same policy with its budgets scaled to spend ``total`` over the period; a policy without levers stays."""
        own = self.spending(first, last)
        if own <= 0:
            return self
        scaled = tuple(lever.model_copy(update={"budget": lever.budget * total / own}) for lever in self.levers)
        return self.model_copy(update={"levers": scaled})


@dataclass(frozen=True)
class Programme:
    """A policy laid out on a world's labels: who is meant, quarter by quarter."""

    money: np.ndarray  # (T, levers, R) planned share of a quarter's output
    industries: np.ndarray  # (levers, J0) bool, the industries a lever is for
    shocks: np.ndarray  # (T, shocks, R)
    shocked: np.ndarray  # (shocks, J0) bool

    @classmethod
    def of(cls, policy: Policy, world: World, quarters: int) -> Programme:
        """The policy on this world's regions, industries and quarters; money goes by the regions' people.

        Raises ``MethodError`` with every region and industry that the world does not have.
        """
        if faults := tuple(_unknown(policy, world)):
            raise MethodError(faults)
        names, kinds = list(get_args(LeverName)), list(get_args(ShockName))
        regions, industries = len(world.regions.labels), len(world.industries.labels)
        years = world.first_year + (world.quarter + np.arange(quarters)) / 4.0
        money, shocks = np.zeros((quarters, len(names), regions)), np.zeros((quarters, len(kinds), regions))
        meant, shocked = np.zeros((len(names), industries), dtype=bool), np.zeros((len(kinds), industries), dtype=bool)
        people = world.regions.people / world.regions.people.sum()
        for lever in policy.levers:
            where = _chosen(lever.regions, world.regions.labels)
            on = (years >= lever.start) & (years < lever.stop)
            share = people * where / (people * where).sum()
            money[:, names.index(lever.lever)] += on[:, None] * share * lever.budget
            meant[names.index(lever.lever)] |= _chosen(lever.industries, tuple(world.industries.labels))
        for shock in policy.shocks:
            where = _chosen(shock.regions, world.regions.labels)
            on = (years >= shock.start) & (years < shock.stop)
            at = kinds.index(shock.shock)
            shocks[:, at] = np.maximum(shocks[:, at], on[:, None] * where * shock.size)
            shocked[at] |= _chosen(shock.industries, tuple(world.industries.labels))
        return cls(money, meant, shocks, shocked)


@dataclass
class Quarter:
    """A programme in one quarter: what may be spent where, what was, and what happens to the world."""

    planned: np.ndarray  # (levers, R) share of the country's quarterly output
    spent: np.ndarray  # (levers, R)
    industries: np.ndarray  # (levers, J0) bool
    shocks: np.ndarray  # (shocks, R)
    shocked: np.ndarray  # (shocks, J0) bool

    @classmethod
    def of(cls, programme: Programme, at: int) -> Quarter:
        """The quarter's share of a programme."""
        planned = programme.money[at]
        return cls(
            planned,
            np.zeros_like(planned),
            programme.industries,
            programme.shocks[at],
            programme.shocked,
        )

    def plan(self, lever: LeverName) -> np.ndarray:
        """What may be spent on a lever, by region."""
        return np.asarray(self.planned[LEVER_AT[lever]])

    def spend(self, lever: LeverName) -> np.ndarray:
        """What may be spent on a lever, by region, all of it taken."""
        self.spent[LEVER_AT[lever]] = self.planned[LEVER_AT[lever]]
        return self.plan(lever)

    def pay(self, lever: LeverName, amount: np.ndarray) -> None:
        """Spend only this much on a lever."""
        self.spent[LEVER_AT[lever]] = amount

    def meant(self, lever: LeverName, places: int) -> np.ndarray:
        """The industries that a lever is for; those born since the start when it is for all."""
        return _widened(self.industries[LEVER_AT[lever]], places)

    def shock(self, name: ShockName) -> np.ndarray:
        """The size of a shock, by region."""
        return np.asarray(self.shocks[_SHOCK_AT[name]])

    def hit(self, name: ShockName, places: int) -> np.ndarray:
        """The industries that a shock hits; those born since the start when it hits all."""
        return _widened(self.shocked[_SHOCK_AT[name]], places)


LEVER_AT = {name: at for at, name in enumerate(get_args(LeverName))}
_SHOCK_AT = {name: at for at, name in enumerate(get_args(ShockName))}


def _widened(chosen: np.ndarray, places: int) -> np.ndarray:
    return np.concatenate([chosen, np.full(places - chosen.size, chosen.all())])


def _unknown(policy: Policy, world: World) -> Iterator[Fault]:
    known = {"region": set(world.regions.labels), "industry": set(world.industries.labels)}
    for what, zh in (("region", "地区"), ("industry", "产业")):
        acts: tuple[Lever | Shock, ...] = (*policy.levers, *policy.shocks)
        for act in acts:
            for label in act.regions if what == "region" else act.industries:
                if label not in known[what]:
                    yield Fault(
                        f"unknown-{what}",
                        f"policy '{policy.name}' names {what} '{label}', which this world does not have.",
                        f"政策“{policy.name}”提到的{zh}“{label}”不在此世界中。",
                    )


def _chosen(wanted: tuple[str, ...], labels: tuple[str, ...]) -> np.ndarray:
    return np.array([not wanted or label in wanted for label in labels])
