"""Many draws together against one draw after the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.study.vary_example import data, spec
from xinzhi.core.errors import MethodError
from xinzhi.measure.cells import gathered
from xinzhi.measure.climb import weigh
from xinzhi.measure.composite import normalise, prepare
from xinzhi.measure.draws import normalise_draws, weigh_draws
from xinzhi.measure.imputation import COLUMNWISE, Near, imputations
from xinzhi.measure.normalisation import normalisations
from xinzhi.measure.treatment import treatments
from xinzhi.measure.weighting import weightings

DRAWS = 5


def own_mean(x, near):
    return np.where(np.isnan(x), np.nanmean(x), x)  # over all columns: draws must not stand beside one another


def spans(x, frame, marks):
    assert x.ndim < 4, "a function of one's own is shown one draw at a time"
    return (x - np.nanmin(x)) / np.nanmax(x) + 1


IMPUTE = [
    [{"method": name, **({"by": "zone"} if name.startswith("group") else {})}, "mean"]
    for name in sorted(COLUMNWISE - {"mean"})
] + [
    ["mean"],
    [{"method": "mean", "scope": "pooled"}],
    ["row-mean", "mean"],
    ["linear", {"method": "hot-deck", "by": "zone"}, "mean"],
    [{"method": "em", "noise": "residual", "scope": "pooled"}, "mean"],
    [{"method": own_mean}],
]
TREAT = [
    {"method": name, "skip": ["staff"], **({"power": 0.5} if name == "box-cox" else {})}
    for name in sorted(set(treatments.members) - {"log"})
] + [{"method": "winsorise", "skew": 0.3, "kurtosis": 0.3, "limit": 2, "scope": "year"}]
NORMALISE = [
    {"method": name, "reference": "C", "scope": scope}
    for name in sorted(set(normalisations.members) - {"goalposts", "scaled", "distance-to-target", "none"})
    for scope in ("pooled", "year", (2021, 2022))
] + [
    {"method": "min-max", "only": {"rd": {"method": "z-score", "scope": "year"}, "waste": "rank"}},
    {"method": spans},
]
SCREEN = [None, {"by": "both", "least": 0.5, "least_nonzero": 0.5}]


def alike(one, other):
    """To rounding, which may carry a value off the edge of a scale."""
    np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-10)


@settings(max_examples=60, deadline=None)
@given(
    impute=st.sampled_from(IMPUTE),
    treat=st.sampled_from(TREAT),
    scale=st.sampled_from(NORMALISE),
    screen=st.sampled_from(SCREEN),
    denominate=st.booleans(),
    errors=st.booleans(),
    seed=st.integers(0, 1_000),
)
def test_draws_are_prepared_together_as_they_are_alone(impute, treat, scale, screen, denominate, errors, seed):
    chosen = spec(impute=impute, treat=treat, normalise=scale, screen=screen, denominate=denominate)
    raw = gathered(data(gaps=9, seed=seed), chosen)
    rng = np.random.default_rng(seed)
    values = raw.values[None] * (rng.lognormal(0, 0.1, (DRAWS, *raw.values.shape)) if errors else 1.0)
    seeds = [int(one) for one in rng.integers(0, 2**60, DRAWS)]
    own = values if errors else np.repeat(values, DRAWS, axis=0)
    one_by_one = []
    for cells, fill in zip(own, seeds, strict=True):
        treated = prepare(replace(raw, values=cells), chosen, seed=fill).treated
        try:
            one_by_one.append(normalise(treated, chosen, raw))
        except MethodError as fault:
            with pytest.raises(MethodError) as caught:
                normalise_draws(values, seeds, chosen, raw)
            assert caught.value.faults == fault.faults
            return
    together = normalise_draws(values, seeds, chosen, raw)
    alike(np.broadcast_to(together, own.shape), np.array(one_by_one))


def test_draws_that_differ_in_nothing_are_made_once():
    chosen = spec(impute=["mean"])
    raw = gathered(data(gaps=9), chosen)
    assert len(normalise_draws(raw.values[None], list(range(DRAWS)), chosen, raw)) == 1
    drawn = spec(impute=["hot-deck"])
    assert len(normalise_draws(raw.values[None], list(range(DRAWS)), drawn, raw)) == DRAWS


def own_weights(x, siblings):
    assert x.ndim < 4, "a function of one's own is shown one draw at a time"
    return np.full((*x.shape[:-2], x.shape[-1]), 1 / x.shape[-1])


NEEDY = {
    "average": {"of": ["equal", "entropy"]},
    "multiplicative": {"of": ["critic", "entropy"]},
    "game-theory": {"of": ["critic", {"method": "entropy", "zeros": "shift"}, "equal"]},
    "given": {"relative": True},
}
WEIGH = [
    {"method": name, "scope": scope, **NEEDY.get(name, {})}
    # Of principal components rounding decides the sign, where siblings are two and go against one another.
    for name in sorted(set(weightings.members) - {"ahp", "pca", "correlation-optimised", "effective-weight-optimised"})
    for scope in ("pooled", "year", (2020, 2021))
] + [
    {"method": "entropy", "flat": True},
    {"method": "critic", "flat": True, "scope": "year"},
    {"method": own_weights},
    [{"method": "entropy", "in_score": True, "zeros": "half-minimum", "level": 1}, "critic"],
    [{"method": "entropy", "scope": "year", "level": 1}, "standard-deviation"],
    [{"method": "correlation-optimised", "level": 1}, "entropy"],
]
AGGREGATE = ["arithmetic", "geometric", "mean-min", {"method": "topsis", "scope": "year"}]


@settings(max_examples=60, deadline=None)
@given(
    chosen=st.sampled_from(WEIGH),
    aggregate=st.sampled_from(AGGREGATE),
    gaps=st.sampled_from([0, 4]),
    seed=st.integers(0, 1_000),
)
def test_draws_are_weighed_together_as_they_are_alone(chosen, aggregate, gaps, seed):
    index = spec(weigh=chosen, aggregate=aggregate)
    raw = gathered(data(gaps=gaps, seed=seed), index)
    rng = np.random.default_rng(seed)
    normalised = rng.uniform(1, 100, (2 if "optimised" in str(chosen) else DRAWS, *raw.values.shape))
    normalised[:, np.isnan(raw.values)] = np.nan
    try:
        one_by_one = [np.atleast_2d(weigh(one, index, raw)) for one in normalised]
    except MethodError as fault:
        with pytest.raises(MethodError) as caught:
            weigh_draws(normalised, index, raw)
        assert caught.value.faults == fault.faults
        return
    together = weigh_draws(normalised, index, raw)
    alike(np.broadcast_to(together, (len(normalised), *one_by_one[0].shape)), np.array(one_by_one))


def test_the_draw_that_cannot_be_measured_names_its_cells():
    chosen = spec(treat="log")
    raw = gathered(data(), chosen)
    values = np.repeat(raw.values[None], 3, axis=0)
    values[1, 0, 2, 3] = -1.0
    with pytest.raises(MethodError, match=r"'energy': 'log' has no value at Region C \(2020\)"):
        normalise_draws(values, [0, 0, 0], chosen, raw)


def test_donors_are_drawn_as_numpy_draws_them():
    x = data(gaps=12).transpose("time", "region", "indicator").values
    near = Near(None, np.zeros(7, dtype=int), np.arange(3.0), np.ones(7), pooled=True, seed=5)
    rng, expected = np.random.default_rng(5), x.reshape(-1, 7).copy()
    for column in expected.T:
        if (gap := np.isnan(column)).any():
            column[gap] = rng.choice(column[~gap], size=int(gap.sum()))
    made = imputations.find("hot-deck").function(x, near)
    np.testing.assert_array_equal(made.reshape(-1, 7), expected)
