from __future__ import annotations

import numpy as np

from xinzhi.measure.screening import screen

_ = np.nan
# Four indicators of four regions: whole, one gap, all zero but one, nothing at all.
X = np.array([[[1.0, 2, 3, 4], [_, 2, 3, 4], [0, 0, 0, 4], [_, _, _, _]]])


def test_counts_and_shares():
    found = screen(X)
    assert found.missing.tolist() == [[0, 1, 0, 4]]
    assert found.zeros.tolist() == [[0, 0, 3, 0]]
    assert found.available.tolist() == [[1, 0.75, 1, 0]]
    np.testing.assert_array_equal(found.nonzero, [[1, 1, 0.25, _]])


def test_a_share_at_the_limit_is_enough():
    assert screen(X, least=0.75).included.tolist() == [[True, True, True, False]]
    assert screen(X, least=0.76).included.tolist() == [[True, False, True, False]]


def test_the_rule_decides_which_shortfall_counts():
    assert screen(X, by="zeros", least_nonzero=0.5).included.tolist() == [[True, True, False, False]]
    assert screen(X, by="both", least=0.8, least_nonzero=0.5).included.tolist() == [[True, False, False, False]]
