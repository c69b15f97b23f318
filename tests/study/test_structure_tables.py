"""The tables of a space against slow, obvious sums, and what is left out where it is not asked for."""

import numpy as np
import pandas as pd
import pytest

from tests.linked import CRAFTS, REGIONS, linked_study
from xinzhi.structure.bicm import configuration
from xinzhi.study.reading import read_study
from xinzhi.study.running import run
from xinzhi.study.structure import near, tables


def structure(tmp_path, **given):
    return run(read_study(linked_study(tmp_path, **given))).structure


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return structure(tmp_path_factory.mktemp("tables"))


def laid(space, column):
    """A column of the pairs as region × activity."""
    return space.pairs[column].to_numpy(dtype=float).reshape(len(space.links.regions), -1)


def test_pairs_hold_every_region_with_every_activity(found):
    space = found["craft"]
    amounts = space.links.values[-1].toarray()
    assert space.pairs["region"].tolist() == [region for region in space.links.regions for _ in space.links.activities]
    assert space.pairs["activity"].tolist() == space.links.activities.tolist() * len(amounts)
    assert laid(space, "value") == pytest.approx(amounts)
    quotient = amounts / amounts.sum(axis=1, keepdims=True) / (amounts.sum(axis=0) / amounts.sum())
    assert laid(space, "intensity") == pytest.approx(quotient)
    assert (laid(space, "present") == (quotient >= 1)).all()


def test_density_by_chance_is_that_of_links_as_probable_as_diversity_and_ubiquity_make_them(found):
    space = found["craft"]
    phi = space.relatedness.to_table().to_numpy()
    held = space.presence.values[-1].astype(float)
    chance = configuration(held).expected()
    size = len(CRAFTS)
    for column, links in (("density", held.toarray()), ("by_chance", chance)):
        wanted = [
            [sum(links[r, j] * phi[a, j] for j in range(size)) / sum(phi[a]) for a in range(size)]
            for r in range(len(REGIONS))
        ]
        assert laid(space, column) == pytest.approx(np.array(wanted))


def test_chances_are_of_what_a_region_lacks(found):
    pairs = found["science"].pairs
    assert pairs.loc[pairs["present"], "chance"].isna().all()
    assert pairs.loc[~pairs["present"], "chance"].between(0, 1).all()
    assert pairs.loc[~pairs["present"], "chance_null"].between(0, 1).all()
    assert pairs.loc[pairs["present"], "gain"].isna().all()


def test_the_tree_spans_the_activities_by_the_strongest_ties(found):
    space = found["science"]
    ties = space.ties
    tree = ties[ties["tree"]]
    assert len(tree) == len(space.links.activities) - 1
    # Kruskal: strongest first, whatever joins two groups.
    group = {activity: {activity} for activity in space.links.activities}
    total = 0.0
    for tie in ties.sort_values("relatedness", ascending=False).itertuples():
        if group[tie.activity] is not group[tie.other]:
            total += tie.relatedness
            joined = group[tie.activity] | group[tie.other]
            group |= dict.fromkeys(joined, joined)
    assert tree["relatedness"].sum() == pytest.approx(total)


def test_many_ties_are_told_by_the_tree_and_the_strongest(found, monkeypatch):
    space = found["science"]
    monkeypatch.setattr(near, "_MOST_TIES", 10)
    monkeypatch.setattr(near, "_STRONGEST", 1)
    few = near._ties(space.relatedness)
    assert len(few) < len(space.ties)
    assert few["tree"].sum() == space.ties["tree"].sum()
    strongest = space.ties.iloc[0]
    assert few.iloc[0].tolist() == strongest.tolist()


def test_very_many_pairs_are_cut_and_it_is_said(found, monkeypatch):
    space = found["science"]
    monkeypatch.setattr(tables, "_MOST_PAIRS", 10)
    monkeypatch.setattr(tables, "_NEAREST", 2)
    pairs, told = tables.pairs(space.links, space.presence, near.near(space.presence, None, space.spec), space.foretold)
    assert [notice.code for notice in told] == ["pairs-cut"]
    lacking = pairs[~pairs["present"]]
    assert lacking.groupby("region").size().max() <= 2
    assert pairs["present"].sum() == space.pairs["present"].sum()
    region = lacking["region"].iloc[0]
    best = space.pairs[(space.pairs["region"] == region) & ~space.pairs["present"]].nlargest(2, "chance")
    assert set(lacking.loc[lacking["region"] == region, "activity"]) == set(best["activity"])


def test_rates_and_changes_agree(found):
    space = found["craft"]
    counted = space.changes.groupby(["before", "region", "change"]).size()
    for row in space.rates.itertuples():
        assert row.entries == counted.get((row.before, row.region, "entry"), 0)
        assert row.exits == counted.get((row.before, row.region, "exit"), 0)


def test_what_is_not_asked_for_is_not_there(tmp_path):
    found = structure(tmp_path, craft="complexity = false\nrelatedness = false\nforecast = false")
    space = found["craft"]
    assert (space.complexity, space.validity, space.relatedness, space.foretold) == (None, None, None, None)
    assert {"complexity", "rank", "outlook", "density_held"}.isdisjoint(space.regions)
    assert {"density", "by_chance", "gain", "chance"}.isdisjoint(space.pairs)
    assert space.tables.keys() == {"periods", "regions", "activities", "pairs", "rates", "changes"}


def test_one_period_has_no_entries(tmp_path):
    found = structure(tmp_path, edit={"window = 2": "window = 6"})
    assert {"rates", "changes", "forecast"}.isdisjoint(found["craft"].tables)
    assert "chance" not in found["craft"].pairs


def test_a_relatedness_below_zero_gives_no_density_and_says_so(tmp_path):
    found = structure(tmp_path, craft='relatedness = "correlation"\nforecast = false')
    space = found["craft"]
    assert "density" not in space.pairs
    assert "coherence" in space.regions
    told = {notice.code: notice for notice in space.notices}
    assert told["negative-relatedness"].severity == "warning"
    assert told["negative-relatedness"].en.startswith("Craft: ")


def test_the_population_of_the_study_can_tell_presence(tmp_path):
    folder = linked_study(
        tmp_path,
        about="",
        craft='presence = { method = "rpop", population = "people" }\nforecast = false\ncomplexity = { draws = 0 }',
    )
    heads = [
        f"{region},{year},{1000 * (at + 1) + year}" for at, region in enumerate(REGIONS) for year in range(2001, 2007)
    ]
    (folder / "people.csv").write_text("region,year,people\n" + "\n".join(heads) + "\n", encoding="utf-8")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(text + '[[source]]\nfile = "people.csv"\n', encoding="utf-8")
    made = run(read_study(folder))
    space = made.structure["craft"]
    people = np.array([1000 * (at + 1) + 2005.5 for at in range(len(REGIONS))])
    amounts = space.links.values[-1].toarray()
    wanted = amounts / people[:, None] >= amounts.sum(axis=0) / people.sum() * (1 - 1e-12)
    assert (space.presence.values[-1].toarray() == (wanted & (amounts > 0))).all()
    assert made.data is not None
    assert "people.csv" in made.record.inputs


def test_the_chain_is_told_to_its_end_where_the_end_has_no_links(tmp_path):
    trade = "craft,trade,share\n" + "".join(f"{craft},T{at % 2},1\n" for at, craft in enumerate(CRAFTS))
    end = '[[concordance]]\nfile = "trade.csv"\nsource = "craft"\ntarget = "trade"\n'
    end += '[fusion]\nchain = ["science", "craft", "trade"]'
    found = structure(tmp_path, trade_csv=trade, edit={'[fusion]\nchain = ["science", "craft"]': end})
    fused = found.fusion
    assert (fused.chain, fused.stages) == (("science", "craft", "trade"), ("science", "craft"))
    last = fused.led[fused.led["period"] == "2005-2006"]
    led = last.pivot_table(index="region", columns="field", values="value")
    amounts = found["craft"].links.values[-1].toarray()
    assert led.fillna(0).to_numpy() == pytest.approx(
        np.stack([amounts[:, ::2].sum(axis=1), amounts[:, 1::2].sum(axis=1)], axis=1)
    )
    assert fused.led.groupby(["period", "region"])["share"].sum().to_numpy() == pytest.approx(1.0)
    assert isinstance(fused.regions, pd.DataFrame)


def test_who_follows_and_who_leads_is_told_where_it_is_asked(tmp_path):
    found = structure(tmp_path, science="forecast = false", craft="standing = { lead = 0.8, draws = 50 }")
    space = found["craft"]
    assert "standing" not in found["science"].tables
    last = space.standing[space.standing["period"] == space.last]
    frontier = space.links.values[-1].toarray().max(axis=0)
    assert last.groupby("activity", sort=False)["frontier"].first().to_numpy() == pytest.approx(frontier)
    leading = last[last["ratio"] >= 0.8]
    assert set(leading["stage"]) == {"lead"}
    assert set(space.closer["activity"]) <= set(CRAFTS)
