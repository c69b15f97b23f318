"""What is true of the model country comes back when its study is run, flaws in the files and all."""

import numpy as np
import pytest
from scipy.stats import spearmanr

import xinzhi as xz
from xinzhi.data import country as c
from xinzhi.data.country import PILLARS, model_country, write_study


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return xz.run(xz.read_study(write_study(tmp_path_factory.mktemp("country"))))


@pytest.fixture(scope="module")
def coupled(tmp_path_factory):
    folder = write_study(tmp_path_factory.mktemp("coupled"))
    study = folder / "study.toml"
    said = study.read_text(encoding="utf-8")
    for line in ("normalise", "aggregate"):  # the study file itself says how
        said = said.replace(f"# {line} =", f"{line} =")
    study.write_text(said, encoding="utf-8")
    return xz.run(xz.read_study(folder))


@pytest.fixture(scope="module")
def truths():
    return model_country().truths


def agreement(measured, true):
    """The least rank correlation of any year."""
    pairs = zip(measured.transpose("time", "region").values, true.transpose("time", "region").values, strict=True)
    return min(spearmanr(one, other)[0] for one, other in pairs)


def test_levels_come_back_in_every_pillar_and_year(run, truths):
    for pillar in PILLARS:
        assert agreement(run.index.scores.sel(element=pillar), truths.levels.sel(pillar=pillar)) > 0.95
    assert agreement(run.index.top, truths.overall) > 0.95


def test_coupling_coordination_tells_the_same_story(coupled, truths):
    top = coupled.index.top
    assert coupled.index.spec.aggregating(4).name == "coupling-coordination"
    assert ((top > 0) & (top < 1)).all()
    assert agreement(top, truths.overall) > 0.95


def test_planted_stories_are_found(run, truths):
    ranks = run.index.ranks()
    top = ranks.sel(element=run.index.tree.codes[-1])
    assert (top.sel(region=truths.leader) == 1).all()
    assert (top.sel(region=truths.latecomer, time=slice(None, truths.window)) >= 14).all()
    assert top.sel(region=truths.latecomer, time=2023) <= 6
    energy = ranks.sel(element="energy", region=truths.converter)
    assert energy.sel(time=2014) == 16
    assert energy.sel(time=2023) <= 6


def test_complexity_finds_the_ladder_and_who_is_on_it(run, truths):
    """What follows technology or clean energy most is the province of those who lead in technology."""
    space = run.structure["industry"]
    rank = space.activities.groupby(["period", "group"])["rank"].mean().unstack("group")
    assert (rank[["emerging", "future"]].max(axis=1) < rank[["pillar", "traditional"]].min(axis=1)).all()
    for period, table in space.regions.groupby("period"):
        first, last = map(int, period.split("-"))
        level = truths.levels.sel(pillar="technology", time=slice(first, last)).mean("time")
        assert spearmanr(table["complexity"], level.sel(region=table["region"].tolist()))[0] > 0.6


def test_flaws_are_found_and_dealt_with(run):
    mended = {(repair.was, repair.now) for repair in run.data.repairs}
    assert (c.SPELLING[0], "云梯郡") in mended
    filled = run.index.imputed["origin"].values
    assert (filled > 1).sum() == np.isnan(run.index.denominated.values).sum() > 0
    assert not np.isnan(run.index.imputed.values).any()
    indicator, region, year = c.SLIP
    assert run.index.marks.sel(indicator=indicator, region=region, time=year) == 1


def test_the_park_tells_its_generations_apart(tmp_path, truths):
    run = xz.run(xz.read_study(write_study(tmp_path, "park")))
    rank = run.index.ranks().sel(element=run.index.tree.codes[-1], time=2023).to_series()
    old = truths.projects[truths.projects == "old"].index
    assert rank[old].min() > rank.drop(old).max()


def test_industries_stand_where_technology_and_energy_have_led_them(run):
    """Of every region, as the country's laws pull alike everywhere: what is new rises, what is old does not."""
    rungs = run.ladder["ladder"].rungs
    last = rungs[rungs["year"] == 2023]
    planted = last["industry"].map({one.code: one.rung for one in c.INDUSTRIES})
    rising = last["rung"].isin(["future", "strategic-emerging", "leading"])
    assert rising[planted.isin(["emerging", "future"])].mean() > 0.9
    assert not rising[planted == "traditional"].any()
    assert not rising[planted == "pillar"].any()
