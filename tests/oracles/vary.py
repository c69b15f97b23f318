"""Slow, obvious twins of varying: one draw after the other, each the whole index from its panel."""

from __future__ import annotations

from typing import Any

import numpy as np

from xinzhi.core.labels import Panel
from xinzhi.measure.cells import gathered
from xinzhi.measure.climb import climb, scores_under
from xinzhi.measure.composite import measure, normalise, prepare
from xinzhi.measure.spec import IndexSpec
from xinzhi.study.vary.results import Doubt


def replayed(doubt: Doubt, panel: Panel, versions: dict[str, list[dict[str, Any]]]) -> np.ndarray:
    """Every draw's scores, (draw, time, region).

    ``versions`` says for every factor with versions of a spec what each of them changes in it, written out in full;
    what a draw picked, its noise and its seeds are read from the doubt's table of draws.
    """
    spec, said = doubt.plan.spec, doubt.plan.variations
    out = []
    for draw in range(len(doubt.draws)):
        changes: dict[str, Any] = {}
        factors = {factor.name: (at, factor) for at, factor in enumerate(doubt.plan.factors)}
        for name, options in versions.items():
            changes |= options[doubt.picks[draw, factors[name][0]]]
        fields = {name: getattr(spec, name) for name in IndexSpec.model_fields} | changes
        varied = IndexSpec.model_validate(fields)
        cells = panel
        if said.error is not None:
            cells = _in_error(panel, varied, said.error.of["*"].share, int(doubt.picks[draw, factors["error"][0]]))
        loud = np.ones(len(varied.tree.nodes))
        for noise in said.noise:
            _, factor = factors[f"noise.{noise.level}"]
            u = doubt.design.points[draw, factor.columns]
            nodes = [at for at in range(len(loud)) if varied.tree.levels[at] == noise.level]
            for at, point in zip(nodes, u, strict=True):
                loud[at] = 1 - noise.share + 2 * noise.share * point
        left = -1
        if "leave_out" in factors:
            at, factor = factors["leave_out"]
            code = factor.versions[doubt.picks[draw, at]]
            left = -1 if code == "-" else varied.tree.position(code)
        seed = int(doubt.picks[draw, factors["fill"][0]]) if "fill" in factors else None
        out.append(_one(cells, varied, loud, left, seed))
    return np.array(out)


def _one(panel: Panel, spec: IndexSpec, loud: np.ndarray, left: int, seed: int | None) -> np.ndarray:
    if seed is None:
        index = measure(panel, spec)
        weights, normalised = index.stages.weights, index.stages.normalised
    else:
        raw = gathered(panel, spec)
        normalised = normalise(prepare(raw, spec, seed=seed).treated, spec, raw)
        weights, _ = climb(normalised, spec, raw)
    tree = spec.tree
    weights = weights * loud
    while left >= 0:
        family = next(family for family in tree.families if left in family.children)
        if weights[..., family.children].sum() > weights[..., left].sum() + 1e-12:
            weights[..., left] = 0
            break
        left = family.parent
    for family in tree.families:
        weights[..., family.children] /= weights[..., family.children].sum(-1, keepdims=True)
    weights[..., -1] = 1
    return scores_under(weights, normalised, spec, gathered(panel, spec))[:, :, -1]


def _in_error(panel: Panel, spec: IndexSpec, share: float, seed: int) -> Panel:
    """Each indicator's column off by its own errors; only where every column is one indicator's."""
    noise = np.random.default_rng(seed).standard_normal(
        (panel.sizes["time"], panel.sizes["region"], spec.tree.n_indicators)
    )
    values = panel.transpose("time", "region", "indicator").values.copy()
    for j, leaf in enumerate(spec.tree.indicators):
        at = list(panel["indicator"].values).index(leaf.source)
        values[:, :, at] += noise[:, :, j] * share * np.abs(values[:, :, at])
    return panel.copy(data=values.transpose(1, 0, 2))


def ranks(scores: np.ndarray) -> list[int]:
    """Rank of every unit of one list: one more than those that are better; 0 without score."""
    return [0 if np.isnan(own) else 1 + sum(other > own for other in scores) for own in scores]


def sobol(f, options: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Exact first-order and total effects of a function of discrete factors, by the definition with conditional means.

    S_i = V[E(y | x_i)] / V(y); S_Ti = 1 - V[E(y | all but x_i)] / V(y).
    """
    cells = [tuple(at) for at in np.ndindex(*options)]
    y = {cell: f(*cell) for cell in cells}
    variance = np.var(list(y.values()))
    first, total = [], []
    for i, n in enumerate(options):
        given = [np.mean([y[cell] for cell in cells if cell[i] == at]) for at in range(n)]
        first.append(np.var(given) / variance)
        rest = {cell[:i] + cell[i + 1 :] for cell in cells}
        others = [np.mean([y[cell] for cell in cells if cell[:i] + cell[i + 1 :] == one]) for one in rest]
        total.append(1 - np.var(others) / variance)
    return np.array(first), np.array(total)
