import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import sparse

from tests.oracles import relatedness as slow
from xinzhi.core.errors import MethodError
from xinzhi.structure.bicm import configuration
from xinzhi.structure.links import Links
from xinzhi.structure.relatedness import relatedness

#               rice, silk, steel, chips, bread (everywhere), snow (nowhere)
HELD = np.array(
    [
        [1, 1, 0, 0, 1, 0],
        [1, 1, 0, 0, 1, 0],
        [1, 0, 1, 0, 1, 0],
        [0, 0, 1, 1, 1, 0],
        [0, 0, 1, 1, 1, 0],
    ],
    dtype=float,
)
NAMES = ["rice", "silk", "steel", "chips", "bread", "snow"]
REGIONS = [f"r{at}" for at in range(5)]
TABLE = pd.DataFrame(HELD, REGIONS, NAMES)


def links(*matrices):
    return Links(
        tuple(sparse.csr_array(matrix) for matrix in matrices),
        np.array(REGIONS, dtype=object),
        np.array(NAMES, dtype=object),
        tuple(range(2020, 2020 + len(matrices))),
    )


def test_by_hand():
    found = relatedness(TABLE)
    phi = found.to_table()
    assert phi.loc["rice", "silk"] == pytest.approx(2 / 3)
    assert phi.loc["rice", "steel"] == pytest.approx(1 / 3)
    assert phi.loc["silk", "chips"] == 0
    assert phi.loc["rice", "rice"] == 1
    assert phi["snow"].isna().all()
    assert phi.loc["snow"].isna().all()
    assert found.undefined.tolist() == [False] * 5 + [True]
    assert [note.code for note in found.notes] == ["relatedness-undefined"]
    assert "snow" in found.notes[0].en
    assert "snow" in found.notes[0].zh


def test_tables_arrays_and_links_are_the_same():
    expected = relatedness(TABLE).to_table()
    array = xr.DataArray(HELD.T, dims=("activity", "region"), coords={"activity": NAMES, "region": REGIONS})
    for given in (array, links(HELD), links(HELD.astype(bool))):
        pd.testing.assert_frame_equal(relatedness(given).to_table(), expected)
    two = links(HELD * 0, HELD)
    pd.testing.assert_frame_equal(relatedness(two, period=2021).to_table(), expected)
    with pytest.raises(MethodError, match="2020, 2021"):
        relatedness(two)
    with pytest.raises(MethodError, match="ndarray"):
        relatedness(HELD)


def test_the_diagonal_has_a_name():
    own = relatedness(TABLE, "association").to_table()
    assert own.loc["rice", "rice"] == 0
    one, zero = (relatedness(TABLE, diagonal=diagonal).to_table() for diagonal in ("one", "zero"))
    assert (np.diag(one)[:5] == 1).all()
    assert (np.diag(zero)[:5] == 0).all()
    assert one.iloc[0, 1:5].tolist() == zero.iloc[0, 1:5].tolist()


def test_only_the_strongest_are_kept():
    near = relatedness(TABLE, nearest=1)
    assert near.to_table().loc["chips"].dropna()[lambda row: row > 0].index.tolist() == ["steel", "chips"]
    # rice is as near to silk as steel is to chips; bread is equally near to rice and to steel, and keeps both.
    assert near.to_table().loc["bread"].dropna()[lambda row: row > 0].index.tolist() == ["rice", "steel", "bread"]
    assert not near.mutual
    assert not near.to_frame().duplicated(["activity", "other"]).any()
    above = relatedness(TABLE, above=0.5, binary=True).to_table()
    assert above.loc["rice", "silk"] == 1
    assert above.loc["rice", "steel"] == 0
    with pytest.raises(MethodError, match="at least 1"):
        relatedness(TABLE, nearest=0)


def test_rows_of_pairs():
    frame = relatedness(TABLE).to_frame()
    assert list(frame.columns) == ["activity", "other", "relatedness"]
    assert len(frame) == 7  # of ten pairs of five, silk meets neither steel nor chips, and rice no chips
    both_ways = relatedness(TABLE, "probability").to_frame()
    assert len(both_ways) == 2 * len(frame)


def test_one_way_probabilities():
    of_other = relatedness(TABLE, "probability").to_table()
    of_self = relatedness(TABLE, "probability", given="self").to_table()
    assert of_other.loc["rice", "silk"] == 1  # every region with silk has rice
    assert of_other.loc["silk", "rice"] == pytest.approx(2 / 3)
    pd.testing.assert_frame_equal(of_other, of_self.T)


def test_margins():
    by_region = relatedness(TABLE, "association", margins="presence").to_table()
    assert by_region.loc["rice", "silk"] == pytest.approx(2 * 5 / (3 * 2))
    by_meeting = relatedness(TABLE, "cosine", margins="co-occurrence").to_table()
    s = {name: slow.meetings(HELD.tolist(), NAMES.index(name)) for name in ("rice", "silk")}
    assert by_meeting.loc["rice", "silk"] == pytest.approx(2 / np.sqrt(s["rice"] * s["silk"]))


def test_everywhere_and_nowhere_have_no_correlation_nor_z_score():
    for method in ("correlation", "z-score"):
        found = relatedness(TABLE, method)
        assert [*found.activities[found.undefined]] == ["bread", "snow"]
        assert np.isfinite(found.to_table().iloc[:4, :4].to_numpy()).all()


def test_a_table_of_ones_leaves_nothing_defined():
    found = relatedness(pd.DataFrame(np.ones((3, 2)), ["a", "b", "c"], ["x", "y"]), "correlation")
    assert found.undefined.all()
    assert found.to_frame().empty
    assert "2 activities" in repr(found)


def test_values_where_presence_is_needed():
    with pytest.raises(MethodError) as caught:
        relatedness(TABLE * 3)
    assert caught.value.faults[0].code == "not-presence"
    values = TABLE * [1, 2, 3, 4, 5, 6]
    assert relatedness(values, "cosine").to_table().loc["rice", "silk"] == pytest.approx(2 / np.sqrt(6))
    assert relatedness(values, "correlation").to_table().loc["rice", "silk"] == pytest.approx(
        np.corrcoef(HELD[:, 0], HELD[:, 1])[0, 1]
    )


def test_a_function_and_its_pairs_that_are_not_known():
    phi = np.array([[1, 0.5, np.nan], [0.5, 1, 0.2], [np.nan, 0.2, np.nan]])
    found = relatedness(TABLE.iloc[:, :3], lambda links: phi)
    assert found.undefined.tolist() == [False, False, True]
    assert found.to_table().iloc[0, 1] == 0.5
    assert np.isfinite(np.asarray(found.matrix)).all()
    assert np.isnan(phi).sum() == 3  # what the function returned is left as it was
    with pytest.raises(MethodError, match="min-probability"):
        relatedness(TABLE, "min-probabilty")
    with pytest.raises(MethodError, match="no option 'k'"):
        relatedness(TABLE, k=3)


def test_all_that_is_wrong_is_said_at_once():
    wrong = TABLE.rename(columns={"silk": "rice"})
    wrong.iloc[0, 0], wrong.iloc[1, 2] = -1, np.inf
    with pytest.raises(MethodError) as caught:
        relatedness(wrong)
    assert sorted(fault.code for fault in caught.value.faults) == ["label-twice", "negative", "not-finite"]
    assert "r0/rice" in caught.value.say()
    assert "r1/steel" in caught.value.say("zh")


def test_what_chance_explains_is_not_validated():
    rng = np.random.default_rng(5)
    chance = (rng.random((60, 12)) < 0.3).astype(float)
    tied = np.hstack([chance, chance[:, :1]])  # one activity twice
    table = pd.DataFrame(tied, [f"r{at}" for at in range(60)], [f"a{at}" for at in range(13)])
    found = relatedness(table, "validated").to_table()
    assert found.loc["a0", "a12"] == 1
    assert off_diagonal_sum(found) == 2
    poisson = relatedness(table, "validated", law="poisson").to_table()
    assert poisson.loc["a0", "a12"] == 1
    loose = relatedness(table, "validated", alpha=0.5, correction="none").to_table()
    assert off_diagonal_sum(loose) > 2
    strict = relatedness(table, "validated", alpha=1e-30, correction="bonferroni").to_table()
    assert off_diagonal_sum(strict) == 0
    with pytest.raises(MethodError, match="between 0 and 1"):
        relatedness(table, "validated", alpha=2)


def test_validation_holds_meetings_against_the_configuration_model():
    rng = np.random.default_rng(3)
    x = (rng.random((9, 4)) < 0.5).astype(float)
    p = configuration(sparse.csr_array(x)).expected()
    tail = slow.tail(p[:, 0] * p[:, 1], int((x[:, 0] * x[:, 1]).sum()))
    table = pd.DataFrame(x, list("abcdefghi"), list("wxyz"))
    for alpha, valid in ((tail * 1.001, 1), (tail * 0.999, 0)):
        found = relatedness(table, "validated", alpha=min(alpha, 0.999), correction="none").to_table()
        assert found.loc["w", "x"] == valid


def test_it_says_what_it_is():
    found = relatedness(TABLE)
    assert "min-probability" in repr(found)
    assert "最小条件概率" in repr(found)
    assert "not defined: 1 activities" in repr(found)
    assert found.record.settings == {
        "method": "min-probability",
        "period": None,
        "diagonal": "own",
        "above": None,
        "nearest": None,
        "binary": False,
    }
    assert found.record.inputs["links"] != relatedness(TABLE.iloc[:4]).record.inputs["links"]


def off_diagonal_sum(table):
    values = table.to_numpy()
    return values.sum() - np.trace(values)
