from __future__ import annotations

import numpy as np
import pytest

from xinzhi.core.specs import FaultyValue
from xinzhi.measure.normalisation import Marks, mirror, normalisations

_ = np.nan
X = np.array([2.0, 2, 4, 10, _])[:, None]


def marks(direction=1.0, target=_, low=_, high=_, reference=None):
    return Marks(*(np.array([float(value)]) for value in (direction, target, low, high)), reference=reference)


def take(name, x=X, frame=None, about=None, **options):
    frame = x if frame is None else frame
    return normalisations.find(name).function(x, frame, about or marks(), **options)[..., 0].tolist()


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_min_max():
    close(take("min-max"), [0, 0, 0.25, 1, _])
    close(take("min-max", to=(1, 100)), [1, 1, 25.75, 100, _])
    close(take("min-max", about=marks(-1)), [1, 1, 0.75, 0, _])


def test_a_base_period_may_be_left_behind():
    base = np.array([0.0, 4.0])[:, None]
    close(take("min-max", frame=base), [0.5, 0.5, 1, 2.5, _])
    close(take("rank", frame=base), [2, 2, 2, 3, _])
    close(take("rank", frame=base, ties="max"), [2, 2, 2, 3, _])
    close(take("percentile-rank", frame=base), [1, 1, 1, 1, _])


def test_z_scores_use_n_minus_one():
    close(take("z-score", np.array([[1.0], [2.0], [3.0]]), mean=100, sd=15), [85, 100, 115])


def test_ranks_and_their_ties():
    close(take("rank"), [1, 1, 3, 4, _])
    close(take("rank", ties="max"), [2, 2, 3, 4, _])
    close(take("rank", ties="average"), [1.5, 1.5, 3, 4, _])
    close(take("rank", about=marks(-1)), [3, 3, 2, 1, _])
    close(take("borda"), [0, 0, 2, 3, _])
    close(take("percentile-rank"), [0, 0, 2 / 3, 1, _])


def test_distances():
    close(take("distance-to-maximum"), [0, 0, 0.25, 1, _])
    close(take("distance-to-target", about=marks(target=6)), [0, 0, 0.5, 2, _])
    close(take("distance-to-target", about=marks(target=6), cap=True), [0, 0, 0.5, 1, _])
    close(take("distance-to-target", about=marks(-1, target=0)), [0.8, 0.8, 0.6, 0, _])
    close(take("distance-to-reference", about=marks(reference=2)), [0, 0, 1, 4, _])


def test_a_reference_must_be_named():
    with pytest.raises(FaultyValue, match="reference"):
        take("distance-to-reference")


def test_goalposts_and_bounds():
    posts = marks(low=2, high=6)
    close(take("goalposts", about=posts), [0, 0, 0.5, 1, _])
    close(take("goalposts", about=posts, clip=False, scale=100), [0, 0, 50, 200, _])
    close(take("goalposts", about=marks(-1, low=2, high=6)), [1, 1, 0.5, 0, _])
    close(take("scaled", about=posts), [0, 0, 50, 200, _])
    close(take("scaled", between=(0, 10), scale=1), [0.2, 0.2, 0.4, 1, _])


def test_fraction_of_maximum():
    close(take("fraction-of-maximum"), [0.2, 0.2, 0.4, 1, _])


def test_none_only_turns_round():
    close(take("none", about=marks(-1)), [-2, -2, -4, -10, _])


def test_a_constant_column_and_a_missing_mark_are_not_finite():
    flat = np.full((4, 1), 0.1)
    for name in ("min-max", "z-score", "distance-to-maximum", "goalposts", "distance-to-target"):
        assert not np.isfinite(take(name, flat)).any(), name


def test_the_mirror_stands_in_the_middle_of_the_scale():
    close(mirror("min-max", {"to": (1, 100)}, np.array([[1.0], [40.0]])), [[100], [61]])
    close(mirror("z-score", {"mean": 50, "sd": 10}, np.array([[40.0]])), [[60]])
    close(mirror("rank", {}, np.array([[1.0], [2.0], [5.0]])), [[5], [4], [1]])
    close(mirror("goalposts", {}, np.array([[0.2]])), [[0.8]])
    close(mirror("my own", {}, np.array([[3.0], [7.0], [4.0]])), [[7], [3], [6]])
