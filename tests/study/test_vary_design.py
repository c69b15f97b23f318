"""Points, their arrangement, and how a point becomes a version."""

from __future__ import annotations

import numpy as np
import pytest

from xinzhi.core.errors import MethodError
from xinzhi.study.vary.design import INDEPENDENT, arrange, binned, factorial, points, seeds


@pytest.mark.parametrize("sampling", ["sobol", "latin-hypercube", "random"])
def test_points_lie_in_the_unit_cube_and_follow_the_seed(sampling):
    u = points(100, 3, sampling, 7)
    assert u.shape == (100, 3)
    assert ((u >= 0) & (u < 1)).all()
    assert np.array_equal(u, points(100, 3, sampling, 7))
    assert not np.array_equal(u, points(100, 3, sampling, 8))
    np.testing.assert_allclose(u.mean(axis=0), 0.5, atol=0.1)


def test_a_latin_hypercube_has_one_point_in_every_slice():
    u = points(50, 4, "latin-hypercube", 1)
    assert (np.sort((u * 50).astype(int), axis=0) == np.arange(50)[:, None]).all()


def test_mixed_points_take_one_factor_from_the_other_set():
    groups = [slice(0, 1), slice(1, 4), slice(4, 5)]
    design = arrange(20, groups, "random", 2, effects=True)
    assert design.independent == 20
    assert design.factors == 3
    a, b = design.points[:10], design.points[10:20]
    for at, group in enumerate(groups):
        mixed = design.points[design.mixed == at]
        assert np.array_equal(mixed[:, group], b[:, group])
        others = [j for j in range(5) if not group.start <= j < group.stop]
        assert np.array_equal(mixed[:, others], a[:, others])
    assert (design.mixed[:20] == INDEPENDENT).all()


def test_without_effects_nothing_is_mixed():
    design = arrange(21, [slice(0, 2)], "sobol", 2, effects=False)
    assert (len(design.points), design.independent, design.factors) == (21, 21, 0)


def test_a_factorial_has_every_combination_once_the_first_factor_fastest():
    design = factorial([2, 3])
    picks = np.stack([binned(design.points[:, 0], 2), binned(design.points[:, 1], 3)], axis=1)
    assert picks.tolist() == [[0, 0], [1, 0], [0, 1], [1, 1], [0, 2], [1, 2]]


def test_bins_are_of_equal_width_over_the_unit_interval():
    assert binned(np.array([0.0, 0.333, 0.334, 0.999999, 1 - 1e-17]), 3).tolist() == [0, 0, 1, 2, 2]


def test_seeds_hang_on_the_point_alone():
    u = np.array([0.1, 0.7, 0.1, 0.1 + 1e-15])
    found = seeds(u, 3)
    assert found[0] == found[2]
    assert len(set(found.tolist())) == 3
    assert (found >= 0).all()
    assert seeds(u, 4)[0] != found[0]


def test_a_sobol_sequence_has_an_end():
    with pytest.raises(MethodError, match="at most 21201 columns"):
        points(2, 30_000, "sobol", 1)
    assert points(2, 30_000, "latin-hypercube", 1).shape == (2, 30_000)
