import numpy as np
import pytest

from tests.structure.test_relatedness import TABLE
from xinzhi.core.errors import MethodError
from xinzhi.structure import squares
from xinzhi.structure.density import density
from xinzhi.structure.outlook import outlook
from xinzhi.structure.relatedness import relatedness
from xinzhi.structure.space import space

WORTH = np.array([0.5, -1.0, 2.0, 0.0, np.nan, 1.0])


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("method", ["min-probability", "probability", "cosine"])
@pytest.mark.parametrize("gain", ["hausmann-2014", "without-own"])
def test_all_at_once_is_one_after_the_other(monkeypatch, full, method, gain):
    monkeypatch.setattr(squares, "_SPARSE_COST", np.inf if full else 0.0)
    near = relatedness(TABLE, method)
    around = density(TABLE, near)
    apart, found = outlook(TABLE, around, WORTH, gain=gain), space(TABLE, WORTH, method, gain=gain)
    assert (found.relatedness.to_table().fillna(-1) == near.to_table().fillna(-1)).all(axis=None)
    np.testing.assert_allclose(found.density.values, around.values, rtol=1e-12)
    np.testing.assert_allclose(found.outlook.index, apart.index, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.outlook.gain, apart.gain, rtol=1e-12, atol=1e-12)
    assert found.outlook.record == apart.record
    assert found.outlook.notes == apart.notes
    assert repr(around) in repr(found)


def test_a_space_given_may_be_of_other_links():
    near = relatedness(TABLE[TABLE.columns[::-1]])
    np.testing.assert_allclose(space(TABLE, WORTH, near).density.values, density(TABLE).values, rtol=1e-12)


def test_negative_relatedness_has_no_shares():
    with pytest.raises(MethodError, match="above = 0"):
        space(TABLE, WORTH, "correlation")
