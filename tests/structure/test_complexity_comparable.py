"""Complexity that can be compared over time: one score an activity for all periods."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xinzhi.core.errors import MethodError
from xinzhi.structure.comparable import comparable
from xinzhi.structure.complexity import complexity, score

ACTIVITIES = [f"a{j}" for j in range(6)]
EARLY = np.array(
    [[1, 1, 0, 1, 0, 1], [1, 1, 1, 0, 0, 0], [1, 0, 1, 1, 0, 0], [0, 1, 0, 0, 1, 1], [1, 0, 0, 0, 0, 0]], dtype=float
)
LATE = EARLY.copy()
LATE[4, 5] = 1  # the last region takes up one more activity; nobody else moves


def table(m, activities=ACTIVITIES):
    return pd.DataFrame(m, index=[f"r{i}" for i in range(len(m))], columns=activities)


YEARS = {2010: table(EARLY), 2020: table(LATE)}


@pytest.mark.parametrize("method", ["eigenvector", "fitness"])
def test_the_base_keeps_its_scores_and_who_stood_still_stands_still(method):
    found, own = comparable(YEARS, 2010, method), complexity(YEARS, method)
    assert found.regions.sel(time=2010).values == pytest.approx(own.regions.sel(time=2010).values, abs=1e-9)
    change = found.regions.sel(time=2020).values - found.regions.sel(time=2010).values
    assert change[:4] == pytest.approx(0, abs=1e-9)
    pci = found.activities.sel(time=2010).values
    expected = (pci[0] + pci[5]) / 2 - pci[0] if method == "eigenvector" else pci[5] / (EARLY @ pci).mean()
    assert change[4] == pytest.approx(expected, abs=1e-6)
    # Scored year by year, those who stood still move too.
    assert np.abs(own.regions.sel(time=2020).values - own.regions.sel(time=2010).values)[:4].max() > 1e-3
    assert found.base == "period 2010" and "periods can be compared" in repr(found)


@pytest.mark.parametrize("convention", ["ecomplexity", "economiccomplexity", "fermi"])
def test_the_base_keeps_its_scores_whatever_the_convention(convention):
    found = comparable(YEARS, 2020, convention=convention)
    own = complexity(YEARS, convention=convention)
    assert found.regions.sel(time=2020).values == pytest.approx(own.regions.sel(time=2020).values, abs=1e-9)


def test_pooled_scores_regions_of_all_periods_together():
    found = comparable(YEARS)
    together = score(np.vstack([EARLY, LATE]))
    assert found.regions.values.ravel() == pytest.approx(together.regions)
    assert found.activities.values[0] == pytest.approx(together.activities)
    assert found.regions.values[0, :4] == pytest.approx(found.regions.values[1, :4])
    assert comparable(YEARS, method="genepy").regions.shape == (2, 5)  # any measure can be pooled


@pytest.mark.parametrize("form", [pd.Series, dict, "array"])
def test_given_activities_are_taken_as_they_are(form):
    given = pd.Series([5.0, 1.0, 2.0, 8.0, 4.0], index=["a4", "a3", "a1", "a0", "a5"])  # a2 is not known
    base = given.to_dict() if form is dict else given
    if form == "array":
        base = xr.DataArray(given.to_numpy(), dims="activity", coords={"activity": given.index.to_numpy()})
    found = comparable(YEARS, base)
    assert found.regions.sel(time=2010, region="r0").item() == pytest.approx((8 + 2 + 1 + 4) / 4)
    assert found.regions.sel(time=2010, region="r1").item() == pytest.approx((8 + 2) / 2)
    told = [note for note in found.diagnosis if note.code == "unscored-activities"]
    assert len(told) == 2 and "1 activities" in told[0].en
    assert comparable(YEARS, base, "fitness").regions.sel(time=2020, region="r4").item() == pytest.approx(8 + 4)


def test_prody_carries_incomes_to_other_years():
    amounts = {2010: table(EARLY * 4 + 1), 2020: table(LATE * 7 + 1)}
    income = pd.Series([5.0, 4, 3, 2, 1], index=[f"r{i}" for i in range(5)])
    found, own = comparable(amounts, 2010, "prody", anchor=income), complexity(amounts, "prody", anchor=income)
    assert found.regions.sel(time=2010).values == pytest.approx(own.regions.sel(time=2010).values)
    x, pci = amounts[2020].to_numpy(), own.activities.sel(time=2010).values
    assert found.regions.sel(time=2020).values == pytest.approx(x @ pci / x.sum(axis=1))


def test_what_cannot_be_carried_is_refused():
    with pytest.raises(MethodError, match="pooled"):
        comparable(YEARS, 2010, "genepy")
    with pytest.raises(MethodError, match="2015"):
        comparable(YEARS, 2015)
    with pytest.raises(MethodError, match="one number an activity"):
        comparable(YEARS, [1.0, 2.0])
    with pytest.raises(MethodError, match="name none"):
        comparable(YEARS, {"zzz": 1.0})


def test_activities_new_since_the_base_count_nothing_and_are_told():
    later = table(np.column_stack([LATE, np.ones(5)]), [*ACTIVITIES, "new"])
    found = comparable({2010: table(EARLY), 2020: later}, 2010)
    plain = comparable(YEARS, 2010)
    assert found.regions.sel(time=2020).values == pytest.approx(plain.regions.sel(time=2020).values)
    assert [note.code for note in found.diagnosis if note.en.startswith("2020")] == ["unscored-activities"]
