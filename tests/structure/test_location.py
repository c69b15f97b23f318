import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from tests.oracles import relatedness as slow
from xinzhi.core.errors import MethodError
from xinzhi.structure.links import Links
from xinzhi.structure.location import concentration, hoover_curve, specialisation
from xinzhi.structure.plants import agglomeration
from xinzhi.structure.variety import variety

JOBS = np.array([[8.0, 2, 0, 0], [1, 1, 4, 0], [1, 1, 4, 0], [0, 0, 0, 0]])
TABLE = pd.DataFrame(JOBS, ["coast", "plain", "hills", "desert"], ["ships", "toys", "grain", "snow"])


def test_specialisation_of_regions():
    found = specialisation(TABLE)
    values = found.values.sel(period="all")
    assert values.sel(region="coast").item() == pytest.approx(slow.krugman(JOBS.tolist(), 0))
    assert np.isnan(values.sel(region="desert"))
    assert "desert" in found.notes[0].en
    others = specialisation(TABLE, reference="others").values.sel(period="all", region="coast").item()
    assert others == pytest.approx(slow.krugman(JOBS.tolist(), 0, others=True))
    assert "克鲁格曼" in repr(found)
    assert found.to_frame().columns.tolist() == ["period", "region", "value"]


def test_a_region_alone_has_nobody_to_be_compared_with():
    alone = TABLE * np.array([[0.1], [0], [0], [0]])
    assert np.isnan(specialisation(alone, reference="others").values).all()
    assert specialisation(alone).values.sel(region="coast").item() == pytest.approx(0, abs=1e-12)


def test_alike_and_unlike():
    same = pd.DataFrame(np.outer([1, 2, 3], [4, 5, 6]), list("abc"), list("xyz"))
    assert specialisation(same, "hachman").values.values == pytest.approx(1)
    assert specialisation(same, "theil").values.values == pytest.approx(0, abs=1e-12)
    assert concentration(same).values.values == pytest.approx(0, abs=1e-12)
    apart = pd.DataFrame(np.eye(4), list("abcd"), list("wxyz"))
    assert specialisation(apart).values.values == pytest.approx(2 * 3 / 4)
    assert specialisation(apart, "shannon-entropy").values.values == pytest.approx(0, abs=1e-12)
    assert specialisation(apart, "herfindahl", normalised=True).values.values == pytest.approx(1)
    assert specialisation(same * 0 + 1, "shannon-entropy").values.values == pytest.approx(np.log2(3))
    assert specialisation(same * 0 + 1, "shannon-entropy", logarithm="e").values.values == pytest.approx(np.log(3))
    assert specialisation(same * 0 + 1, "herfindahl", normalised=True).values.values == pytest.approx(0, abs=1e-12)
    assert concentration(apart, "gini", base="equal").values.values == pytest.approx(3 / 4)


def test_concentration_against_a_base():
    people = pd.Series({"hills": 1.0, "desert": 1.0, "plain": 1.0, "coast": 2.0})
    found = concentration(TABLE, "gini", base=people)
    assert found.values.sel(activity="ships").item() == pytest.approx(slow.gini(JOBS[:, 0], [2, 1, 1, 1]))
    assert np.isnan(found.values.sel(activity="snow"))
    assert "snow" in found.notes[0].en
    hoover = concentration(TABLE, "hoover").values.sel(activity="ships").item()
    assert hoover == pytest.approx(np.abs(JOBS[:, 0] / 10 - JOBS.sum(1) / 22).sum() / 2)
    assert concentration(TABLE, "gini").base == "total"
    nobody = people.where(people.index != "hills", 0.0)
    assert np.isnan(concentration(TABLE, "theil", base=nobody).values.sel(activity="grain"))
    with pytest.raises(MethodError, match="desert"):
        concentration(TABLE, base=people.drop("desert"))
    with pytest.raises(MethodError, match="equal"):
        concentration(TABLE, base="people")
    with pytest.raises(MethodError, match="at least 0"):
        concentration(TABLE, base=-people)


def test_the_curve_encloses_the_gini():
    curve = hoover_curve(TABLE, "ships")
    assert curve[["base", "activity"]].iloc[[0, -1]].to_numpy().tolist() == [[0, 0], pytest.approx([1, 1])]
    under = np.trapezoid(curve["activity"], curve["base"])
    assert 1 - 2 * under == pytest.approx(concentration(TABLE, "gini").values.sel(activity="ships").item())
    assert (np.diff(curve["activity"]) >= 0).all()
    with pytest.raises(MethodError, match="snow"):
        hoover_curve(TABLE, "snow")
    with pytest.raises(MethodError, match="rockets"):
        hoover_curve(TABLE, "rockets")


def test_period_by_period():
    regions, activities = (np.array(labels, dtype=object) for labels in (TABLE.index, TABLE.columns))
    links = Links((sparse.csr_array(JOBS), sparse.csr_array(JOBS**2)), regions, activities, (2020, 2021))
    found = specialisation(links, "shannon-entropy")
    assert found.values.sel(period=2021, region="coast").item() == pytest.approx(slow.entropy(JOBS[0] ** 2))
    assert specialisation(links, "shannon-entropy", period=2020).values.sizes["period"] == 1
    assert len(found.notes) == 2
    assert "2021" in repr(found)
    assert list(found.record.inputs) == ["2020", "2021"]


def test_options_and_functions():
    with pytest.raises(MethodError, match="krugman"):
        specialisation(TABLE, "krugmann")
    with pytest.raises(MethodError, match="no option 'base'"):
        specialisation(TABLE, "krugman", base="total")
    counted = specialisation(TABLE, lambda values: np.diff(values.indptr))
    assert counted.values.values.tolist() == [[2, 3, 3, 0]]


CLASSES = pd.DataFrame(
    {
        "sector": ["made", "made", "grown", "grown"],
        "branch": ["vessels", "small", "cereals", "water"],
    },
    index=["ships", "toys", "grain", "snow"],
)


def test_variety_parts():
    found = variety(TABLE, CLASSES["sector"])
    coast = found.parts.sel(period="all", region="coast")
    assert coast.sel(part="unrelated").item() == 0
    assert coast.sel(part="related").item() == pytest.approx(slow.entropy([8, 2]))
    unrelated, related = slow.variety(JOBS[1], CLASSES["sector"])
    assert found.parts.sel(period="all", region="plain").values == pytest.approx([unrelated, related])
    assert np.isnan(found.total.sel(region="desert"))
    assert "desert" in found.notes[0].en
    assert found.to_frame().columns.tolist() == ["period", "region", "part", "part_zh", "value", "total"]
    assert found.parts["part_zh"].values.tolist() == ["无关多样性", "相关多样性"]
    assert "sector" in repr(found)


def test_variety_over_several_levels():
    found = variety(TABLE, CLASSES)
    assert found.parts["part"].values.tolist() == ["unrelated", "branch within sector", "related"]
    assert found.parts["part_zh"].values.tolist()[1] == "sector内branch间多样性"
    assert found.parts.sum("part", skipna=False).values == pytest.approx(found.total.values, nan_ok=True)
    assert found.parts.sel(part="related").values[0, :3] == pytest.approx(0, abs=1e-12)  # one activity a branch
    one = variety(TABLE, dict(CLASSES["branch"]), logarithm="e")
    assert one.total.values[0, 0] == pytest.approx(slow.entropy([8, 2]) * np.log(2))
    assert one.levels == ("group",)


def test_classes_of_links():
    regions, activities = (np.array(labels, dtype=object) for labels in (TABLE.index, TABLE.columns))
    about = {name: CLASSES[name].to_numpy(dtype=object) for name in CLASSES}
    links = Links((sparse.csr_array(JOBS),), regions, activities, about_activity=about)
    named = variety(links, ["sector", "branch"])
    assert named.parts.values == pytest.approx(variety(TABLE, CLASSES).parts.values, nan_ok=True)
    with pytest.raises(MethodError, match="sector, branch"):
        variety(links, "field")


def test_classifications_that_do_not_fit():
    with pytest.raises(MethodError, match="snow"):
        variety(TABLE, CLASSES.drop("snow"))
    with pytest.raises(MethodError, match="no group: snow"):
        variety(TABLE, CLASSES["sector"].where(CLASSES.index != "snow"))
    with pytest.raises(MethodError, match="more than one of 'branch': made, grown"):
        variety(TABLE, CLASSES[["branch", "sector"]])
    with pytest.raises(MethodError, match="classification"):
        variety(TABLE, 3)


PLANTS = pd.DataFrame(
    [("a", "x", 5), ("a", "x", 3), ("b", "x", 2), ("b", "y", 4), ("c", "y", 4), ("c", "y", 1), ("c", "z", 9)],
    columns=["region", "activity", "size"],
)


def test_plants():
    found = agglomeration(PLANTS)
    table = found.table.set_index("activity")
    rows = list(PLANTS.itertuples(index=False, name=None))
    for activity in "xy":
        assert table.loc[activity, "gamma"] == pytest.approx(slow.gamma(rows, activity))
    assert np.isnan(table.loc["z", "gamma"])
    assert table.loc["x", "plants"] == 3
    assert "z" in found.notes[0].en
    assert "3 activities, 7 plants" in repr(found)
    everywhere = pd.concat([PLANTS, PLANTS.assign(size=0)])
    pd.testing.assert_frame_equal(agglomeration(everywhere).table, found.table)
    maurel = agglomeration(PLANTS, estimator="maurel-sedillot").table.set_index("activity")
    x = PLANTS.groupby("region")["size"].sum() / 28
    s = np.array([0.8, 0.2, 0])
    free, h = 1 - (x**2).sum(), (25 + 9 + 4) / 100
    assert maurel.loc["x", "gamma"] == pytest.approx((((s**2).sum() - (x**2).sum()) / free - h) / (1 - h))


def test_equal_plants_in_one_place_lie_together_and_one_each_everywhere_lie_apart():
    together = pd.DataFrame({"region": list("aabb"), "activity": list("xxyy"), "size": 1})
    assert agglomeration(together).table["gamma"].tolist() == pytest.approx([1 / 1 * (0.5 / 0.5 - 0.5) / 0.5] * 2)
    apart = pd.DataFrame({"region": list("abab"), "activity": list("xxyy"), "size": 1})
    assert (agglomeration(apart).table["gamma"] < 0).all()
    one = pd.DataFrame({"region": list("aaaa"), "activity": list("xxyy"), "size": 1})
    assert agglomeration(one).table["gamma"].isna().all()


def test_plants_that_do_not_fit():
    with pytest.raises(MethodError, match="one row a plant; missing: size"):
        agglomeration(PLANTS.drop(columns="size"))
    wrong = PLANTS.astype({"size": object}).copy()
    wrong.loc[0, "size"], wrong.loc[1, "size"], wrong.loc[2, "region"] = "many", -1, None
    with pytest.raises(MethodError) as caught:
        agglomeration(wrong)
    assert [fault.code for fault in caught.value.faults] == ["bad-value", "no-label"]
    with pytest.raises(MethodError, match="above 0"):
        agglomeration(PLANTS.assign(size=0))


def test_tables_of_words_and_of_sums_too_large():
    with pytest.raises(MethodError, match="the cells must be numbers") as caught:
        specialisation(TABLE.astype(object).replace(8.0, "many"))
    assert "须为数值" in caught.value.say("zh")
    with pytest.raises(MethodError, match="too large to hold"):
        specialisation(TABLE / 8 * 1e308)
    with pytest.raises(MethodError, match="the base must be numbers"):
        concentration(TABLE, base=dict.fromkeys(TABLE.index, "much"))
    twice = pd.Series(1.0, index=[*TABLE.index, "coast"])
    with pytest.raises(MethodError, match="in the base, labels stand there more than once: coast"):
        concentration(TABLE, base=twice)


def test_words_that_are_no_options():
    with pytest.raises(MethodError, match="logarithm is one of: 2, e; found '10'"):
        variety(TABLE, dict.fromkeys(TABLE.columns, "all"), logarithm="10")
    plants = pd.DataFrame({"region": ["a", "b"], "activity": ["x", "x"], "size": [1, 2]})
    with pytest.raises(MethodError, match="estimator is one of"):
        agglomeration(plants, estimator="ellison")
    with pytest.raises(MethodError, match="found list"):
        agglomeration([1, 2])


@pytest.mark.filterwarnings("error")
def test_variety_of_nothing_is_printed_without_a_warning():
    assert "related nan" in repr(variety(TABLE * 0, dict.fromkeys(TABLE.columns, "all")))
