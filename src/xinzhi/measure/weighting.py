"""Weights of siblings: the children of one parent, or all indicators at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from xinzhi.core.labels import Floats
from xinzhi.core.methods import Family
from xinzhi.core.specs import FaultyValue
from xinzhi.measure import combination, dispersion, optimisation
from xinzhi.measure.ahp import ahp_weights

weightings = Family(
    "weighting",
    zh="赋权",
    about="f(x: (..., cells, k), siblings, *, options) -> (..., k), summing to one; nan = missing.",
)


@dataclass(frozen=True)
class Siblings:
    """Who is weighed: the children of one parent, their stated weights, and what the index would be.

    ``outcome`` maps weights (k,) to index scores (cells,); optimised weights need it.
    """

    parent: str
    codes: tuple[str, ...]
    given: Floats
    outcome: Callable[[Floats], Floats] | None = None


@weightings.add("equal", zh="等权重法", cite="OECD, JRC 2008", formula=r"w_j = \frac{1}{k}")
def equal(x: Floats, siblings: Siblings) -> Floats:
    """Weigh every sibling alike."""
    k = x.shape[-1]
    return np.full((*x.shape[:-2], k), 1 / k)


@weightings.add("given", zh="指定权重", cite="OECD, JRC 2008", formula=r"w_j = \frac{\omega_j}{\sum_m \omega_m}")
def given(x: Floats, siblings: Siblings, *, relative: bool = False) -> Floats:
    """Take the stated weights, made to sum to one.

    Weights that are not all alike are shares and must add up to 1 or to 100, unless they are ``relative``. That is
    a matter of the study file, so ``adds_up`` checks it there and not here, where a weight may have been set aside.
    """
    w = siblings.given / siblings.given.sum()
    return np.broadcast_to(w, (*x.shape[:-2], w.size)).copy()


def adds_up(codes: Sequence[str], given: npt.ArrayLike) -> FaultyValue | None:
    """What is wrong with the stated weights of siblings: nothing if they are all alike or add up to 1 or to 100.

    A thousandth is left for the rounding of printed weights.
    """
    stated = np.asarray(given, dtype=float)
    total = float(stated.sum())
    if np.ptp(stated) == 0 or any(abs(total / whole - 1) <= 1e-3 for whole in (1, 100)):
        return None
    listed = ", ".join(f"{code} {weight:g}" for code, weight in zip(codes, stated, strict=True))
    return FaultyValue(
        "weights-do-not-add-up",
        f"these weights add up to {total:g}, not to 1 or 100: {listed}. Correct them, or say that they are "
        'relative: weigh = {method = "given", relative = true}.',
        f"以下权重合计为 {total:g}，而非 1 或 100：{listed}。请更正，或声明为相对权重："
        'weigh = {method = "given", relative = true}。',
    )


@weightings.add(
    "pca",
    zh="主成分分析法",
    cite="Nardo et al. 2005",
    formula=r"w_j = \frac{v_j}{\sum_m v_m}, \quad R v = \lambda_{\max} v",
)
def pca(x: Floats, siblings: Siblings, *, negative: Literal["refuse", "zero", "keep"] = "refuse") -> Floats:
    """Weigh by the loadings on the first principal component.

    Correlations are taken over cells where all siblings are known. The component's sign is arbitrary: it is turned so
    that loadings add up to more than zero. A negative loading would reward being worse; it is refused unless it
    is set to ``zero`` or, as R's COINr does, ``keep`` keeps it.
    """
    if x.shape[-1] == 1:
        return equal(x, siblings)
    complete = np.where(np.isnan(x).any(-1, keepdims=True), np.nan, x)
    constant = dispersion.deviation(complete) == 0
    if constant.any():
        _refuse(
            siblings,
            constant,
            "no-variation",
            "principal components need indicators that vary over the cells where all siblings are known; these do not: "
            "{}. Leave them out, impute first, or choose other weights",
            "主成分分析要求各指标在全部同级指标均有值的样本上有变化；以下指标没有变化：{}。请剔除、先行插补或改用其他赋权方法",
        )
    stack = x.reshape(-1, *x.shape[-2:])
    w = np.stack([dispersion.loadings(cells) for cells in stack]).reshape(*x.shape[:-2], x.shape[-1])
    if negative == "zero":
        w = np.maximum(w, 0.0)
    elif negative == "refuse" and (w < 0).any():
        _refuse(
            siblings,
            w < 0,
            "negative-weight",
            "the first principal component gives negative weights to: {}. Check their direction, choose other weights, "
            'or set negative = "zero"',
            '第一主成分赋予以下指标负权重：{}。请检查指标方向、改用其他赋权方法，或设置 negative = "zero"',
        )
    return _shares(w, siblings)


@weightings.add(
    "correlation-optimised",
    zh="相关性优化赋权",
    cite="Becker, Saisana, Paruolo, Vandecasteele 2017",
    formula=r"\min_w \sum_j \left( \frac{\rho_j}{\sum_m \rho_m} - \omega_j \right)^2, \quad \rho_j = "
    r"\mathrm{corr} ( z_j, s(w) )",
)
def correlation_optimised(
    x: Floats, siblings: Siblings, *, aim: optimisation.Aim = "balance", negative: bool = False
) -> Floats:
    """Choose weights so that correlations with the index match the stated importance.

    ``aim = "information"`` brings all correlations as near to one as can be instead. Weights are zero or more;
    ``negative`` lets them fall below, as R's COINr does, which comes nearer to the aim and rewards being worse.
    """
    return optimisation.by_correlation(x, _outcome(x, siblings), _stated(siblings), aim=aim, negative=negative)


@weightings.add(
    "effective-weight-optimised",
    zh="有效权重优化赋权",
    cite="Paruolo, Saisana, Saltelli 2013",
    formula=r"\min_w \sum_j \left( \frac{S_j}{\sum_m S_m} - \omega_j \right)^2, \quad S_j = \mathrm{corr} ( z_j, "
    r"s(w) )^2 \text{ or } \frac{V(E(s \mid z_j))}{V(s)}",
)
def effective_weight_optimised(
    x: Floats, siblings: Siblings, *, effect: optimisation.Effect = "squared-correlation"
) -> Floats:
    """Choose weights so that shares of the index's variance match the stated importance.

    Weights are not negative. The main effect of an indicator is its squared correlation with the index, or its
    correlation ratio V(E(y|x)) / V(y) with a cubic for E(y|x).
    """
    return optimisation.by_effect(x, _outcome(x, siblings), _stated(siblings), effect=effect)


@weightings.add(
    "entropy",
    zh="熵值法",
    cite="Shannon 1948",
    formula=r"w_j = \frac{1 - e_j}{\sum_m (1 - e_m)}, \quad e_j = - \frac{1}{\ln n_j} \sum_i p_{ij} \ln p_{ij}, "
    r"\quad p_{ij} = \frac{z_{ij}}{\sum_l z_{lj}}",
)
def entropy(
    x: Floats,
    siblings: Siblings,
    *,
    zeros: dispersion.Zeros = "skip",
    eps: float = 1e-4,
    low: float = 1e-4,
    high: float = 1.0,
    in_score: bool = False,
) -> Floats:
    """Weigh an indicator by how unevenly its total is shared.

    p = z / sum z over the cells, e = -sum p ln p / ln(cells observed), w = (1 - e) / sum (1 - e). Missing cells are
    left out. ``zeros`` says what becomes of a zero, whose logarithm does not exist: nothing (0 ln 0 = 0), ``shift`` by
    eps, ``replace`` by eps, shift by the ``half-minimum`` of the column, or ``rescale`` from low to high.
    With ``in_score`` the data so changed are also what is scored: see ``scored``.
    """
    z = dispersion.without_zeros(x, zeros, eps, low, high)
    if (z < 0).any():
        _refuse(
            siblings,
            (z < 0).any(-2),
            "negative-share",
            "entropy weights need shares of a total, so no value may be below zero; below zero: {}. Normalise to a "
            'range from 0, or use zeros = "rescale"',
            '熵值法以占比计算，取值不得为负；以下指标出现负值：{}。请标准化到非负区间，或设置 zeros = "rescale"',
        )
    return _shares(dispersion.divergence(z), siblings)


def scored(
    x: Floats,
    *,
    zeros: dispersion.Zeros = "skip",
    eps: float = 1e-4,
    low: float = 1e-4,
    high: float = 1.0,
    in_score: bool = False,
) -> Floats:
    """The data that enter the score under the options of ``entropy``: as they are, unless ``in_score``."""
    return dispersion.without_zeros(x, zeros, eps, low, high) if in_score else x


@weightings.add(
    "critic",
    zh="CRITIC 法",
    cite="Diakoulaki, Mavrotas, Papayannakis 1995",
    formula=r"w_j = \frac{C_j}{\sum_m C_m}, \quad C_j = \sigma_j \sum_m (1 - r_{jm})",
)
def critic(
    x: Floats,
    siblings: Siblings,
    *,
    correlation: Literal["signed", "absolute"] = "signed",
    spread: Literal["sd", "cv"] = "sd",
) -> Floats:
    """Weigh an indicator by its spread times its conflict with the others.

    C = s sum (1 - r); s is the standard deviation (n - 1) or the coefficient of variation, r Pearson's correlation over
    the cells where both are known, or its absolute value.
    """
    width = dispersion.deviation(x) if spread == "sd" else _variation(x, siblings)
    return _shares(width * dispersion.conflict(x, signed=correlation == "signed"), siblings)


@weightings.add(
    "coefficient-of-variation",
    zh="变异系数法",
    cite="OECD, JRC 2008",
    formula=r"w_j = \frac{\sigma_j / \bar{z}_j}{\sum_m \sigma_m / \bar{z}_m}",
)
def coefficient_of_variation(x: Floats, siblings: Siblings) -> Floats:
    """Weigh an indicator by its standard deviation over its mean (n - 1, observed cells)."""
    return _shares(_variation(x, siblings), siblings)


@weightings.add(
    "standard-deviation",
    zh="标准差法",
    cite="Diakoulaki, Mavrotas, Papayannakis 1995",
    formula=r"w_j = \frac{\sigma_j}{\sum_m \sigma_m}",
)
def standard_deviation(x: Floats, siblings: Siblings) -> Floats:
    """Weigh an indicator by its standard deviation (n - 1, observed cells)."""
    return _shares(dispersion.deviation(x), siblings)


@weightings.add(
    "ahp",
    zh="层次分析法",
    cite="Saaty 1980",
    formula=r"A w = \lambda_{\max} w, \quad \sum_j w_j = 1, \quad \mathrm{CR} = \frac{\lambda_{\max} - k}{(k - 1) "
    r"\, \mathrm{RI}_k} < \mathrm{limit}",
)
def ahp(x: Floats, siblings: Siblings, *, matrices: dict[str, list[list[float | str]]], limit: float = 0.1) -> Floats:
    """Weigh by pairwise judgements, one matrix per parent, in the order of its children.

    Judgements whose consistency ratio reaches ``limit`` are refused. A parent with one child needs no matrix.
    """
    k = len(siblings.codes)
    if k == 1:
        return equal(x, siblings)
    matrix = matrices.get(siblings.parent)
    order = ", ".join(siblings.codes)
    if matrix is None or len(matrix) != k:
        found = "none" if matrix is None else f"one of order {len(matrix)}"
        raise FaultyValue(
            "wrong-matrix",
            f"'{siblings.parent}' needs a {k} by {k} comparison matrix in the order {order}; found {found}.",
            f"“{siblings.parent}”需要 {k} 阶判断矩阵，次序为 {order}；"
            + ("未提供。" if matrix is None else f"现为 {len(matrix)} 阶。"),
        )
    try:
        w, ratio = ahp_weights(matrix)
    except FaultyValue as fault:
        named = (f"'{siblings.parent}' ({order}): {fault.en}", f"“{siblings.parent}”（{order}）：{fault.zh}")
        raise FaultyValue(fault.code, *named) from None
    if ratio >= limit:
        raise FaultyValue(
            "inconsistent-judgements",
            f"the judgements on '{siblings.parent}' contradict one another: consistency ratio {ratio:.3f}, allowed "
            f"below {limit:g}. Revise the matrix, or raise `limit`.",
            f"“{siblings.parent}”的判断矩阵未通过一致性检验：CR = {ratio:.3f}，须小于 {limit:g}。"
            "请修正判断矩阵，或调高 limit。",
        )
    return np.broadcast_to(w, (*x.shape[:-2], k)).copy()


@weightings.add(
    "game-theory",
    zh="博弈论组合赋权",
    cite="linear system of the players, constrained to shares of zero or more",
    formula=r"w = \frac{\sum_q a_q w^{(q)}}{\sum_q a_q}, \quad \sum_q a_q \, w^{(p)} \cdot w^{(q)} = w^{(p)} "
    r"\cdot w^{(p)}, \quad a_q \geq 0",
)
def game_theory(x: Floats, siblings: Siblings, *, of: list[str | dict[str, Any] | Callable[..., Any]]) -> Floats:
    """Find the compromise between several sets of weights that stays near each of them.

    No set takes part with a negative share. ``of`` lists methods by name, or with options as {method = "critic", …}.
    """
    sets = _sets(x, siblings, of)
    stack = sets.reshape(-1, *sets.shape[-2:])
    return np.stack([combination.reconcile(one)[0] for one in stack]).reshape(*x.shape[:-2], x.shape[-1])


@weightings.add(
    "multiplicative",
    zh="乘法合成组合赋权",
    cite="normalised product of weights",
    formula=r"w_j = \frac{\prod_q w_j^{(q)}}{\sum_m \prod_q w_m^{(q)}}",
)
def multiplicative(x: Floats, siblings: Siblings, *, of: list[str | dict[str, Any] | Callable[..., Any]]) -> Floats:
    """Multiply several sets of weights; what one set holds for nothing stays nothing."""
    return _shares(combination.multiply(_sets(x, siblings, of)), siblings)


@weightings.add(
    "average",
    zh="加法合成组合赋权",
    cite="arithmetic mean of weights",
    formula=r"w_j = \frac{1}{Q} \sum_{q=1}^{Q} w_j^{(q)}",
)
def average(x: Floats, siblings: Siblings, *, of: list[str | dict[str, Any] | Callable[..., Any]]) -> Floats:
    """Average several sets of weights."""
    return np.asarray(_sets(x, siblings, of).mean(-2))


def _sets(x: Floats, siblings: Siblings, of: list[str | dict[str, Any] | Callable[..., Any]]) -> Floats:
    """The weights of every method in ``of``, (..., sets, k)."""
    if len(of) < 2:
        raise FaultyValue(
            "nothing-to-combine",
            f"a combination needs two methods or more in `of`; found {len(of)}.",
            f"组合赋权的 of 须列出至少两种方法；现有 {len(of)} 种。",
        )
    sets = []
    for part in of:
        options = {key: value for key, value in part.items() if key != "method"} if isinstance(part, dict) else {}
        method = weightings.find(part.get("method", "") if isinstance(part, dict) else part)
        sets.append(method.function(x, siblings, **method.accept(options)))
    return np.stack(sets, axis=-2)


def _variation(x: Floats, siblings: Siblings) -> Floats:
    centre = dispersion.mean(x)
    if (centre <= 0).any():
        _refuse(
            siblings,
            centre <= 0,
            "no-positive-mean",
            "a coefficient of variation needs a mean above zero; not so: {}. Normalise to a range from 0, or weigh by "
            "standard-deviation",
            "变异系数要求均值为正；以下指标的均值不为正：{}。请标准化到非负区间，或改用标准差法",
        )
    return np.asarray(dispersion.deviation(x) / centre)


def _stated(siblings: Siblings) -> Floats:
    return np.asarray(siblings.given / siblings.given.sum())


def _outcome(x: Floats, siblings: Siblings) -> Callable[[Floats], Floats]:
    outcome = siblings.outcome
    if outcome is None or x.ndim != 2 or outcome(_stated(siblings)).size != len(x):
        raise FaultyValue(
            "no-outcome",
            f"optimised weights of {', '.join(siblings.codes)} need the index they lead to, over all years at once: "
            'set scope = "pooled", and not `flat`.',
            f'{"、".join(siblings.codes)} 的优化赋权以全部年份的综合指数为目标：请设置 scope = "pooled"，且不设 flat。',
        )
    return outcome


def _shares(weights: Floats, siblings: Siblings) -> Floats:
    """Make weights sum to one; siblings none of which has any are refused, an only child needs none."""
    if weights.shape[-1] == 1:
        return np.ones_like(weights)
    total = weights.sum(-1, keepdims=True)
    if (total <= 1e-14).any():
        _refuse(
            siblings,
            np.ones(len(siblings.codes), dtype=bool),
            "no-differences",
            "these indicators show no difference to weigh by: {}. Leave out what is constant, or choose given weights",
            "以下指标没有可据以赋权的差异：{}。请剔除取值不变的指标，或改用指定权重",
        )
    return np.asarray(weights / total)


def _refuse(siblings: Siblings, at: npt.NDArray[np.bool_] | np.bool_, code: str, en: str, zh: str) -> None:
    """Raise a fault that names the siblings at fault; ``at`` is (..., k)."""
    hit = np.asarray(at).reshape(-1, len(siblings.codes)).any(axis=0)
    names = [siblings.codes[i] for i in np.flatnonzero(hit)]
    raise FaultyValue(
        code,
        f"{en.format(', '.join(names))}.",
        f"{zh.format('、'.join(names))}。",
    )
