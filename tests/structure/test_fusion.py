"""Whether stages fit one another: by hand, against planted truth, and on countries."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from xinzhi.core.errors import MethodError
from xinzhi.structure.concordance import Concordance, carried
from xinzhi.structure.correspondences import concordance
from xinzhi.structure.fusion import fusion
from xinzhi.structure.links import Links
from xinzhi.structure.records import links as read_links

WIDTH = 6


def labels(letter, many):
    return np.array([f"{letter}{at:02d}" for at in range(many)], dtype=object)


def made(table, letter, periods=("all",)):
    values = tuple(sparse.csr_array(np.asarray(one, dtype=float)) for one in table)
    return Links(values, labels("r", values[0].shape[0]), labels(letter, values[0].shape[1]), tuple(periods))


def straight(source, target, width=WIDTH):
    """A concordance that leads every class to one of its own."""
    return Concordance(sparse.eye_array(width).tocsr(), labels(source, width), labels(target, width), source, target)


def chance(regions=30, seed=1, width=WIDTH):
    return np.random.default_rng(seed).dirichlet(np.ones(width), regions) * 1000


def test_what_follows_exactly_fits_exactly_and_beyond_chance():
    science = chance()
    found = fusion({"science": made([science], "s"), "technology": made([science * 2], "t")}, [straight("s", "t")])
    np.testing.assert_allclose(found.regions["fit"], 1)
    assert found.overall["fit"].item() == pytest.approx(1)
    assert found.overall["p"].item() == pytest.approx(0.001)
    assert found.overall["z"].item() > 5
    assert found.overall["above"].item() == 30
    np.testing.assert_allclose(found.fields["fit"], 1)
    assert (found.fields["q"] < 0.01).all()
    assert np.abs(found.gaps()["difference"]).max() < 1e-12
    assert "fit 1.000" in repr(found)


def test_what_has_nothing_to_do_with_it_fits_as_chance_does():
    pair = {"science": made([chance(seed=2)], "s"), "technology": made([chance(seed=3)], "t")}
    found = fusion(pair, [straight("s", "t")])
    assert found.overall["p"].item() > 0.05
    assert abs(found.overall["fit"].item() - found.overall["by_chance"].item()) < 0.05
    assert (found.regions["q"] > 0.05).all()


@pytest.mark.parametrize("fit", ["cosine", "overlap"])
@pytest.mark.parametrize("null", ["exchange", "multinomial"])
@pytest.mark.parametrize("profile", ["share", "specialisation"])
def test_planted_fit_is_found_by_every_variant(fit, null, profile):
    science = chance(seed=4)
    noise = np.random.default_rng(5).lognormal(0, 0.3, science.shape)
    pair = {"science": made([science], "s"), "technology": made([science * noise], "t")}
    found = fusion(pair, [straight("s", "t")], fit=fit, null=null, profile=profile, draws=199)
    assert found.overall["p"].item() == pytest.approx(1 / 200)
    assert found.overall["fit"].item() > found.overall["by_chance"].item()
    assert found.regions["fit"].between(0, 1).all()


def test_by_hand():
    science = made([[[8, 2], [5, 5], [2, 8], [1, 1]]], "s")
    technology = made([[[3, 1], [1, 1], [1, 3], [0, 4]]], "t")
    pair = {"science": science, "technology": technology}
    by = concordance(
        pd.DataFrame({"s": ["s00", "s00", "s01"], "t": ["t00", "t01", "t01"], "share": [0.5, 0.5, 1]}),
        source="s",
        target="t",
        share="share",
    )
    found = fusion(pair, [by], fit="overlap")
    # r00: 8 and 2 lead to 4 and 6, shares .4 and .6 beside .75 and .25
    assert found.regions["fit"].tolist() == pytest.approx([0.65, 0.75, 0.85, 0.75])
    gaps = found.gaps().set_index(["region", "field"])
    assert gaps.loc[("r00", "t00"), "difference"] == pytest.approx(0.35)
    assert found.totals.set_index(["region", "stage"])["total"].loc[("r03", "technology")] == 4
    assert found.regions["carried"].tolist() == [1] * 4


def test_regions_of_nothing_spoil_nothing():
    science, technology = chance(12, 6), chance(12, 7)
    science[3], technology[5] = 0, 0
    pair = {"science": made([science], "s"), "technology": made([technology], "t")}
    found = fusion(pair, [straight("s", "t")])
    assert set(found.regions["region"]) == set(labels("r", 12)) - {"r03", "r05"}
    assert found.regions.notna().all(axis=None)
    assert [notice.code for notice in found.notices] == ["no-fit"]
    assert "r03, r05" in found.notices[0].en
    keep = [at for at in range(12) if at not in (3, 5)]
    alone = fusion(
        {"science": made([science[keep]], "s"), "technology": made([technology[keep]], "t")}, [straight("s", "t")]
    )
    np.testing.assert_allclose(alone.regions["fit"], found.regions["fit"])


def test_a_field_the_same_everywhere_has_no_correlation():
    science, technology = chance(8, 8, 2), np.full((8, 2), 5.0)
    pair = {"science": made([science], "s"), "technology": made([technology], "t")}
    found = fusion(pair, [straight("s", "t", 2)])
    assert found.fields[["fit", "z", "p", "q"]].isna().all(axis=None)
    assert found.regions["fit"].notna().all()
    assert found.regions["z"].isna().all()  # all profiles are alike, so chance does not vary


def test_three_stages_and_two_periods():
    both = [chance(20, 9), chance(20, 10)]
    stages = {name: made(both, name[0], (2000, 2010)) for name in ("science", "technology", "industry")}
    found = fusion(stages, [straight("s", "t"), straight("t", "i")])
    assert found.overall[["period", "from", "to"]].to_numpy().tolist() == [
        [2000, "science", "technology"],
        [2010, "science", "technology"],
        [2000, "science", "industry"],
        [2010, "science", "industry"],
        [2000, "technology", "industry"],
        [2010, "technology", "industry"],
    ]
    assert len(found.regions) == 120
    one = fusion(stages, [straight("s", "t"), straight("t", "i")], period=2010)
    assert set(one.regions["period"]) == {2010}


def test_the_same_seed_gives_the_same():
    pair = {"science": made([chance(seed=2)], "s"), "technology": made([chance(seed=3)], "t")}
    first, again, other = (fusion(pair, [straight("s", "t")], seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first.regions, again.regions)
    assert (first.regions["by_chance"] != other.regions["by_chance"]).any()
    assert first.record.seed == 1


def test_what_the_concordance_never_leads_to_is_told():
    science, technology = chance(10, 11, 2), chance(10, 12, 3)
    pair = {"science": made([science], "s"), "technology": made([technology], "t")}
    found = fusion(pair, [straight("s", "t", 2)])
    assert [notice.code for notice in found.notices] == ["unreached"]
    assert "t02" in found.notices[0].en
    assert found.gaps().query("field == 't02'")["carried"].eq(0).all()


def test_what_cannot_be_is_refused():
    one, two = made([chance()], "s"), made([chance()], "t")
    with pytest.raises(MethodError, match="found 2 stages and 0 concordances"):
        fusion({"science": one, "technology": two}, [])
    elsewhere = Links(two.values, labels("q", 30), two.activities)
    with pytest.raises(MethodError, match="no regions in common"):
        fusion({"science": one, "technology": elsewhere}, [straight("s", "t")])
    with pytest.raises(MethodError, match="4 are needed"):
        few = {name: made([chance(3)], letter) for name, letter in (("science", "s"), ("technology", "t"))}
        fusion(few, [straight("s", "t")])
    with pytest.raises(MethodError, match="cosine"):
        fusion({"science": one, "technology": two}, [straight("s", "t")], fit="cosin")


def test_what_is_no_chain_is_refused():
    one, two, way = made([chance()], "s"), made([chance()], "t"), straight("s", "t")
    stages = {"science": one, "technology": two}
    with pytest.raises(MethodError, match="found list and list"):
        fusion([one, two], [way])
    with pytest.raises(MethodError, match="found dict and Concordance"):
        fusion(stages, way)
    with pytest.raises(MethodError, match="links are needed; found DataFrame") as caught:
        fusion({"science": one.to_frame(), "technology": two}, [way])
    assert "须提供关联数据" in caught.value.say("zh")
    with pytest.raises(MethodError, match="profile is one of: share, specialisation; found 'shares'"):
        fusion(stages, [way], profile="shares")
    with pytest.raises(MethodError, match="unknown is one of: stop, drop; found 'skip'"):
        fusion(stages, [way], unknown="skip")


def test_regions_all_alike_are_not_above_chance():
    alike = np.outer(np.arange(1, 11), [3.0, 1, 7, 2, 5, 4])
    found = fusion({"science": made([alike], "s"), "technology": made([alike**0.9], "t")}, [straight("s", "t")])
    assert found.regions["p"].eq(1).all()
    assert found.overall["above"].item() == 0


# ---- countries


def countries(shared_data):
    """Documents by science area and patents by technology field of some countries, and the way between them."""
    folder = shared_data / "links"
    names = ["scimago_country_area_to2010.csv.gz", "patstat_inventor_country_wipo35_to2010.csv.gz"]
    names += ["concordance_science_wipo35.csv", "concordance_wipo35_nace2.csv", "labels_wipo35.csv"]
    if missing := [name for name in names if not (folder / name).is_file()]:
        pytest.skip(f"no {', '.join(missing)}")
    science = concordance(folder / names[2], source="science", target="wipo35", share="share")
    industry = concordance(folder / names[3], source="wipo35", target="nace2", share="share")
    codes = {
        "USA": "United States",
        "CHN": "China",
        "GBR": "United Kingdom",
        "DEU": "Germany",
        "FRA": "France",
        "JPN": "Japan",
        "CAN": "Canada",
        "CHE": "Switzerland",
        "KOR": "South Korea",
        "ITA": "Italy",
        "ESP": "Spain",
        "NLD": "Netherlands",
        "SWE": "Sweden",
        "AUS": "Australia",
        "BEL": "Belgium",
        "AUT": "Austria",
        "DNK": "Denmark",
        "FIN": "Finland",
        "NOR": "Norway",
        "ISR": "Israel",
        "POL": "Poland",
        "BRA": "Brazil",
        "IND": "India",
        "RUS": "Russian Federation",
    }
    # Scopus areas are numbered by hundreds in an order of their own, in which the last two come late.
    areas = sorted(set(science.sources) - {"Multidisciplinary", "Dentistry", "Health Professions"}, key=str.casefold)
    areas = ["Multidisciplinary", *areas, "Dentistry", "Health Professions"]
    papers = pd.read_csv(folder / names[0])
    papers["area"] = papers["area"].map(dict(zip(range(1000, 3700, 100), areas, strict=True)))
    papers["country"] = papers["country"].map({name: code for code, name in codes.items()})
    patents = pd.read_csv(folder / names[1], keep_default_na=False)
    fields = pd.read_csv(folder / names[4]).set_index("Description")["Code"]
    patents["tech"] = patents["tech"].map(fields)
    patents = patents[patents["country"].isin(codes) & (patents["year"] >= 1996)]
    return (
        read_links(papers.dropna(subset=["country"]), region="country", activity="area", value="documents"),
        read_links(patents, region="country", activity="tech", value="count"),
        science,
        industry,
    )


def test_technology_of_countries_fits_their_own_science_a_little_better_than_others(shared_data):
    papers, patents, science, industry = countries(shared_data)
    years = {"2006-2010": range(2006, 2011)}
    moved = carried(papers, science)
    assert moved.lost == 0
    for before, after in zip(papers.values, moved.links.values, strict=True):
        np.testing.assert_allclose(after.sum(axis=1), before.sum(axis=1), rtol=1e-9)
    found = fusion({"science": papers.summed(years), "technology": patents.summed(years)}, [science])
    whole = found.overall.iloc[0]
    assert whole["fit"] > whole["by_chance"]
    assert whole["p"] < 0.05
    assert len(found.fields) == 35
    assert carried(patents, industry).links.activities.shape == (88,)
