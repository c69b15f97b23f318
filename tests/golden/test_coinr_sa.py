"""COINr 1.1.14's uncertainty and sensitivity analysis, on its own designs: replicates, ranks, effects.

``asem_factorial_*`` are all 2,000 combinations of the ASEM vignette (most points to winsorise, normalisation, one of
100 noisy sets of weights, mean), built on the package's example; ``asem_sobol_exact`` are their exact effects. In
``asem`` and ``syn_a`` a sampled design of 150 draws says which versions COINr took; its bins move with the sample,
ours do not, so the versions are handed over and not the points. ``asem_sa_indices_ci`` is one random run with bootstrap
intervals: our exact effects must lie within them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import SHARED
from tests.golden.coinr import coin_panel, coin_spec, table, within
from tests.golden.tables import Row, apart
from xinzhi.core.errors import MethodError
from xinzhi.study.vary.choices import Variations
from xinzhi.study.vary.design import INDEPENDENT, Design
from xinzhi.study.vary.plan import Plan
from xinzhi.study.vary.replay import Replay
from xinzhi.study.vary.results import Doubt
from xinzhi.study.vary.sobol import estimated
from xinzhi.study.vary.varying import vary

ROOM = SHARED / "golden" / "coinr"
EXAMPLE: dict[str, Any] = {
    "impute": {"method": "group-mean", "by": "EurAsia_group"},
    "normalise": {"method": "min-max", "to": (0, 100)},
}
WINSORISED = [{"method": "winsorise-then-log", "limit": limit} for limit in range(1, 6)]


def _sets(file: Path) -> list[dict[str, float]]:
    noisy = table(file)
    return [dict(zip(own["iCode"], own["Weight"], strict=True)) for _, own in noisy.groupby("rep")]


def _varied(file: Path, z_score: dict[str, float]) -> Variations:
    return Variations.model_validate(
        {
            "treat": WINSORISED,
            "normalise": [{"method": "min-max", "to": (1, 100)}, {"method": "z-score"} | z_score],
            "stated": _sets(file),
            "aggregate": ["arithmetic", "geometric"],
        }
    )


@lru_cache(maxsize=1)
def vignette() -> Doubt:
    panel, spec = coin_panel(ROOM / "asem"), coin_spec(ROOM / "asem", **EXAMPLE)
    said = _varied(ROOM / "sa" / "asem_noisy_weights.csv", {"mean": 10, "sd": 2})
    return vary(panel, spec, said, sampling="factorial")


def factorial() -> Iterator[Row]:
    doubt = vignette()
    theirs = table(ROOM / "sa" / "asem_factorial_y.csv")
    picks = theirs[["winmax", "norm", "wset", "agg"]].to_numpy(float)
    yield "sa/asem_factorial_y.csv", "versions", apart(doubt.picks + 1, picks)
    yield "sa/asem_factorial_y.csv", "mean rank change", apart(doubt.rank_shift(), theirs["y"].to_numpy(float))
    scores = table(ROOM / "sa" / "asem_factorial_scores.csv").set_index("uCode").loc[list(doubt.regions)]
    yield "sa/asem_factorial_scores.csv", "2000 combinations", apart(doubt.draws[:, 0].T, scores.to_numpy(float))
    exact = table(ROOM / "sa" / "asem_sobol_exact.csv")
    ours = doubt.effects()
    yield "sa/asem_sobol_exact.csv", "first order", apart(ours.shares.first, exact["Si_exact"].to_numpy(float))
    yield "sa/asem_sobol_exact.csv", "total", apart(ours.shares.total, exact["STi_exact"].to_numpy(float))
    yield "sa/asem_sobol_exact.csv", "variance", apart(ours.shares.variance, exact["Var"].to_numpy(float)[0])
    yield "sa/asem_sobol_exact.csv", "mean", apart(doubt.rank_shift().mean(), exact["mean_y"].to_numpy(float)[0])


def replicates() -> Iterator[Row]:
    for name in ("asem", "syn_a"):
        folder = ROOM / name
        panel, spec = coin_panel(folder), coin_spec(folder)
        plan = Plan.of(spec, _varied(folder / "sa_noisy_weights.csv", {"mean": 50, "sd": 5}))
        design = table(folder / "sa_design.csv")
        picks = design[["X1.1", "X2.1", "X3.1", "X4.1"]].to_numpy(int) - 1
        points = (picks + 0.5) / [len(factor.versions) for factor in plan.factors]
        doubt = _doubt(panel, spec, plan, points)
        regions = list(doubt.regions)
        scores = table(folder / "sa_scores.csv").set_index("uCode").loc[regions]
        yield f"{name}/sa_scores.csv", "nominal", apart(doubt.nominal[0], scores["Nominal"].to_numpy(float))
        yield f"{name}/sa_scores.csv", "150 draws", apart(doubt.draws[:, 0].T, scores.iloc[:, 1:].to_numpy(float))
        ranks = table(folder / "sa_ranks.csv").set_index("uCode").loc[regions]
        ours = np.array([doubt.rank_of(region) for region in regions])
        yield f"{name}/sa_ranks.csv", "150 draws", apart(ours, ranks.iloc[:, 1:].to_numpy(float))
        y = table(folder / "sa_y.csv")["y"].to_numpy(float)
        yield f"{name}/sa_y.csv", "mean rank change", apart(doubt.rank_shift(), y)
        stats = table(folder / "sa_rankstats.csv").set_index("uCode").loc[regions]
        columns = {
            "rank": "Nominal",
            "rank_mean": "Mean",
            "rank_median": "Median",
            "rank_low": "Q5",
            "rank_high": "Q95",
        }
        mine = doubt.intervals(0.9)[list(columns)].to_numpy(float)
        yield f"{name}/sa_rankstats.csv", "ranks", apart(mine, stats[list(columns.values())].to_numpy(float))
        indices = table(folder / "sa_indices_exact.csv")
        shares = doubt.effects(estimator="coinr", resamples=0).shares
        both = np.array([shares.first, shares.total]).T
        yield f"{name}/sa_indices_exact.csv", "effects", apart(both, indices[["Si", "STi"]].to_numpy(float))
        yield f"{name}/sa_indices_exact.csv", "variance", apart(shares.variance, indices["varY"].to_numpy(float)[0])


def analytic() -> Iterator[Row]:
    y = table(ROOM / "sa" / "sa_analytic_design.csv")["y"].to_numpy(float)
    a, b, *mixed = y.reshape(6, -1)
    shares = estimated(a, b, np.array(mixed), estimator="coinr")
    theirs = table(ROOM / "sa" / "sa_analytic_indices.csv")
    both = np.array([shares.first, shares.total]).T
    yield "sa/sa_analytic_indices.csv", "effects", apart(both, theirs[["Si", "STi"]].to_numpy(float))
    yield "sa/sa_analytic_indices.csv", "variance", apart(shares.variance, theirs["varY"].to_numpy(float)[0])


def _doubt(panel: Any, spec: Any, plan: Plan, points: np.ndarray) -> Doubt:
    """COINr's own design under our engine: A and B, then A with one factor's versions from B."""
    n = len(points) // (len(plan.factors) + 2)
    parts = np.repeat(np.arange(-2, len(plan.factors)), n)
    design = Design(points, 2 * n, np.maximum(parts, INDEPENDENT).astype(np.int16))
    made = vary(panel, spec, plan.variations, draws=2)
    own = {
        "design": design,
        "picks": plan.picks(points, 0),
        "draws": Replay.of(panel, plan, 0).scores(points),
    }
    fields = {name: getattr(made, name) for name in made.__dataclass_fields__}
    return Doubt(**(fields | own))


CHECKS = (factorial, replicates, analytic)


def worst_differences() -> Iterator[Row]:
    """Every file that these tests read, with what is compared and how far off it is."""
    for check in CHECKS:
        yield from check()


@pytest.mark.usefixtures("golden")
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_agrees_with_coinr(check):
    within(check())


@pytest.mark.usefixtures("golden")
def test_a_random_run_of_coinr_holds_the_exact_effects():
    exact, run = vignette().effects().shares, table(ROOM / "sa" / "asem_sa_indices_ci.csv")
    first, total = run[["Si_q5", "Si_q95"]].to_numpy(float), run[["STi_q5", "STi_q95"]].to_numpy(float)
    assert ((first[:, 0] < exact.first) & (exact.first < first[:, 1])).sum() >= 3
    assert ((total[:, 0] < exact.total) & (exact.total < total[:, 1])).sum() >= 3


@pytest.mark.usefixtures("golden")
def test_sampled_effects_approach_the_exact_ones():
    panel, spec = coin_panel(ROOM / "asem"), coin_spec(ROOM / "asem", **EXAMPLE)
    said = _varied(ROOM / "sa" / "asem_noisy_weights.csv", {"mean": 10, "sd": 2})
    exact, sampled = vignette().effects().shares, vary(panel, spec, said, draws=4096).effects(resamples=0).shares
    np.testing.assert_allclose(sampled.first, exact.first, atol=0.03)
    np.testing.assert_allclose(sampled.total, exact.total, atol=0.03)


@pytest.mark.usefixtures("golden")
def test_a_factorial_needs_versions_to_count():
    panel, spec = coin_panel(ROOM / "asem"), coin_spec(ROOM / "asem", **EXAMPLE)
    with pytest.raises(MethodError, match=r"no versions to count: noise\.1"):
        vary(panel, spec, Variations.model_validate({"noise": {"level": 1}}), sampling="factorial")
