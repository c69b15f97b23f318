import numpy as np
import pandas as pd
import pytest

from tests.oracles import relatedness as slow
from tests.structure.test_relatedness import HELD, NAMES, TABLE
from xinzhi.core.errors import MethodError
from xinzhi.structure.density import density
from xinzhi.structure.outlook import coherence, outlook
from xinzhi.structure.relatedness import relatedness


def test_by_hand():
    found = density(TABLE)
    phi = relatedness(TABLE).to_table().fillna(0).to_numpy()
    for r in range(5):
        for i in range(5):
            assert found.values.values[r, i] == pytest.approx(slow.density(HELD.tolist(), phi, r, i, range(6)))
    assert np.isnan(found.values.sel(activity="snow")).all()
    assert [note.code for note in found.notes] == ["no-relatives"]
    assert "snow" in found.notes[0].en


def test_among_held_and_among_missing_part_the_cells():
    every, held, missing = (density(TABLE, among=among).values.values for among in ("all", "held", "missing"))
    has = HELD > 0
    assert np.array_equal(np.where(has, every, np.nan), held, equal_nan=True)
    assert np.array_equal(np.where(~has, every, np.nan), missing, equal_nan=True)


def test_means_of_regions():
    found = density(TABLE)
    means = found.by_region().set_index("region")
    values, has = found.values.values, HELD > 0
    assert means.loc["r0", "held"] == pytest.approx(values[0, has[0]].mean())
    assert means.loc["r0", "missing"] == pytest.approx(np.nanmean(values[0, ~has[0]]))
    full = density(TABLE.iloc[:, :5] * 0 + 1).by_region()
    assert full["missing"].isna().all()


def test_the_nearest_are_those_of_each_activity():
    """In a space of pairs, an activity's one nearest is its twin: density says whether the region has that."""
    twins = pd.DataFrame(np.repeat(np.eye(4), 2, axis=1)[:, :], list("wxyz"), list("abcdefgh"))
    twins.iloc[0, 2:4] = 1
    held = twins.copy()
    held.iloc[1, 0] = 1
    found = density(held, relatedness(twins), "nearest", k=1).values
    assert found.sel(region="x", activity="b") == 1
    assert found.sel(region="x", activity="a") == 0
    assert set(np.unique(found)) <= {0.0, 1.0}
    counted = density(TABLE, "min-probability", "nearest", k=2, weights="equal").values
    assert set(np.unique(counted.values[:, :4])) <= {0.0, 1 / 3, 0.5, 2 / 3, 1.0}


def test_another_years_relatedness_is_matched_by_label():
    other = relatedness(TABLE[NAMES[::-1]])
    assert np.allclose(density(TABLE, other).values, density(TABLE).values, equal_nan=True)
    with pytest.raises(MethodError, match="rice"):
        density(TABLE, relatedness(TABLE.drop(columns="rice")))


def test_values_in_place_of_presence():
    quotients = TABLE * 2.0
    assert np.allclose(density(TABLE, values=quotients).values, 2 * density(TABLE).values, equal_nan=True)


def test_a_share_of_negative_relatedness_is_refused():
    with pytest.raises(MethodError, match="above = 0"):
        density(TABLE, "z-score")
    related = relatedness(TABLE, "z-score", above=0)
    assert np.nanmin(density(TABLE, related).values) >= 0


def test_rows_and_words():
    frame = density(TABLE, among="missing").to_frame()
    assert list(frame.columns) == ["region", "activity", "held", "density"]
    assert not frame["held"].any()
    assert len(frame) == int((HELD[:, :5] == 0).sum())
    assert "among missing" in repr(density(TABLE, among="missing"))
    assert density(TABLE).record.settings == {"method": "share", "among": "all", "period": None}


PCI = pd.Series([-1.0, 0, 1, 2, -3, 5], NAMES)


def test_outlook_by_hand():
    near = density(TABLE, diagonal_zero())
    found = outlook(TABLE, near, PCI)
    phi = diagonal_zero().to_table().fillna(0).to_numpy()
    d = near.values.values
    lacking = [2, 3]  # of r0, but for snow, of which nothing is known
    assert found.index.values[0] == pytest.approx(sum(d[0, p] * PCI.iloc[p] for p in lacking))
    expected = slow.gain(HELD.tolist(), phi, PCI.to_list(), 0, 3) - d[0, 3] * 2
    assert found.gain.values[0, 3] == pytest.approx(expected)
    assert np.isnan(found.gain.values[0, 0])  # r0 has rice already
    assert np.isnan(found.gain.sel(activity="snow")).all()
    frame = found.to_frame()
    assert list(frame.columns) == ["region", "activity", "gain", "index"]
    assert len(frame) == int((HELD[:, :5] == 0).sum())
    assert "gain hausmann-2014" in repr(found)


def diagonal_zero():
    return relatedness(TABLE, diagonal="zero")


def test_outlook_standardised_and_unknown_complexity():
    near = density(TABLE)
    z = outlook(TABLE, near, PCI, scale="z").index.values
    assert z.mean() == pytest.approx(0, abs=1e-12)
    assert z.std() == pytest.approx(1)
    gap = outlook(TABLE, near, PCI.where(PCI != 2))
    assert np.isfinite(gap.index).all()
    assert np.isnan(gap.gain.sel(activity="chips")).all()
    assert "chips" in gap.notes[0].en
    with pytest.raises(MethodError, match="rice"):
        outlook(TABLE, near, PCI.drop("rice"))
    same = pd.DataFrame(np.ones((3, 2)), list("abc"), ["x", "y"])
    assert np.isnan(outlook(same, density(same), [1.0, 2.0], scale="z").index).all()  # nobody lacks anything


def test_coherence_by_hand():
    sizes = TABLE * [5, 1, 2, 1, 1, 1]
    tau = relatedness(TABLE, "z-score")
    found = coherence(sizes, tau)
    expected = [
        slow.coherence(np.where(tau.undefined, 0, sizes), tau.to_table().fillna(0).to_numpy(), r) for r in range(5)
    ]
    assert found.regions.values == pytest.approx(expected)
    assert found.to_frame().columns.tolist() == ["region", "coherence"]


def test_coherence_along_the_spanning_tree():
    """Four in a row, a to d: the tree keeps the three neighbours' ties and no others."""
    ties = np.array([[0, 3, 1, 0], [3, 0, 3, 1], [1, 3, 0, 3], [0, 1, 3, 0.0]])
    table = pd.DataFrame(np.ones((1, 4)), ["r"], list("abcd"))
    tau = relatedness(table, lambda links: ties)
    assert coherence(table, tau, neighbours="spanning-tree").regions.item() == 3
    assert coherence(table, tau).regions.item() == pytest.approx((4 / 3 + 7 / 3 + 7 / 3 + 4 / 3) / 4)


def test_one_activity_is_not_coherent_with_itself():
    table = pd.DataFrame([[1, 0, 0], [1, 1, 1], [0, 1, 1], [1, 1, 0]], list("wxyz"), list("abc"))
    found = coherence(table, relatedness(table))
    assert np.isnan(found.regions.values).tolist() == [True, False, False, False]
    assert "w" in found.notes[0].en
    assert "missing for 1 regions" in repr(found)
