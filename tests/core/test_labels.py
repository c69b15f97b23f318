"""A panel knows of each cell whether it was observed."""

import numpy as np
import pytest

from xinzhi.core.labels import ORIGINS, ORIGINS_ZH, panel


def test_numbers_are_observed_and_nan_is_missing():
    made = panel([[[1.0, np.nan]]], ["A"], [2020], ["x", "y"], about_indicator={"unit": ["kg", "m"]})
    assert [ORIGINS[code] for code in made.coords["origin"].values[0, 0]] == ["observed", "missing"]


def test_what_is_known_of_an_indicator_follows_a_selection():
    made = panel([[[1.0, 2.0]]], ["A"], [2020], ["x", "y"], about_indicator={"unit": ["kg", "m"]})
    assert made.sel(indicator="y").coords["unit"].item() == "m"


def test_every_origin_has_a_chinese_name():
    assert len(ORIGINS) == len(ORIGINS_ZH) == len(set(ORIGINS_ZH))


def test_shapes_must_fit():
    with pytest.raises(ValueError):
        panel([[[1.0]]], ["A", "B"], [2020], ["x"])
