"""What is known of firms, ventures and industries that the model is held against: number, range and source of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from xinzhi.core.specs import Text

TOLERANCE: Final = 0.2
"""How far from a source's single number counts as meeting it, as a share of it: a convention of this project."""


@dataclass(frozen=True, slots=True)
class Target:
    """One fact: ``value`` where the source has a number; met from ``low`` to ``high``, None where that side is open.

    ``note`` says how what the model has is compared with what the source has.
    """

    code: str
    name: Text
    says: Text
    unit: Text
    value: float | None
    low: float | None
    high: float | None
    source: str
    note: Text | None = None


_NUMBER = Text(en="", zh="")
_SHARE = Text(en="share", zh="比重")
_YEARS = Text(en="years", zh="年")
_RATIO = Text(en="ratio", zh="倍数")


def _target(
    code: str,
    zh: str,
    en: str,
    unit: Text,
    value: float | None,
    span: tuple[float | None, float | None],
    source: str,
    says: tuple[str, str],
    note: tuple[str, str] | None = None,
) -> Target:
    low, high = span
    return Target(
        code,
        Text(en=en, zh=zh),
        Text(en=says[0], zh=says[1]),
        unit,
        value,
        low,
        high,
        source,
        Text(en=note[0], zh=note[1]) if note else None,
    )


def _near(value: float) -> tuple[float, float]:
    return value * (1 - TOLERANCE), value * (1 + TOLERANCE)


_HALL = "Hall, Woodward 2010, American Economic Review 100: 1163"
_KLEPPER = "Klepper, Simons 1997, Industrial and Corporate Change 6: 379"
_BRANDT = "Brandt, Van Biesebroeck, Zhang 2012, Journal of Development Economics 97: 339"
_UNKNOWN = (
    "Of 22,004 companies the source does not know what became of 31 %: some go on, some were sold or closed unseen. In "
    "the model all is known, so a share may lie between what the source saw and that plus its unknown.",
    "原文 22,004 家企业中有 31 % 去向不明：有的仍在经营，有的已悄然出售或关闭。"
    "模型中去向全部可知，故比重可在原文所见与其加上“不明”之间。",
)

_OF_ALL = (
    "Of all that venture capital backed, as things stand at the end of the run.",
    "占全部风投支持企业的比重（按运行期末状态）。",
)

# fmt: off
TARGETS: Final[dict[str, Target]] = {
    one.code: one
    for one in (
        _target("growth_shape", "增长率分布形状", "shape of growth rates", _NUMBER, 1.0, _near(1.0),
                "Bottazzi, Secchi 2006, RAND Journal of Economics 37: 235; China: Zou 2019, Physica A 535: 122344",
                ("Subbotin's b of yearly growth of firms' size within industries: 1 is Laplace, 2 the normal.",
                 "产业内企业规模年增长率的 Subbotin 参数 b：1 为拉普拉斯分布，2 为正态分布。")),
        _target("growth_tail", "增长率尾部指数", "tail of growth rates", _NUMBER, 3.0, _near(3.0),
                "Fu, Pammolli, Buldyrev et al. 2005, PNAS 102: 18801",
                ("Exponent of the density's tail, both sides together.", "密度函数尾部指数（两侧合并）。"),
                ("The source's exponent is the density's; the distribution function's is one less.",
                 "原文为密度函数的指数；分布函数的指数少 1。")),
        _target("spread_by_size", "增长波动随规模下降", "spread of growth by size", _NUMBER, 0.2, (0.14, 0.2),
                "Riccaboni, Pammolli, Buldyrev et al. 2008, PNAS 105: 19595",
                ("β in sd(growth) ~ size^-β.", "增长率标准差与规模之幂律 σ ~ S^-β 的 β。")),
        _target("size_tail", "企业规模尾部指数", "tail of firm size", _NUMBER, 1.0, _near(1.0),
                "United States: Axtell 2001, Science 293: 1818",
                ("Exponent of the share of firms above a size.", "规模超过某值的企业比重的幂指数。")),
        _target("region_size_tail", "地区企业规模尾部指数", "tail of firm size by region", _NUMBER, None, (2.0, 2.5),
                "Chinese provinces 1998–2008: Heinrich, Dai 2016, Structural Change and Economic Dynamics 37: 90",
                ("Exponent of the density's tail in the median region.", "各地区密度函数尾部指数的中位数。"),
                ("Read as the density's exponent, that of the method the source tests its fit by; the share above a "
                 "size then has one less.",
                 "按密度函数指数理解（即原文检验拟合优度所用方法的指数）；超过某规模的比重之指数少 1。")),
        _target("ninety_ten", "生产率九成与一成之比", "productivity 90/10", _RATIO, 1.92, (1.61, 2.28),
                "United States: Syverson 2011, Journal of Economic Literature 49: 326",
                ("How much more productive the firm at the 90th percentile of its industry is than that at the 10th.",
                 "产业内生产率第 90 与第 10 百分位企业之比。"),
                ("The range is one standard deviation over industries; in China the ratio is nearer to 5.",
                 "区间为各产业间一个标准差；中国的比值接近 5。")),
        _target("productivity_growth", "在位企业生产率增速", "productivity growth of incumbents",
                Text(en="a year", zh="每年"), None, (0.0285, 0.0796), f"Chinese manufacturing 1998–2007: {_BRANDT}",
                ("Growth of the firms that were there before and after, weighted by size.",
                 "前后均存续企业的生产率增速（按规模加权）。"),
                ("From gross output (2.85 %) to value added (7.96 %) in the source.",
                 "原文按总产出为 2.85 %，按增加值为 7.96 %。")),
        _target("net_entry", "净进入对生产率增长的贡献", "net entry's share of productivity growth", _SHARE,
                None, (2 / 3, None), f"Chinese manufacturing 1998–2007: {_BRANDT}",
                ("Entry of the better and exit of the worse, in growth within industries.",
                 "产业内生产率增长中优者进入、劣者退出的贡献。"),
                ("Decomposed as by Foster, Haltiwanger, Krizan 2001. The share grows with the years between.",
                 "按 Foster、Haltiwanger、Krizan（2001）分解。间隔年数越长，比重越大。")),
        _target("shakeout", "产业震荡出清", "shakeout of producers", _RATIO, None, (29 / 5, 274 / 7), _KLEPPER,
                ("Producers at the peak over those at the trough after it, in the median new industry within 60 years.",
                 "60 年内新生产业厂商数峰值与其后谷值之比（中位产业）。"),
                ("Automobiles 274 to 7, tyres 274 to 23, television sets 89 to 3, penicillin 29 to 5.",
                 "汽车 274 → 7，轮胎 274 → 23，电视机 89 → 3，青霉素 29 → 5。")),
        _target("years_to_peak", "厂商数达峰年数", "years to the peak of producers", _YEARS,
                None, (10.0, 25.0), _KLEPPER,
                ("From an industry's birth to its greatest number of producers, median.",
                 "自产业诞生至厂商数最多的年数（中位数）。")),
        _target("s_curve", "S 形进入曲线", "entry along an S", _SHARE, None, (0.5, None),
                "Gort, Klepper 1982, Economic Journal 92: 630",
                ("New industries whose producers rise fastest in the middle third of the way, 10 to 90 % of the peak.",
                 "厂商数由峰值一成升至九成期间，中间三分之一时段增长最快的新生产业比重。"),
                ("The source tells the stages, not a share; more than half is asked for here.",
                 "原文仅述阶段，未给比重；此处以过半为准。")),
        _target("science_to_market", "科学到市场的时滞", "from science to the market", _YEARS, None, (6.2, 20.0),
                "Patents' papers: Chen, Wang, Li et al. 2019, ISSI; Adams 1990, Journal of Political Economy, in "
                "Clancy 2021, New Things Under the Sun",
                ("When half of all discoveries have come to the market (cumulative incidence).",
                 "半数发现进入市场所需年数（累积发生率）。"),
                ("The sources only have what arrived (biotechnology 6.2 years, agricultural 11.9, as a rule 20); here "
                 "what lapsed, was given up or is open counts among all.",
                 "原文仅含已转化者（生物技术 6.2 年，农业生物技术 11.9 年，经验法则 20 年）；"
                 "此处分母包括流失、放弃与未决者。")),
        _target("market_in_ten", "十年内进入市场", "on the market within ten years", _SHARE, None, (None, None), "",
                ("Share of all discoveries (cumulative incidence).", "占全部发现的比重（累积发生率）。")),
        _target("listed", "风投企业上市", "backed start-ups listed", _SHARE, 0.09, _near(0.09), _HALL,
                _OF_ALL,
                ("A listing is public, so none is among the source's unknown.",
                 "上市均公开可知，原文“不明”中不含上市。")),
        _target("acquired", "风投企业被收购", "backed start-ups acquired", _SHARE, 0.26, (0.26, 0.57), _HALL,
                _OF_ALL,
                _UNKNOWN),
        _target("dead", "风投企业倒闭", "backed start-ups dead", _SHARE, 0.34, (0.34, 0.65), _HALL,
                _OF_ALL,
                _UNKNOWN),
        _target("still_open", "风投企业未决", "backed start-ups still open", _SHARE, 0.31, (0.0, 0.31), _HALL,
                _OF_ALL,
                _UNKNOWN),
        _target("industries_born", "新生产业", "industries born", Text(en="in ten years", zh="每十年"),
                None, (None, None), "",
                ("New industries, ten years' worth.", "折合每十年新生产业数。"),
                ("No source has a number of them; it says how much of a life cycle there is to see.",
                 "无文献给出可比数字；用以说明可观察的生命周期有多少。")),
    )
}
"""Every fact by its code, in the order of the table."""
# fmt: on

IN_VIEW: Final = (
    *("growth_shape", "growth_tail", "spread_by_size", "size_tail", "ninety_ten", "productivity_growth"),
    *("shakeout", "listed", "acquired", "dead", "still_open"),
)
"""The facts that the first values of the knobs were set with in view, by hand: meeting them is no evidence."""
