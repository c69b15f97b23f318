from __future__ import annotations

import numpy as np
import pytest

from xinzhi.core.specs import FaultyValue
from xinzhi.measure.aggregation import coupling_coordination
from xinzhi.measure.coupling import coupling

ALIKE = np.array([[0.4, 0.4, 0.4]])


@pytest.mark.parametrize("form", ["standard", "wang-2021"])
def test_systems_that_are_alike_are_fully_coupled(form: str) -> None:
    assert coupling(ALIKE, form=form)[0] == pytest.approx(1)


def test_two_systems_by_hand() -> None:
    u = np.array([[0.2, 0.8]])
    assert coupling(u)[0] == pytest.approx(2 * np.sqrt(0.16) / 1.0)
    assert coupling(u, form="wang-2021")[0] == pytest.approx(np.sqrt(0.4 * 0.25))


def test_three_systems_in_the_modified_form_by_hand() -> None:
    u = np.array([[0.2, 0.4, 0.8]])
    apart = (0.2 + 0.6 + 0.4) / 3
    assert coupling(u, form="wang-2021")[0] == pytest.approx(np.sqrt((1 - apart) * np.sqrt(0.25 * 0.5)))


def test_coordination_weighs_the_levels() -> None:
    u, w = np.array([[0.2, 0.8]]), np.array([3.0, 1.0])
    assert coupling_coordination(u, w)[0] == pytest.approx(np.sqrt(0.8 * 0.35))


@pytest.mark.parametrize("form", ["standard", "wang-2021"])
def test_a_system_at_nothing_is_explained_unless_kept(form: str) -> None:
    u = np.array([[0.0, 0.8], [0.0, 0.0], [0.5, 0.5]])
    with pytest.raises(FaultyValue, match="whatever the others are") as caught:
        coupling_coordination(u, np.ones(2), form=form)
    assert "耦合度均为 0" in caught.value.zh
    np.testing.assert_allclose(coupling_coordination(u, np.ones(2), form=form, zeros="keep"), [0, 0, np.sqrt(0.5)])


def test_a_missing_system_leaves_no_score() -> None:
    assert np.isnan(coupling_coordination(np.array([[0.5, np.nan]]), np.ones(2))).all()


def test_rounding_beyond_the_scale_is_forgiven() -> None:
    assert coupling_coordination(np.array([[1 + 1e-12, 1.0]]), np.ones(2)) == pytest.approx([1.0])
