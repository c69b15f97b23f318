"""The course of an index, told without asking: the numbers of the dynamics functions under stated conventions."""

import io
import itertools
import json

import numpy as np
import openpyxl
import pandas as pd
import pytest
import xarray as xr

from tests.report.runs import a_run
from tests.small import small_study
from xinzhi.core.errors import Fault
from xinzhi.dynamics.density import density
from xinzhi.dynamics.markov import markov
from xinzhi.study.dynamics.comparing import yearly
from xinzhi.study.dynamics.following import CLASSES, FEW_MOVES, _Asked, dynamics_of
from xinzhi.study.dynamics.results import QUANTILES
from xinzhi.study.dynamics.sheets import dynamics_sheets
from xinzhi.study.dynamics.summary import data_of, lines_of
from xinzhi.study.outputs import make
from xinzhi.study.reading import read_study
from xinzhi.study.running import run
from xinzhi.study.workbook import workbook

EAST = {
    *("北京", "天津", "河北", "上海", "江苏", "浙江", "福建", "山东", "广东", "海南"),
}
NORTHEAST = {"辽宁", "吉林", "黑龙江"}
CENTRAL = {"山西", "安徽", "江西", "河南", "湖北", "湖南"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return a_run(tmp_path_factory.mktemp("dynamics"), years=8)


@pytest.fixture(scope="module")
def found(made):
    return made.dynamics


@pytest.fixture(scope="module")
def tables(found):
    return found.tables


@pytest.fixture(scope="module")
def top(made):
    """Scores of the index, region × time, of the regions that have any."""
    return made.index.top.dropna("region", how="all")


def codes(fault_list):
    return [fault.code for _, _, fault in fault_list]


def of_index(table):
    return table[table["element"] == "nqpf"].drop(columns="element").reset_index(drop=True)


def test_the_index_and_the_elements_right_below_it(found):
    assert [course.code for course in found.courses] == ["nqpf", "technology", "energy", "industry", "digital"]
    assert found.courses[0].name.zh == "新质生产力指数"
    assert found.yearly == ()


def test_densities_are_those_of_one_bandwidth_for_all_years(top, tables):
    by_hand = density(top, shared=True, points=201)
    table = of_index(tables["density"])
    np.testing.assert_allclose(table["density"], by_hand.density.values.ravel(), rtol=1e-12)
    spread = of_index(tables["distribution"])
    assert np.ptp(spread["bandwidth"]) == 0
    np.testing.assert_allclose(spread["bandwidth"], by_hand.bandwidths.values)
    for year, row in spread.set_index("time").iterrows():
        scores = top.sel(time=year).dropna("region").values
        np.testing.assert_allclose(row[[*QUANTILES]].to_numpy(float), np.quantile(scores, [*QUANTILES.values()]))
        assert row["deviation"] == pytest.approx(scores.std(ddof=1))
        curve = table[table["time"] == year]
        assert row["mode"] == curve.loc[curve["density"].idxmax(), "value"]
        assert row["height"] == curve["density"].max()


def test_moves_are_counted_once_each(top, tables):
    cuts = markov(top, CLASSES).cuts.values[0]
    held = np.where(np.isnan(top.values), 0, 1 + (top.values[..., None] > cuts).sum(axis=-1))
    counts = np.zeros((CLASSES, CLASSES))
    for row in held:
        for before, after in itertools.pairwise(row):
            if before and after:
                counts[before - 1, after - 1] += 1
    transitions = of_index(tables["transitions"])
    assert transitions["count"].tolist() == counts.ravel().tolist()
    p = transitions["probability"].to_numpy().reshape(CLASSES, CLASSES)
    np.testing.assert_allclose(p, counts / counts.sum(axis=1, keepdims=True))
    classes, summed, moves = (of_index(tables[name]) for name in ("classes", "mobility", "moves"))
    np.testing.assert_allclose(classes["long_run"] @ p, classes["long_run"], atol=1e-12)
    assert classes["regions_last"].tolist() == [int((held[:, -1] == at).sum()) for at in range(1, CLASSES + 1)]
    assert len(moves) == counts.sum() - np.trace(counts)
    assert (moves["from"] < moves["to"]).sum() == summed["up"][0] == np.triu(counts, 1).sum()
    assert summed["stayed"][0] == np.trace(counts)


def test_who_moved_when_is_told_by_name(top, tables, made):
    first = of_index(tables["moves"]).iloc[0]
    entry = dict(zip(made.index.regions, made.index.about_region["name_zh"], strict=True))
    assert first["name_zh"] == entry[first["region"]]
    cuts = markov(top, CLASSES).cuts.values[0]
    after = float(top.sel(region=first["region"], time=first["year_to"]))
    assert 1 + (after > cuts).sum() == first["to"]


def test_inequality_is_what_pairs_of_regions_make_it(top, tables):
    by_year, parts = (of_index(tables[name]).set_index("time") for name in ("inequality", "dagum"))
    for year in top["time"].values:
        x = top.sel(time=year).dropna("region").values
        gini = np.abs(x[:, None] - x).sum() / (2 * len(x) ** 2 * x.mean())
        share = x / x.mean()
        assert by_year.loc[year, "gini"] == pytest.approx(gini)
        assert by_year.loc[year, "theil-t"] == pytest.approx((share * np.log(share)).mean())
        assert parts.loc[year, "total"] == pytest.approx(gini)
    np.testing.assert_allclose(parts[["within", "between", "transvariation"]].sum(axis=1), parts["total"])
    np.testing.assert_allclose(by_year[["theil_between", "theil_within"]].sum(axis=1), by_year["theil-t"])


def test_provinces_are_grouped_as_the_statistics_bureau_does(found, made):
    split = found.grouping
    members = {name.en: set() for name in split.names}
    for name, at in zip(made.index.about_region["name_zh"], split.codes, strict=True):
        members[split.names[at].en].add(name)
    assert members["East"] == EAST
    assert members["Northeast"] == NORTHEAST
    assert members["Central"] == CENTRAL
    assert len(members["West"]) == 12
    # With Hong Kong, Macao and Taiwan beside them the groups are no longer those of the bureau.
    assert members["Hong Kong, Macao and Taiwan"]
    assert split.source is None


def test_the_mainland_alone_cites_the_bureau(tmp_path):
    mainland = [code for code in a_run(tmp_path, years=2).index.regions if code[0] not in "78"]
    split = a_run(tmp_path, years=3, own=tuple(mainland)).dynamics.grouping
    assert len(split.names) == 4
    assert "2011" in split.source.zh


def zoned(zones):
    """Data of as many regions as zones, with their zones in a column."""
    rows = ["region,year,zone,a,b,c,d"]
    for i, zone in enumerate(zones):
        for year in (2020, 2021, 2022):
            cells = ",".join(str(1 + (3 * i + 5 * j + (year - 2019) * (i + j + 1)) % 13) for j in range(4))
            rows.append(f"R{i},{year},{zone},{cells}")
    return "\n".join(rows) + "\n"


def test_groups_of_the_data_itself(tmp_path):
    folder = small_study(tmp_path / "two", data=zoned(["hill", "coast"] * 4), source='groups = ["zone"]')
    found = run(read_study(folder)).dynamics
    assert (found.grouping.column, [name.en for name in found.grouping.names]) == ("zone", ["hill", "coast"])
    assert found.grouping.source is None
    assert set(found.tables["dagum-groups"]["group_en"]) == {"hill", "coast"}
    folder = small_study(tmp_path / "many", data=zoned("abcdefgh"), source='groups = ["zone"]')
    found = run(read_study(folder)).dynamics
    assert found.grouping is None
    assert [fault.code for fault in found.notices] == ["too-many-groups"]
    assert "dagum" not in found.tables


def test_growing_alike_in_one_line_each(tables):
    told = of_index(tables["convergence"])
    assert told["kind"].tolist() == ["sigma", "absolute-beta", "conditional-beta"]
    spread = of_index(tables["inequality"])
    # The coefficient of variation of σ leaves out the same region everywhere: the one without any score.
    assert told["first"][0] == pytest.approx(spread["coefficient-of-variation"].iloc[0])
    others = tables["convergence"].query("element != 'nqpf'")["kind"]
    assert "conditional-beta" not in set(others)


def test_counts_and_years_are_taken_for_no_region():
    names = {"name_en": ("region", ["Ahead", "Behind"]), "name_zh": ("region", ["甲", "乙"])}
    places = {"region": ["3", "340000"], "time": [2020]}
    asked = _Asked(xr.DataArray([[1.0], [2.0]], coords=places | names, dims=("region", "time")))
    asked.say("mobility", [Fault("few", "3 of 340000 in 2020", "340000 在 2020 年 3 次")])
    assert [(one.en, one.zh) for one in asked.said["mobility"]] == [("3 of Behind in 2020", "乙 在 2020 年 3 次")]


def test_what_is_told_of_moves_stays_after_the_tables_are_made(found, tables):
    assert len(found.courses[0].moves["at"]) == (tables["moves"]["element"] == found.courses[0].code).sum()


def test_notices_call_regions_by_their_names(found):
    told = [fault for fault in found.courses[0].notices["convergence"] if "Hunan" in fault.en]
    assert told
    assert all("湖南" in fault.zh for fault in told)
    assert not any("430000" in fault.en + fault.zh for _, _, fault in found.said())


def test_years_on_scales_of_their_own_are_not_compared(tmp_path):
    made = a_run(tmp_path, years=8, normalise={"method": "min-max", "scope": "year"})
    found = made.dynamics
    assert found.yearly == tuple(yearly(made.index)) == ("normalise",)
    assert set(found.tables) == {"classes", "transitions", "mobility", "moves"}
    chain = found.courses[0].chain
    assert chain.cut == "annual"
    # Classes are places: every year has the same number of regions in each, but for rounding.
    sizes = np.stack([(chain.states.values == at).sum(axis=0) for at in range(1, CLASSES + 1)])
    assert np.ptp(sizes, axis=1).max() <= 1
    assert found.tables["classes"]["above"].isna().all()
    assert codes(found.said()).count("years-not-comparable") == 3 * len(found.courses)
    assert "classes within the year" in "".join(lines_of(found, "en"))


def test_scores_below_nothing_have_no_inequality_but_a_distribution(tmp_path):
    course = a_run(tmp_path, years=6, normalise={"method": "z-score"}).dynamics.courses[0]
    assert course.density is not None
    assert course.chain is not None
    assert (course.inequality, course.dagum, course.theil, course.betas) == ({}, None, None, {})
    assert {fault.code for fault in course.notices["inequality"]} >= {"negative"}


def test_of_too_little_nothing_is_told_but_why(tmp_path):
    made = run(read_study(small_study(tmp_path)))
    assert made.dynamics.courses == ()
    assert codes(made.dynamics.said()) == ["too-little-to-follow"]
    assert "4 regions in 3 years" in made.dynamics.notices[0].en
    assert list(lines_of(made.dynamics, "zh")) == []
    book = openpyxl.load_workbook(io.BytesIO(workbook(made)))
    assert book["caveats 动态说明"]["D2"].value == made.dynamics.notices[0].en


def test_one_year_has_no_course(tmp_path):
    made = a_run(tmp_path, years=1)
    assert made.dynamics is None
    assert dynamics_of(made.study, made.index) is None


def test_few_moves_are_told(tmp_path):
    course = a_run(tmp_path, years=3, own=tuple(f"R{i}" for i in range(9)), regions="own").dynamics.courses[0]
    out = course.chain.counts.values.sum(axis=1)
    assert 0 < out.min() < FEW_MOVES
    told = [fault for fault in course.notices["mobility"] if fault.code == "few-moves"]
    assert len(told) == 1
    assert all(f"{int(n)} out of class {at}" in told[0].en for at, n in enumerate(out, start=1) if n)


def test_every_table_lies_in_the_folder_and_equal_runs_are_equal_bytes(tmp_path, made, tables):
    one, two = (make(made, tmp_path / name) for name in ("one", "two"))
    assert one == two
    for name, table in tables.items():
        held = pd.read_parquet(tmp_path / "one" / "dynamics" / f"{name}.parquet")
        pd.testing.assert_frame_equal(held, table)
        assert f"dynamics/{name}.csv" in one


def test_a_sheet_a_table_with_heads_in_both_languages(found, tables):
    sheets = {sheet.name.rpartition(" ")[0]: sheet for sheet in dynamics_sheets(found)}
    rows = {name: [list(row) for row in sheet.rows] for name, sheet in sheets.items()}
    assert {"distribution", "classes", "transitions", "mobility", "inequality", "convergence"} <= sheets.keys()
    for name, sheet in sheets.items():
        assert {len(row) for row in rows[name]} == {len(sheet.heads)}
        assert len({head for head, _ in sheet.heads}) == len(sheet.heads)
    assert [row[-5] for row in rows["inequality"]] == tables["inequality"]["gini"].tolist()
    assert rows["inequality"][0][2] == "新质生产力指数"


def test_in_words_and_as_data(found, tables):
    en, zh = ("\n".join(lines_of(found, language)) for language in ("en", "zh"))
    counted = of_index(tables["mobility"]).iloc[0]
    assert f"{int(counted['moves'])} moves" in en
    assert f"{int(counted['up'])} 次上升" in zh
    assert f"{of_index(tables['inequality'])['gini'].iloc[-1]:.3f} in 2022" in en
    data = json.loads(json.dumps(data_of(found), allow_nan=False))["dynamics"]
    assert data["tables"]["inequality"][0]["gini"] == pytest.approx(tables["inequality"]["gini"][0])
    assert "density" not in data["tables"]
