"""The rule of the industry ladder: which industry stands where and why, and what one does not know."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import xinzhi as xz
from tests.oracles import ladder as twin
from xinzhi.core.errors import DataError, MethodError
from xinzhi.structure.ladder import ladder
from xinzhi.structure.ladder.linkages import linkages
from xinzhi.structure.ladder.rungs import RUNGS

YEARS = np.arange(2000, 2020)
SHARP = {"band": 0.0, "growth_band": 0.0}


def table(measures, regions=("r",)):
    """Industries from {measure: {industry: values by year}}; all regions alike."""
    names = list(next(iter(measures.values())))
    rows = [
        {"region": region, "industry": name, "year": int(year)}
        | {measure: float(of[name][at]) for measure, of in measures.items()}
        for region in regions
        for name in names
        for at, year in enumerate(YEARS)
    ]
    return xz.industries(
        pd.DataFrame(rows), industry="industry", period="year", region="region", measures=list(measures)
    )


def grown(start, rate):
    return start * np.exp(rate * (YEARS - YEARS[0]))


def sizes():
    """A background that neither grows nor shrinks, and one industry for each rung."""
    return {
        "pillar": grown(400, 0.0),
        "background": grown(300, 0.0),
        "quiet": grown(100, -0.005),
        "textiles": grown(200, -0.05),
        "robots": grown(40, 0.08),
        "machines": grown(150, 0.012),
        "quantum": grown(2, 0.0),
    }


TECHNOLOGY = {
    "pillar": 1.0,
    "background": 1.0,
    "quiet": 0.2,
    "textiles": 0.5,
    "robots": 8.0,
    "machines": 1.5,
    "quantum": 20.0,
}


def at(found, industry, year=2019, region="r"):
    series = (found.probability["industry"].values == industry) & (found.probability["region"].values == region)
    return found.rung.sel(time=year).values[series].item()


def test_each_rung_is_reached():
    found = ladder(
        table({"employment": sizes()}), technology=TECHNOLOGY, linkages={"backward": TECHNOLOGY, "forward": TECHNOLOGY}
    )
    assert {name: at(found, name) for name in sizes()} == {
        "pillar": "pillar",
        "background": "pillar",
        "quiet": "mature",
        "textiles": "declining",
        "robots": "strategic-emerging",
        "machines": "leading",
        "quantum": "future",
    }
    assert len(str(found).splitlines()) == 6
    rows = found.to_frame()
    assert (rows[list(RUNGS)].sum(axis=1).round(12) == 1).all()
    assert {"share", "growth", "technology"} <= set(rows.columns)


def test_one_odd_year_moves_no_rung():
    plain = sizes()
    found = ladder(table({"employment": plain}), technology=TECHNOLOGY)
    for name in plain:
        for factor in (0.3, 3.0):
            odd = {**plain, name: plain[name] * np.where(YEARS == 2012, factor, 1.0)}
            moved = ladder(table({"employment": odd}), technology=TECHNOLOGY)
            series = found.probability["industry"].values == name
            settled = YEARS >= 2008
            np.testing.assert_array_equal(
                moved.rung.values[series][:, settled], found.rung.values[series][:, settled], err_msg=f"{name} {factor}"
            )


def test_a_real_change_of_course_is_seen_some_years_later():
    turned = {**sizes(), "quiet": np.where(YEARS < 2008, 100.0, 100 * np.exp(-0.06 * (YEARS - 2008)))}
    found = ladder(table({"employment": turned}))
    series = found.probability["industry"].values == "quiet"
    years = YEARS[(found.rung.values[series][0] == "declining")]
    assert 2009 <= years[0] <= 2013
    assert years[-1] == 2019


def test_what_is_not_told_is_said_and_makes_less_certain():
    bare = ladder(table({"employment": sizes()}))
    codes = {note.code for note in bare.notes}
    assert codes >= {"no-technology", "no-entries", "no-classical-criteria", "no-upgrading", "no-age"}
    series = bare.probability["industry"].values == "robots"
    assert at(bare, "robots") == "strategic-emerging"
    assert not bare.certain.sel(time=2019).values[series].item()
    told = ladder(table({"employment": sizes()}), technology=TECHNOLOGY)
    assert told.certain.sel(time=2019).values[series].item()
    assert "no-technology" not in {note.code for note in told.notes}
    assert "not told by the data" in bare.reasons("r", "robots", 2019)[-1].en


def test_low_technology_does_not_emerge_however_fast_it_grows():
    found = ladder(table({"employment": sizes()}), technology={**TECHNOLOGY, "robots": 0.1})
    assert at(found, "robots") != "strategic-emerging"


def test_recovering_from_a_slump_is_not_emerging():
    slumped = {**sizes(), "robots": np.where(YEARS < 2008, 120.0, 40 * np.exp(0.06 * (YEARS - 2008)))}
    found = ladder(table({"employment": slumped}), technology=TECHNOLOGY)
    assert at(found, "robots", 2016) == "mature"


def test_where_only_every_fifth_year_is_known_industries_can_still_emerge():
    seen = {name: np.where(YEARS % 5 == 0, of, np.nan) for name, of in sizes().items()}
    found = ladder(table({"employment": seen}), technology=TECHNOLOGY)
    assert np.isnan(found.evidence.sel(criterion="steadiness")).all()
    assert at(found, "robots", 2015) == "strategic-emerging"


def test_a_new_small_industry_is_a_future_one():
    born = {**sizes(), "quantum": np.where(YEARS < 2012, np.nan, 2.0)}
    found = ladder(table({"employment": born}))
    assert at(found, "quantum", 2013) == "future"
    assert at(found, "quantum", 2010) == ""
    assert "years since first seen 1" in " ".join(one.en for one in found.reasons("r", "quantum", 2013))


def test_where_a_region_is_recorded_late_its_industries_are_not_young():
    early = table({"employment": sizes()}, ["early", "late"]).to_frame()
    wide = early[(early["region"] == "early") | (early["time"] >= 2008)].rename(columns={"value": "employment"})
    told = xz.industries(wide, industry="industry", period="time", region="region", measures=["employment"])
    assert "age" not in ladder(told).evidence["criterion"].values


def test_upgraded_traditional_industries_are_back_on_and_say_why():
    digital = dict.fromkeys(sizes(), np.full(len(YEARS), 0.2))
    up = {**digital, "quiet": 0.15 * np.exp(0.06 * (YEARS - 2000)), "textiles": 0.15 * np.exp(0.06 * (YEARS - 2000))}
    output = {name: 10 * of for name, of in sizes().items()}
    found = ladder(table({"employment": sizes(), "digital": up}))
    assert at(found, "textiles") == "leading" if at_size(found, "textiles") >= 0.3 else "declining"
    assert at(found, "quiet") == "leading"
    why = found.reasons("r", "quiet", 2019)
    assert "an upgraded base carries it" in why[1].en
    assert "产业基础已升级" in why[1].zh
    behind = {**output, "quiet": output["quiet"] * np.exp(-0.03 * (YEARS - 2000))}
    lagging = ladder(table({"employment": sizes(), "digital": up, "output": behind}))
    assert at(lagging, "quiet") == "mature", "digital, but its productivity falls behind"
    small = ladder(table({"employment": {**sizes(), "quiet": grown(30, -0.005)}, "digital": up}))
    assert at(small, "quiet") == "mature"
    assert "too small to carry" in small.reasons("r", "quiet", 2019)[1].en


def at_size(found, industry, year=2019):
    series = found.evidence["industry"].values == industry
    return found.evidence.sel(time=year, criterion="relative-size").values[series].item()


def test_productivity_alone_is_no_upgrading():
    output = {name: 10 * of for name, of in sizes().items()} | {"quiet": grown(1000, 0.03)}
    found = ladder(table({"employment": sizes(), "output": output}))
    assert at(found, "quiet") == "mature"
    assert "upgraded" not in found.evidence["criterion"].values


def test_the_quorum_of_classical_criteria():
    plain = table({"employment": sizes()})
    strong, weak = dict.fromkeys(sizes(), 1.5), dict.fromkeys(sizes(), 0.5)
    assert at(ladder(plain, linkages={"backward": strong, "forward": weak}), "machines") == "leading"
    assert at(ladder(plain, linkages={"backward": weak, "forward": weak}), "machines") == "mature"
    half = ladder(plain, linkages={"backward": strong, "forward": weak}, relative_advantage=weak)
    assert at(half, "machines") == "leading"
    both = xz.LadderSpec(quorum=1.0)
    assert (
        at(ladder(plain, both, linkages={"backward": strong, "forward": weak}, relative_advantage=weak), "machines")
        == "mature"
    )


def test_a_share_near_the_threshold_is_uncertain():
    spec = xz.LadderSpec(pillar_share=0.4)
    shares = {"a": grown(40, 0.0), "b": grown(60, 0.0)}
    found = ladder(table({"employment": shares}), spec)
    chances = found.probability.sel(time=2019).values[found.probability["industry"].values == "a"][0]
    assert chances[RUNGS.index("pillar")] == 0.5
    assert not found.certain.sel(time=2019).values[0]
    sharp = ladder(table({"employment": shares}), xz.LadderSpec(pillar_share=0.4, **SHARP))
    assert set(np.unique(sharp.probability.values[~np.isnan(sharp.probability.values)])) <= {0.0, 1.0}


def bounded(low, high, region="r"):
    rows = [
        (
            region,
            name,
            int(year),
            str(of[k]) if name != "hidden" or (year != 2017 and year != 2018 and year != 2019) else f"{low}-{high}",
        )
        for name, of in {"big": grown(300, 0.0), "hidden": grown(500, 0.0), "rest": grown(300, 0.0)}.items()
        for k, year in enumerate(YEARS)
    ]
    frame = pd.DataFrame(rows, columns=["region", "industry", "year", "employment"])
    return xz.industries(frame, industry="industry", period="year", region="region", measures=["employment"])


def test_cells_between_bounds_give_chances_and_the_same_ones_each_time():
    wide, tight = ladder(bounded(50, 900)), ladder(bounded(495, 505))
    series = wide.probability["industry"].values == "hidden"
    assert wide.probability.sel(time=2019).values[series].max() < 1
    assert at(tight, "hidden") == "pillar"
    assert tight.certain.sel(time=2019).values[series].item()
    assert wide.probability.identical(ladder(bounded(50, 900)).probability)
    np.testing.assert_allclose(wide.probability.sel(time=2019).sum("rung"), 1)


def test_arguments_may_have_years_and_regions_and_must_fit():
    plain = table({"employment": sizes()}, regions=("r", "s"))
    rows = [("r", name, year, value) for name, value in TECHNOLOGY.items() for year in YEARS]
    series = pd.DataFrame(rows, columns=["region", "activity", "period", "v"]).set_index(
        ["region", "activity", "period"]
    )["v"]
    array = xr.DataArray(
        np.array([list(TECHNOLOGY.values())] * 2),
        {"region": ["r", "s"], "industry": list(TECHNOLOGY)},
        ("region", "industry"),
    )
    by_rows, by_array, by_name = (ladder(plain, technology=one) for one in (series, array, TECHNOLOGY))
    assert at(by_rows, "quantum") == at(by_array, "quantum") == at(by_name, "quantum") == "future"
    assert by_array.probability.identical(by_name.probability)
    for wrong, code in (
        ({"nobody": 1.0}, "no-match"),
        ([1.0], "not-by-industry"),
        ({"robots": "high"}, "not-by-industry"),
        (pd.Series([1.0, 2.0], ["robots", "robots"]), "repeated-label"),
    ):
        with pytest.raises(MethodError) as caught:
            ladder(plain, technology=wrong)
        assert caught.value.faults[0].code == code
    with pytest.raises(MethodError, match="backward and forward"):
        ladder(plain, linkages={"backward": TECHNOLOGY})


def test_what_cannot_be_read_is_said():
    with pytest.raises(DataError, match="employment"):
        ladder(table({"output": sizes()}))
    with pytest.raises(MethodError, match="no industry 'nobody'"):
        ladder(table({"employment": sizes()})).reasons("r", "nobody", 2019)
    short = table({"employment": {**sizes(), "machines": np.where(YEARS == 2005, 150.0, np.nan)}})
    (note,) = [note for note in ladder(short).notes if note.code == "never-placed"]
    assert "machines" in note.en


@pytest.mark.parametrize("wrong", [{"small": 0.5}, {"outgrow": 0.05}])
def test_thresholds_the_wrong_way_round_are_refused(wrong):
    with pytest.raises(ValueError, match="must be below"):
        xz.LadderSpec(**wrong)


def test_levels_and_trends_equal_the_twin():
    rng = np.random.default_rng(5)
    of = {f"i{k}": np.exp(rng.normal(3, 1) + np.cumsum(rng.normal(0, 0.1, len(YEARS)))) for k in range(6)}
    of = {name: np.where(rng.random(len(YEARS)) < 0.3, np.nan, values) for name, values in of.items()}
    found = ladder(table({"employment": of}))
    told = twin.evidence([of[name] for name in sorted(of)], found.spec.window)
    names = ("relative-size", "growth", "excess-growth", "steadiness", "below-peak")
    mine = found.evidence.sel(criterion=list(names)).values
    np.testing.assert_allclose(mine, np.array(told), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("untold", [0.0, 1.0])
def test_rungs_equal_the_twin(untold):
    rng = np.random.default_rng(6)
    many = 150

    def walk(spread):
        return {
            f"i{k:03d}": np.exp(rng.normal(3, 1.5) + np.cumsum(rng.normal(0, spread, len(YEARS)))) for k in range(many)
        }

    born = {
        name: np.where(np.arange(len(YEARS)) < rng.integers(-20, 12), np.nan, of) for name, of in walk(0.08).items()
    }
    stock = walk(0.02)
    measures = {
        "employment": born,
        "establishments": stock,
        "entries": {name: of * rng.uniform(0, 0.3, len(YEARS)) for name, of in stock.items()},
        "output": walk(0.05),
        "digital": walk(0.05),
    }
    spec = xz.LadderSpec(untold=untold, **SHARP)
    held_back = {name: value for name, value in zip(born, rng.uniform(0, 3, many), strict=True) if rng.random() < 0.7}
    links = {"backward": dict(zip(born, rng.uniform(0, 2, many), strict=True)), "forward": held_back}
    found = ladder(table(measures), spec, technology=held_back, linkages=links, relative_advantage=held_back)
    criteria = found.evidence["criterion"].values.tolist()
    seen = set()
    for series, name in enumerate(sorted(born)):
        known = [
            None if np.isnan(born[name][: at + 1]).all() else twin.rung(dict(zip(criteria, row, strict=True)), spec)
            for at, row in enumerate(found.evidence.values[series])
        ]
        expected = [one or "" for one in twin.held(known, spec.hold)]
        assert found.rung.values[series].tolist() == expected, name
        seen |= set(expected)
    assert seen == {*RUNGS, ""}


FLOWS = pd.DataFrame(
    [[10.0, 40.0, 5.0], [20.0, 30.0, 30.0], [5.0, 10.0, 20.0]], ["farm", "works", "care"], ["farm", "works", "care"]
)
OUTPUT = {"farm": 100.0, "works": 200.0, "care": 150.0}


def test_linkages_are_sums_of_what_is_bought_round_after_round():
    found = linkages(FLOWS, OUTPUT)
    shares = FLOWS.to_numpy() / np.array(list(OUTPUT.values()))
    total, step = np.eye(3), np.eye(3)
    for _ in range(200):
        step = step @ shares
        total = total + step
    np.testing.assert_allclose(found.backward, total.sum(axis=0) / total.sum(axis=0).mean(), rtol=1e-12)
    rows = linkages(FLOWS, OUTPUT, forward="leontief").forward
    np.testing.assert_allclose(rows, total.sum(axis=1) / total.sum(axis=1).mean(), rtol=1e-12)
    assert found.forward.mean() == pytest.approx(1)
    assert found.direct_backward.sel(industry="works") == pytest.approx(80 / 200)
    assert found.direct_forward.sel(industry="farm") == pytest.approx(55 / 100)
    assert list(found.to_frame().index) == list(OUTPUT)
    shuffled = linkages(FLOWS.loc[["care", "farm", "works"], ["works", "care", "farm"]], OUTPUT)
    xr.testing.assert_allclose(shuffled.backward.sel(industry=list(OUTPUT)), found.backward)


@pytest.mark.parametrize(
    ("flows", "output", "code"),
    [
        (FLOWS.iloc[:2], OUTPUT, "not-square"),
        (FLOWS, {"farm": 100.0, "works": 200.0}, "no-output"),
        (FLOWS - 20, OUTPUT, "negative-flow"),
        (FLOWS.mask(FLOWS == 40), OUTPUT, "no-flow"),
        (FLOWS * 100, OUTPUT, "not-productive"),
    ],
)
def test_a_table_that_is_none_is_refused(flows, output, code):
    with pytest.raises(DataError) as caught:
        linkages(flows, output)
    assert code in {fault.code for fault in caught.value.faults}


def test_industries_of_the_united_states_stand_where_history_has_them(shared_data):
    measures = {"employment": "emp", "establishments": "estabs", "entries": "estabs_entry", "exits": "estabs_exit"}
    made = xz.industries(shared_data / "us" / "bds2022_vcn3.csv", industry="vcnaics3", period="year", measures=measures)
    found = ladder(made)
    for industry, year, expected in (
        ("315", 2000, "declining"),  # apparel
        ("313", 2005, "declining"),  # textile mills
        ("323", 2010, "declining"),  # printing
        ("334", 2005, "declining"),  # computers and electronics, by employment
        ("212", 1995, "declining"),  # mining, coal among it
        ("334", 1982, "leading"),
        ("519", 2015, "strategic-emerging"),  # internet publishing, search
        ("541", 1985, "leading"),  # professional, scientific and technical services
        ("541", 2015, "pillar"),
        ("622", 2010, "pillar"),  # hospitals
        ("722", 2010, "pillar"),  # restaurants
        ("324", 2000, "declining"),  # petroleum products
    ):
        assert at(found, industry, year, "all") == expected, (industry, year)
