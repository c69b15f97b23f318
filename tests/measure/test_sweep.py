"""Many sets of weights at once against one at a time."""

from __future__ import annotations

import numpy as np
import pytest

from tests.study.vary_example import data, spec
from xinzhi.core.errors import MethodError
from xinzhi.measure.cells import gathered
from xinzhi.measure.climb import scores_under, shares_of
from xinzhi.measure.composite import measure
from xinzhi.measure.sweep import sweep

P = {"method": "generalised-mean", "p": 2.0}


@pytest.mark.parametrize("gaps", [0, 10])
@pytest.mark.parametrize("yearly", [False, True])
@pytest.mark.parametrize(
    "aggregate",
    [
        "arithmetic",
        "geometric",
        "harmonic",
        P,
        ["arithmetic", {"method": "geometric", "level": 3}],
        ["geometric", {"method": "mean-min", "level": 2}],
        [{"method": "arithmetic", "least": 0.7}, {"method": "harmonic", "level": 4}],
    ],
    ids=str,
)
def test_agrees_with_one_set_at_a_time(gaps, yearly, aggregate):
    panel, wanted = data(gaps=gaps), spec(aggregate=aggregate)
    raw, normalised = gathered(panel, wanted), measure(panel, wanted).stages.normalised
    rng = np.random.default_rng(1)
    weights = shares_of(rng.random((9, 3 if yearly else 1, len(wanted.tree.nodes))), wanted.tree)
    together = sweep(weights, normalised, wanted, raw)
    for own, scores in zip(weights, together, strict=True):
        one = scores_under(own if yearly else own[0], normalised, wanted, raw)[:, :, -1]
        np.testing.assert_allclose(scores, one, rtol=1e-12, atol=1e-12)


def test_what_a_mean_cannot_take_is_refused_with_its_place():
    panel, wanted = data(), spec(normalise="z-score", aggregate="geometric")
    raw = gathered(panel, wanted)
    normalised = measure(panel, spec(normalise="z-score")).stages.normalised
    weights = shares_of(np.ones((2, 1, len(wanted.tree.nodes))), wanted.tree)
    with pytest.raises(MethodError, match=r"geometric of 'science'.*Found at Region A"):
        sweep(weights, normalised, wanted, raw)
