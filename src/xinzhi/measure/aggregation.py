"""Aggregations: the scores of a unit's indicators become one score. Higher is better in all of them."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from xinzhi.core.labels import Floats
from xinzhi.core.methods import Family
from xinzhi.core.specs import FaultyValue
from xinzhi.measure import distances
from xinzhi.measure.coupling import Form, coupling
from xinzhi.measure.frontier import unit_weights
from xinzhi.measure.means import average
from xinzhi.measure.outranking import Pairs, net_wins
from xinzhi.measure.unfit import Unfit

aggregations = Family(
    "aggregation",
    zh="合成",
    about="f(x: (..., units, k), w: (..., k) of positive sum, *, options) -> (..., units); nan = missing.",
)

LIFT = (
    "Normalise to a range that starts above 0, such as to = [1, 100]",
    "请标准化到大于 0 的区间，例如 to = [1, 100]",
)


# These score a unit from its own values alone; the others look at all units they are shown.
PER_UNIT = frozenset(
    {
        "arithmetic",
        "geometric",
        "harmonic",
        "generalised-mean",
        "mazziotta-pareto",
        "mean-min",
        "coupling-coordination",
    }
)

# In these a child without weight still counts.
DEAF_TO_WEIGHTS = frozenset({"benefit-of-the-doubt", "coupling-coordination"})


@aggregations.add("arithmetic", zh="加权算术平均", cite="OECD, JRC 2008", formula=r"s_i = \sum_j w_j z_{ij}")
def arithmetic(x: Floats, w: Floats) -> Floats:
    """Average; a strength makes up in full for a weakness.

    Missing values are dropped and the weights of the rest renormalised.
    """
    return average(x, w)


@aggregations.add("geometric", zh="加权几何平均", cite="OECD, JRC 2008", formula=r"s_i = \prod_j z_{ij}^{w_j}")
def geometric(x: Floats, w: Floats) -> Floats:
    """Average proportions; the lower a score, the less others can make up for it.

    Missing values are dropped and the weights of the rest renormalised. Scores must be above 0.
    """
    if (x <= 0).any():
        x = _weighted_only(x, w)
        _refuse_scores(
            x, x <= 0, "not-positive", ("the geometric mean needs scores above 0", "几何平均要求得分大于 0"), LIFT
        )
    return np.asarray(np.exp(average(np.log(x), w)))


@aggregations.add(
    "harmonic", zh="加权调和平均", cite="OECD, JRC 2008", formula=r"s_i = \left( \sum_j \frac{w_j}{z_{ij}} \right)^{-1}"
)
def harmonic(x: Floats, w: Floats) -> Floats:
    """Average reciprocals; the lowest score rules.

    Missing values are dropped and the weights of the rest renormalised. No score may be 0.
    """
    if (x == 0).any():
        x = _weighted_only(x, w)
        _refuse_scores(
            x, x == 0, "is-zero", ("the harmonic mean cannot take a score of 0", "调和平均不接受为 0 的得分"), LIFT
        )
    turned = average(1 / x, w)
    return np.asarray(1 / np.where(turned == 0, np.nan, turned))


@aggregations.add(
    "generalised-mean",
    zh="广义均值（幂平均）",
    cite="Hardy, Littlewood, Polya 1934",
    formula=r"s_i = \left( \sum_j w_j z_{ij}^{p} \right)^{1/p}",
)
def generalised_mean(x: Floats, w: Floats, *, p: float) -> Floats:
    """Average p-th powers: 1 is arithmetic, 0 geometric, -1 harmonic; the lower p, the less is made up for.

    Missing values are dropped and the weights of the rest renormalised. R's COINr gives missing instead; that is a
    difference on purpose, since all means here have one rule. With p below 0 scores must be above 0; with a p that is
    not whole they must not be negative, and with an odd one their powers must not add up to less than 0.
    """
    if p == 0:
        return geometric(x, w)
    if p == 1:
        return arithmetic(x, w)
    if p < 0 and (x <= 0).any():
        x = _weighted_only(x, w)
        needs = (f"the generalised mean with p = {p:g} needs scores above 0", f"p = {p:g} 的广义均值要求得分大于 0")
        _refuse_scores(x, x <= 0, "not-positive", needs, LIFT)
    needs = (
        f"the generalised mean with p = {p:g} cannot take these negative scores",
        f"p = {p:g} 的广义均值不接受此类负得分",
    )
    if p != int(p) and (x < 0).any():
        x = _weighted_only(x, w)
        _refuse_scores(x, x < 0, "negative", needs, LIFT)
    powers = average(x**p, w)
    _refuse_scores(x, (powers < 0)[..., None] & (x < 0), "negative", needs, LIFT)
    return np.asarray(powers ** (1 / p))


@aggregations.add(
    "copeland",
    zh="Copeland 法",
    cite="Copeland 1951; Munda, Nardo 2009",
    formula=r"s_i = \# \{ l : E_{il} > 0.5 \} - \# \{ l : E_{il} < 0.5 \}, \quad E_{il} = \sum_{j : z_{ij} > "
    r"z_{lj}} w_j + \frac{1}{2} \sum_{j : z_{ij} = z_{lj}} w_j",
)
def copeland(x: Floats, w: Floats, *, pairs: Pairs = "shared") -> Floats:
    """Count duels won less duels lost; nothing makes up for anything.

    A unit wins a duel when it is better on more than half of the weight. Missing values: ``pairs`` as in
    ``outrank_matrix``; a unit with no value at all has no score.
    """
    return net_wins(x, w, pairs=pairs)


@aggregations.add(
    "mazziotta-pareto",
    zh="Mazziotta–Pareto 指数",
    cite="De Muro, Mazziotta, Pareto 2011",
    formula=r"s_i = M_i \mp \frac{S_i^2}{M_i}, \quad M_i = \sum_j w_j z_{ij}, \quad S_i^2 = \frac{k}{k - 1} "
    r"\sum_j w_j (z_{ij} - M_i)^2",
)
def mazziotta_pareto(x: Floats, w: Floats, *, penalty: Literal["down", "up"] = "down") -> Floats:
    """Average, less a penalty for uneven scores: M (1 - cv²), or M (1 + cv²) where high is bad.

    Meant for z-scores with mean 100 and deviation 10. cv is the deviation across a unit's scores (n - 1) over their
    mean M. Missing values are dropped and the weights of the rest renormalised.
    """
    return _penalised(x, w, penalty, 1)


@aggregations.add(
    "adjusted-mazziotta-pareto",
    zh="调整的 Mazziotta–Pareto 指数",
    cite="Mazziotta, Pareto 2016",
    formula=r"s_i = M_i \mp \frac{S_i^2}{M_i}, \quad M_i = \sum_j w_j u_{ij}, \quad S_i^2 = \sum_j w_j (u_{ij} - "
    r"M_i)^2, \quad u_{ij} = 100 + 60 \frac{z_{ij} - \bar{z}_j}{\max_l z_{lj} - \min_l z_{lj}}",
)
def adjusted_mazziotta_pareto(
    x: Floats, w: Floats, *, penalty: Literal["down", "up"] = "down", scale: Literal["centred", "none"] = "centred"
) -> Floats:
    """Average on a scale centred at 100, less a penalty for uneven scores; comparable over time.

    ``centred`` first brings every indicator to (x - low) / (high - low) * 60 + 70 with goalposts half a range below
    and above the mean of the units, so that the mean is 100; it does not matter how they were normalised before, if
    linearly. ``none`` takes scores that are on such a scale already. The penalty is that of
    ``mazziotta-pareto`` with n in the deviation. Missing values are dropped and the weights of the rest renormalised.
    """
    if scale == "centred":
        seen = ~np.isnan(x)
        n = np.maximum(seen.sum(-2, keepdims=True), 1)
        centre = np.where(seen, x, 0.0).sum(-2, keepdims=True) / n
        reach = distances.best(x) - distances.worst(x)
        x = 100 + 60 * (x - centre) / np.where(reach > 0, reach, 1.0)
    return _penalised(x, w, penalty, 0)


@aggregations.add(
    "mean-min",
    zh="均值—最小值函数",
    cite="Casadio Tarabusi, Guarini 2013",
    formula=r"s_i = M_i - \alpha \left( \sqrt{(M_i - \min_j z_{ij})^2 + \beta^2} - \beta \right), \quad M_i = "
    r"\sum_j w_j z_{ij}",
)
def mean_min(x: Floats, w: Floats, *, alpha: float = 0.5, beta: float = 1.0) -> Floats:
    """Average, less a part of its distance from the lowest score: M - alpha (sqrt((M - min)² + beta²) - beta).

    ``alpha`` 0 is the mean; 1 with ``beta`` 0 is the lowest score. Missing values are dropped and the weights of the
    rest renormalised; scores without weight count for nothing.
    """
    if not (0 <= alpha <= 1 and beta >= 0):
        raise FaultyValue(
            "bad-option",
            f"alpha must lie within 0 and 1 and beta must not be negative; found {alpha:g} and {beta:g}.",
            f"alpha 须在 0 与 1 之间，beta 不得为负；现为 {alpha:g} 与 {beta:g}。",
        )
    mean = average(x, w)
    least = np.fmin.reduce(_weighted_only(x, w), axis=-1)
    return np.asarray(mean - alpha * (np.sqrt((mean - least) ** 2 + beta**2) - beta))


@aggregations.add(
    "topsis",
    zh="逼近理想解排序法（TOPSIS）",
    cite="Hwang, Yoon 1981",
    formula=r"s_i = \frac{D_i^-}{D_i^+ + D_i^-}, \quad D_i^{\pm} = \sqrt{\sum_j w_j^{q} (z_{ij} - z_j^{\pm})^2}, "
    r"\quad q = \begin{cases} 1 & \text{weights inside} \\ 2 & \text{weights matrix} \end{cases}",
)
def topsis(
    x: Floats,
    w: Floats,
    *,
    weights: Literal["inside", "matrix"] = "inside",
    ideal: Literal["frame", "absolute"] = "frame",
    low: float = 0.0,
    high: float = 1.0,
) -> Floats:
    """Score by the distance from the worst against the distance to the best: D- / (D+ + D-).

    ``weights`` stand ``inside`` the squared distance, sum w d², or on the ``matrix``, sum w² d²: two different
    rankings, both in print. The ideal is the best and worst of the ``frame`` of units, or the ``absolute`` ends of the
    scale, ``low`` and ``high``. Missing values are left out of a unit's distances.
    """
    if ideal == "absolute":
        outside = (x < low - 1e-9) | (x > high + 1e-9)
        needs = (
            f"TOPSIS with absolute ideals needs scores within {low:g} and {high:g}",
            f"采用绝对理想解的 TOPSIS 要求得分在 {low:g} 与 {high:g} 之间",
        )
        advice = ("Normalise to that range, or set `low` and `high`", "请标准化到该区间，或设置 low 与 high")
        _refuse_scores(x, outside, "off-scale", needs, advice)
        top, bottom = np.full((1, x.shape[-1]), high), np.full((1, x.shape[-1]), low)
    else:
        top, bottom = distances.best(x), distances.worst(x)
    scores = distances.closeness(x, w, top, bottom, weights=weights)
    alike = np.isnan(scores)[..., None] & ~np.isnan(_weighted_only(x, w))
    if alike.any():
        raise Unfit(
            "all-alike",
            "TOPSIS cannot rank units that are alike on every indicator. Pool the years, or drop what is constant.",
            "各单元在全部指标上取值相同，TOPSIS 无法排序。请合并各年计算，或剔除取值不变的指标。",
            alike,
        )
    return scores


@aggregations.add(
    "vikor",
    zh="多准则妥协解排序法（VIKOR）",
    cite="Opricovic, Tzeng 2004",
    formula=r"s_i = 1 - v \frac{S_i - S^*}{S^- - S^*} - (1 - v) \frac{R_i - R^*}{R^- - R^*}, \quad S_i = \sum_j "
    r"u_{ij}, \quad R_i = \max_j u_{ij}, \quad u_{ij} = w_j \frac{z_j^+ - z_{ij}}{z_j^+ - z_j^-}",
)
def vikor(x: Floats, w: Floats, *, v: float = 0.5) -> Floats:
    """Score by a compromise between the mean and the greatest shortfall from the best: 1 - Q.

    VIKOR's own Q is 0 for the best unit and 1 for the worst; it is taken from one so that higher is better
    here as everywhere. ``v`` is the part of the mean shortfall. Missing values are dropped and the weights of the rest
    renormalised in the mean.
    """
    return np.asarray(1 - distances.compromise(x, w, v=_fraction("v", v)))


@aggregations.add(
    "grey-relational",
    zh="灰色关联分析",
    cite="Deng 1982",
    formula=r"s_i = \sum_j w_j \frac{\Delta_{\min} + \rho \Delta_{\max}}{\Delta_{ij} + \rho \Delta_{\max}}, \quad "
    r"\Delta_{ij} = z_j^+ - z_{ij}",
)
def grey_relational(x: Floats, w: Floats, *, rho: float = 0.5) -> Floats:
    """Score by the grey relational grade to the best of every indicator.

    ``rho`` is the distinguishing coefficient, above 0 and at most 1. Missing values are dropped and the weights of the
    rest renormalised.
    """
    if rho <= 0:
        _fraction("rho", -1.0)
    return distances.grey_relation(x, w, rho=_fraction("rho", rho))


@aggregations.add(
    "wroclaw",
    zh="弗罗茨瓦夫分类法",
    cite="Hellwig 1968",
    formula=r"s_i = 1 - \frac{D_i}{\bar{D} + 2 \sigma_D}, \quad D_i = \sqrt{\sum_j w_j (z_{ij} - z_j^+)^2}",
)
def wroclaw(x: Floats, w: Floats) -> Floats:
    """Score by one less the distance to the best, in units of the mean distance plus two deviations.

    Compind gives the distance itself, where lower is better. Missing values are left out of a unit's distance.
    """
    return distances.hellwig(x, w)


@aggregations.add(
    "coupling-coordination",
    zh="耦合协调度模型",
    cite="Liao 1999; Wang, Kong, Ren et al. 2021",
    formula=r"s_i = \sqrt{C_i T_i}, \quad T_i = \sum_j w_j z_{ij}, \quad C_i = \begin{cases} \frac{k ( \prod_j "
    r"z_{ij} )^{1/k}}{\sum_j z_{ij}} & \text{standard} \\ \sqrt{( 1 - \overline{\lvert z_{ij} - z_{im} "
    r"\rvert} ) \left( \prod_j \frac{z_{ij}}{\max_m z_{im}} \right)^{1/(k-1)}} & \text{wang-2021} "
    r"\end{cases}",
)
def coupling_coordination(
    x: Floats, w: Floats, *, form: Form = "standard", zeros: Literal["refuse", "keep"] = "refuse"
) -> Floats:
    """Score by how high systems stand and how alike: D = sqrt(C T), T the weighted mean, C the coupling.

    ``form`` is the ``standard`` coupling or the modified one of ``wang-2021``. Guards against common misuse: fewer than
    two systems are refused, so are levels outside [0, 1], and a level of exactly 0, which makes D zero whatever the
    others are, unless ``zeros = "keep"``. A unit with a missing system has no score.
    """
    if x.shape[-1] < 2:
        raise FaultyValue(
            "one-system",
            "coupling needs two systems or more; found one. Use it on a parent with several children.",
            "耦合协调至少需要两个系统；现仅一个。请用于有多个下级的元素。",
        )
    needs = ("coupling needs levels within 0 and 1", "耦合协调度要求各系统水平在 0 与 1 之间")
    advice = ("Normalise to = [0, 1] first", "请先标准化到 to = [0, 1]")
    _refuse_scores(x, (x < -1e-9) | (x > 1 + 1e-9), "off-scale", needs, advice)
    u = np.clip(x, 0.0, 1.0)
    if zeros == "refuse":
        needs = (
            "coupling is 0 wherever one system is exactly 0, whatever the others are",
            "任一系统水平恰为 0 时，无论其他系统如何，耦合度均为 0",
        )
        advice = (
            'Normalise to a range that starts above 0, such as to = [0.01, 1], or set zeros = "keep"',
            '请标准化到大于 0 的区间，例如 to = [0.01, 1]，或设置 zeros = "keep"',
        )
        _refuse_scores(x, u == 0, "is-zero", needs, advice)
    level = average(np.where(np.isnan(u).any(-1, keepdims=True), np.nan, u), w)
    return np.asarray(np.sqrt(coupling(u, form=form) * level))


@aggregations.add(
    "benefit-of-the-doubt",
    zh="数据包络分析（BoD 模型）",
    cite="Cherchye, Moesen, Rogge, Van Puyenbroeck 2007",
    formula=r"s_i = \max_{\omega \geq 0} \sum_j \omega_j z_{ij} \quad \text{so that} \quad \sum_j \omega_j z_{lj} "
    r"\leq 1 \text{ for all } l",
)
def benefit_of_the_doubt(x: Floats, w: Floats, *, floor: float = 0.0, ceiling: float = 1.0) -> Floats:
    """Score every unit with the weights that suit it best, against the best of all units; stated weights are not used.

    ``floor`` and ``ceiling`` bound the share of an indicator in a unit's score. Scores must not be negative. A
    unit with a missing value has no score and is no yardstick. ``frontier.unit_weights`` gives the weights.
    """
    needs = ("benefit of the doubt cannot take scores below 0", "BoD 模型不接受负的得分")
    _refuse_scores(x, x < 0, "negative", needs, ("Normalise to a range from 0", "请标准化到非负区间"))
    stack = x.reshape(-1, *x.shape[-2:])
    scores = [(unit_weights(units, floor=floor, ceiling=ceiling) * units).sum(-1) for units in stack]
    # Nobody is better than the best, but the sum of products can be by a rounding error.
    return np.asarray(np.minimum(np.stack(scores), 1.0).reshape(x.shape[:-1]))


def _penalised(x: Floats, w: Floats, penalty: Literal["down", "up"], lost: int) -> Floats:
    """M - S²/M, or plus; ``lost`` is 1 for a deviation with n - 1 and 0 for one with n."""
    mean = average(x, w)
    needs = (
        "the Mazziotta–Pareto index needs units with a mean above 0",
        "Mazziotta–Pareto 指数要求各单元的均值大于 0",
    )
    advice = ("Normalise to z-scores with mean 100 and deviation 10", "请用均值 100、标准差 10 的 z 分数标准化")
    low = (mean <= 0)[..., None] & ~np.isnan(x)
    _refuse_scores(x, low, "not-positive", needs, advice)
    n = (~np.isnan(_weighted_only(x, w))).sum(-1)
    variance = average((x - mean[..., None]) ** 2, w) * n / np.maximum(n - lost, 1)
    return np.asarray(mean - variance / mean if penalty == "down" else mean + variance / mean)


def _weighted_only(x: Floats, w: Floats) -> Floats:
    """The scores without those that carry no weight."""
    return x if w.all() else np.where(w[..., None, :] == 0, np.nan, x)


def _fraction(name: str, value: float) -> float:
    if not 0 <= value <= 1:
        raise FaultyValue(
            "bad-option",
            f"`{name}` must lie within 0 and 1.",
            f"{name} 须在 0 与 1 之间。",
        )
    return value


def _refuse_scores(
    x: Floats, where: npt.NDArray[np.bool_], code: str, needs: tuple[str, str], advice: tuple[str, str]
) -> None:
    """Raise ``Unfit`` when any score is at fault, saying how many are and how far they reach."""
    if not (n := int(where.sum())):
        return
    low, high = float(x[where].min()), float(x[where].max())
    reach = (f"{low:g}", f"{low:g}") if low == high else (f"{low:g} to {high:g}", f"{low:g} 至 {high:g}")
    raise Unfit(
        code,
        f"{needs[0]}; {n} of {x.size} scores do not fit ({reach[0]}). {advice[0]}.",
        f"{needs[1]}；{x.size} 个得分中有 {n} 个不符（{reach[1]}）。{advice[1]}。",
        where,
    )
