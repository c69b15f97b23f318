"""The knobs of the model: what each one means, its unit, its range, and where its value comes from.

A knob whose source reads "assumed" is known to nobody: its range is what a study should explore, and results that hang
on it are scenarios. Rates are per quarter unless the unit says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from xinzhi.core.specs import Spec

_DFR = "Dosi, Fagiolo, Roventini 2010"
_ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Knob:
    """One knob as a person sees it."""

    name: str
    zh: str
    en: str
    unit: str
    low: float
    high: float
    default: float
    source: str
    event: str


def _knob(zh: str, en: str, unit: str, low: float, high: float, source: str, event: str) -> Any:
    return Field(
        ge=low, le=high, json_schema_extra={"zh": zh, "en": en, "unit": unit, "source": source, "event": event}
    )


class Knobs(Spec):
    """Every number that the story is told with; frozen, checked against its range."""

    # science
    discovery_rate: Annotated[
        float, _knob("发现率", "discoveries of the whole country", "per quarter", 0, 60, _ASSUMED, "discover")
    ] = 12.0
    research_elasticity: Annotated[
        float, _knob("基础研究弹性", "elasticity of discovery to basic research", "1", 0.2, 1, _ASSUMED, "discover")
    ] = 0.6
    relatedness_pull: Annotated[
        float, _knob("关联性引力", "weight of related knowledge in what is discovered", "1", 0, 5, _ASSUMED, "discover")
    ] = 1.0
    quality_tail: Annotated[
        float,
        _knob(
            "发现质量尾指数",
            "Pareto exponent of a discovery's quality",
            "1",
            1,
            3,
            "Silverberg, Verspagen 2007",
            "discover",
        ),
    ] = 1.3
    lapse: Annotated[
        float,
        _knob("发现流失率", "hazard that an untaken discovery lapses", "per quarter", 0, 0.2, _ASSUMED, "develop"),
    ] = 0.02
    explore: Annotated[
        float,
        _knob("探索份额", "share of research that looks for the next driver", "share", 0, 1, _ASSUMED, "discover"),
    ] = 0.2
    # ventures
    laboratory: Annotated[
        float,
        _knob(
            "技术成熟率", "hazard that a discovery becomes a technology", "per quarter", 0.01, 0.3, _ASSUMED, "develop"
        ),
    ] = 0.07
    trial_rate: Annotated[
        float,
        _knob(
            "市场试验频率",
            "chance that a technology seeks a market trial",
            "per quarter",
            0.05,
            1,
            _ASSUMED,
            "try_market",
        ),
    ] = 0.3
    success: Annotated[
        float,
        _knob("试验成功率", "chance that one market trial succeeds", "probability", 0.02, 0.6, _ASSUMED, "try_market"),
    ] = 0.15
    steering: Annotated[
        float,
        _knob(
            "双导向学习",
            "what an entrepreneur learns from each trial",
            "share of failure",
            0,
            0.8,
            _ASSUMED,
            "try_market",
        ),
    ] = 0.3
    tolerance: Annotated[
        float,
        _knob("容错率", "chance that a failed venture may try again", "probability", 0, 0.95, _ASSUMED, "try_market"),
    ] = 0.3
    entrepreneurs: Annotated[
        float,
        _knob(
            "科技企业家",
            "science-and-technology entrepreneurs of the country",
            "people",
            0,
            400,
            _ASSUMED,
            "try_market",
        ),
    ] = 120.0
    venture_savings: Annotated[
        float,
        _knob(
            "风险投资率", "household savings that go to venture funds", "share of output", 0, 0.01, _ASSUMED, "settle"
        ),
    ] = 0.002
    trial_cost: Annotated[
        float,
        _knob(
            "试验成本",
            "money one market trial takes",
            "share of quarterly output",
            0.00002,
            0.002,
            _ASSUMED,
            "try_market",
        ),
    ] = 0.0002
    listing: Annotated[
        float,
        _knob(
            "上市率",
            "hazard that a backed start-up is listed",
            "per quarter",
            0,
            0.05,
            "Hall, Woodward 2010",
            "cash_out",
        ),
    ] = 0.035
    acquisition: Annotated[
        float,
        _knob(
            "并购率",
            "hazard that a backed start-up is acquired",
            "per quarter",
            0,
            0.1,
            "Hall, Woodward 2010",
            "cash_out",
        ),
    ] = 0.013
    founding_quality: Annotated[
        float,
        _knob("产业诞生门槛", "quality above which a success founds an industry", "quality", 1, 20, _ASSUMED, "found"),
    ] = 6.0
    # firms
    innovation: Annotated[
        float,
        _knob(
            "创新效率",
            "chance of innovating per unit of effort",
            "per quarter",
            0,
            1,
            f"{_DFR}: ζ = 0.30 a year",
            "invent",
        ),
    ] = 0.09
    imitation: Annotated[
        float,
        _knob(
            "模仿效率",
            "chance of meeting somebody to imitate",
            "per quarter",
            0,
            1,
            f"{_DFR}: ζ = 0.30 a year",
            "imitate",
        ),
    ] = 0.2
    gain: Annotated[
        float, _knob("创新幅度", "half width of the Beta(3, 3) gain", "log points", 0, 0.4, f"{_DFR}: 0.15", "invent")
    ] = 0.3
    size_advantage: Annotated[
        float,
        _knob(
            "规模优势",
            "elasticity of research effort to relative size",
            "1",
            0,
            1,
            "Klepper 1996, form; value assumed",
            "invent",
        ),
    ] = 0.3
    distance_penalty: Annotated[
        float,
        _knob("跨区模仿", "chance of imitating across regions, against within", "share", 0, 1, _ASSUMED, "imitate"),
    ] = 0.6
    ipr: Annotated[float, _knob("知识产权保护", "protection of inventions", "0 to 1", 0, 1, _ASSUMED, "imitate")] = 0.4
    ipr_reward: Annotated[
        float, _knob("专利激励", "effort that full protection adds", "share", 0, 2, _ASSUMED, "invent")
    ] = 0.5
    selection: Annotated[
        float, _knob("优胜劣汰", "growth per log point of productivity lead", "per quarter", 0, 1, _ASSUMED, "compete")
    ] = 0.055
    penrose: Annotated[
        float,
        _knob(
            "彭罗斯效应",
            "how much growth slows as it gets faster",
            "1",
            0,
            20,
            "Penrose 1959, form; value assumed",
            "compete",
        ),
    ] = 4.0
    lump_rate: Annotated[
        float,
        _knob(
            "机会频率",
            "chance that a lumpy opportunity comes",
            "per quarter",
            0,
            1,
            "Bottazzi, Secchi 2006, form; value assumed",
            "compete",
        ),
    ] = 0.75
    lump_size: Annotated[
        float, _knob("机会幅度", "scale of a lumpy opportunity at mean size", "log points", 0, 0.5, _ASSUMED, "compete")
    ] = 0.055
    size_damping: Annotated[
        float,
        _knob(
            "规模与波动",
            "fall of the spread of growth with size",
            "1",
            0,
            0.5,
            "Riccaboni et al. 2008: 0.14–0.20",
            "compete",
        ),
    ] = 0.32
    entry: Annotated[
        float, _knob("进入率", "spin-offs per firm in balance", "per quarter", 0, 0.1, _ASSUMED, "spin_off")
    ] = 0.02
    entry_fear: Annotated[
        float,
        _knob(
            "进入威慑",
            "how fast entry falls as leaders pull away",
            "1",
            0,
            20,
            "Klepper 1996, form; value assumed",
            "spin_off",
        ),
    ] = 1.5
    exit_gap: Annotated[
        float, _knob("退出差距", "productivity lag at which firms give up", "log points", 0.1, 3, _ASSUMED, "leave")
    ] = 0.7
    exit_size: Annotated[
        float, _knob("退出规模", "size below which firms give up", "mean size", 0, 0.3, _ASSUMED, "leave")
    ] = 0.05
    # drivers
    adoption_alone: Annotated[
        float,
        _knob(
            "自发采用", "adoption without example", "per quarter", 0, 0.05, "Bass 1969, form; value assumed", "adopt"
        ),
    ] = 0.002
    adoption_seen: Annotated[
        float,
        _knob("示范采用", "adoption by example", "per quarter", 0, 0.5, "Mansfield 1961, form; value assumed", "adopt"),
    ] = 0.10
    amplification: Annotated[
        float,
        _knob("放大倍增", "log gain of a driver used by all, everywhere", "log points", 0, 1.5, _ASSUMED, "amplify"),
    ] = 0.25
    network: Annotated[
        float, _knob("平台规模弹性", "elasticity of the gain to platform scale", "1", 0, 2, _ASSUMED, "amplify")
    ] = 0.5
    breadth: Annotated[
        float, _knob("应用广度弹性", "elasticity of the gain to breadth of use", "1", 0, 2, _ASSUMED, "amplify")
    ] = 0.5
    # markets
    awareness_alone: Annotated[
        float,
        _knob(
            "自发需求",
            "demand for a new industry without example",
            "per quarter",
            0,
            0.02,
            "Bass 1969, form; value assumed",
            "demand",
        ),
    ] = 0.001
    awareness_seen: Annotated[
        float,
        _knob(
            "示范需求",
            "demand for a new industry by example",
            "per quarter",
            0,
            0.4,
            "Bass 1969, form; value assumed",
            "demand",
        ),
    ] = 0.07
    substitution: Annotated[
        float, _knob("替代弹性", "elasticity of demand to relative productivity", "1", 0, 4, _ASSUMED, "demand")
    ] = 1.0
    novelty: Annotated[
        float, _knob("新颖性", "appeal of a new industry per log quality", "1", 0, 2, _ASSUMED, "found")
    ] = 1.0
    window: Annotated[
        float,
        _knob(
            "机会窗口",
            "age at which a new industry's window has closed by two thirds",
            "years",
            0.5,
            30,
            _ASSUMED,
            "spin_off",
        ),
    ] = 6.0
    foreign_growth: Annotated[
        float, _knob("国外前沿增速", "growth of the foreign frontier", "per quarter", 0, 0.03, _ASSUMED, "learn_abroad")
    ] = 0.007
    foreign_lead: Annotated[
        float,
        _knob(
            "国外前沿差距", "lead of the foreign frontier at the start", "log points", 0, 2, _ASSUMED, "learn_abroad"
        ),
    ] = 0.3
    dependence: Annotated[
        float,
        _knob("进口依赖", "output lost where imported inputs are cut off", "share", 0, 0.6, _ASSUMED, "learn_abroad"),
    ] = 0.2
    land: Annotated[
        float,
        _knob(
            "用地宽松度",
            "free plots at the start, against what the start says",
            "multiple",
            0,
            20,
            _ASSUMED,
            "spin_off",
        ),
    ] = 1.0
    # people
    skill_need: Annotated[
        float, _knob("技能需求", "spread of skill need from old to new industries", "1", 0, 3, _ASSUMED, "school")
    ] = 1.0
    shortage_drag: Annotated[
        float,
        _knob("短缺拖累", "growth lost per share of skilled posts unfilled", "per quarter", 0, 1, _ASSUMED, "compete"),
    ] = 0.25
    schooling_response: Annotated[
        float, _knob("教育响应", "enrolment's answer to the skill premium", "per quarter", 0, 0.1, _ASSUMED, "school")
    ] = 0.005
    retirement: Annotated[
        float,
        _knob("退休率", "skilled people who retire", "per quarter", 0, 0.02, "a working life of 40 years", "school"),
    ] = 0.00625
    ai_exposure: Annotated[
        float, _knob("人工智能替代", "skills made obsolete per unit of AI", "per quarter", 0, 0.05, _ASSUMED, "school")
    ] = 0.005
    mobility: Annotated[
        float, _knob("人才流动", "talent that reconsiders where to live", "per quarter", 0, 0.2, _ASSUMED, "move")
    ] = 0.02
    talent_pull: Annotated[
        float, _knob("人才集聚引力", "pull of new-quality output and of other talent", "1", 0, 2, _ASSUMED, "move")
    ] = 0.5
    # energy
    learning: Annotated[
        float,
        _knob(
            "学习率指数",
            "fall of clean cost per log of cumulative output",
            "1",
            0,
            0.8,
            "Wright's law; Nagy et al. 2013, form; value assumed",
            "switch",
        ),
    ] = 0.32
    energy_share: Annotated[
        float, _knob("能源成本份额", "energy's share of cost", "share", 0, 0.3, _ASSUMED, "switch")
    ] = 0.06
    switching: Annotated[
        float, _knob("能源转换速度", "share of capacity renewed", "per quarter", 0, 0.2, _ASSUMED, "switch")
    ] = 0.02

    @classmethod
    def still(cls) -> Knobs:
        """A world in which nothing new happens: what is in balance must stay there."""
        off = ["discovery_rate", "innovation", "imitation", "selection", "lump_rate", "lump_size", "entry", "exit_size"]
        off += ["adoption_alone", "adoption_seen", "awareness_alone", "awareness_seen", "foreign_growth"]
        off += ["ai_exposure", "learning", "switching", "venture_savings"]
        return cls(**dict.fromkeys(off, 0.0), exit_gap=3.0)


def _described(name: str) -> Knob:
    field = Knobs.model_fields[name]
    bounds = {kind: getattr(mark, kind) for mark in field.metadata for kind in ("ge", "le") if hasattr(mark, kind)}
    words: Any = field.json_schema_extra
    return Knob(name=name, low=float(bounds["ge"]), high=float(bounds["le"]), default=float(field.default), **words)


KNOBS: dict[str, Knob] = {name: _described(name) for name in Knobs.model_fields}
"""Every knob by its name."""
