"""From a study to grown worlds, their files, and back from the record."""

import errno
import io
import json

import numpy as np
import openpyxl
import pandas as pd
import pytest

from tests.study.simulation.small import ABOUT, ALONE, FROM, POLICIES, SIMULATE, TABLES, WHOLE, small_study
from xinzhi.core.errors import XinzhiError
from xinzhi.simulate import run_files
from xinzhi.study.outputs import make, read_record, write
from xinzhi.study.reading import read_study
from xinzhi.study.repeating import repeat
from xinzhi.study.running import run
from xinzhi.study.simulation.keeping import cache_of
from xinzhi.study.simulation.sheets import HEADS, in_words
from xinzhi.study.summary import as_data
from xinzhi.study.summary import in_words as in_lines
from xinzhi.study.workbook import workbook
from xinzhi.web import columns


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return read_study(small_study(tmp_path_factory.mktemp("worlds"), WHOLE))


@pytest.fixture(scope="module")
def made(study):
    return run(study, workers=1)


def tables_of(run_):
    return run_.simulation.tables


def test_worlds_begin_from_the_study_s_own_tables(made):
    start = made.simulation.start
    assert start.regions == ("East", "North", "West")
    np.testing.assert_array_equal(start.employment, [[45, 25, 0], [0, 0, 44], [0, 30, 9]])
    np.testing.assert_allclose(start.research, np.array([12, 6, 25]) / 43)
    np.testing.assert_allclose(start.digital, [0.4, 0.7, 0.3])
    told = {origin.field: origin.source.en for origin in made.simulation.origins}
    assert told["research"] == "papers, 2020"
    assert told["digital"] == "online × 0.01, 2020"
    assert told["employment"].startswith("employment, jobs.csv, 2020")
    assert "4 of 9 cells not observed" in told["employment"]
    assert "assumed" in told["rungs"]  # two years are too few for a ladder
    assert made.warnings[-1].code == "start-assumed"


def test_a_study_of_nothing_but_policies_begins_with_the_model_country(tmp_path):
    stages = []
    made = run(read_study(small_study(tmp_path, ALONE)), tell=stages.append, workers=1)
    assert stages == ["world", "simulate"]
    assert made.structure is None
    assert made.data is None
    assert len(made.simulation.start.regions) == 31
    assert made.simulation.experiment.names == ("none", "capital")
    assert made.record.seed == 7


def test_tables_have_names_beside_codes(made):
    tables = tables_of(made)
    assert {
        "national",
        "differences",
        "regions",
        "industries",
        "rungs",
        "births",
        "incidence",
        "spending",
        "start",
    } == {name.removeprefix("simulate_") for name in tables}
    national = tables["simulate_national"]
    assert set(national["policy_zh"]) == {"无政策", "资本优先"}
    assert national["quarter"].nunique() == 12
    rungs = tables["simulate_rungs"]
    sums = rungs.groupby(["policy", "quarter"])["mean"].sum()
    np.testing.assert_allclose(sums, 1, atol=1e-6)
    assert set(tables["simulate_industries"]["industry_en"]) >= {"Steel", "Cars", "Chips"}
    spent = tables["simulate_spending"]
    assert set(spent["lever"]) == {"guidance_fund"}
    assert spent["planned"].max() == pytest.approx(0.004)


def test_what_is_written_is_what_was_found_and_can_be_repeated(study, made):
    folder = write(made)
    names = {file.stem for file in (folder / "simulation").iterdir()}
    assert names == set(tables_of(made))
    read = pd.read_parquet(folder / "simulation" / "simulate_differences.parquet")
    pd.testing.assert_frame_equal(read, tables_of(made)["simulate_differences"])
    record = read_record(folder)
    assert record["settings"]["simulation"]["simulate"]["from"]["industries"] == "jobs"
    assert record["inputs"].keys() == {"study.toml", "data.csv", "jobs.csv", "names.csv"}
    assert "Infinity" not in (folder / "record.json").read_text(encoding="utf-8")
    assert repeat(folder).same


def test_every_table_is_a_sheet_headed_in_both_languages(made):
    book = openpyxl.load_workbook(io.BytesIO(workbook(made)), read_only=True)
    sheets = [name for name in book.sheetnames if name.split(" ")[0] in ("world", "worlds", "policy", "births", "lags")]
    assert len(sheets) == 8
    for table in tables_of(made).values():
        missing = [column for column in in_words(table).columns if column not in HEADS]
        assert not missing
    for name in sheets:
        heads = [cell.value for cell in next(book[name].iter_rows(max_row=1))]
        assert all("\n" in head for head in heads)


def test_every_table_and_column_has_words_for_those_who_look_at_them_on_a_server(made):
    for name, table in tables_of(made).items():
        assert columns.title(name, "simulation")["zh"] != f"模拟：{name}"
        assert not [column for column in table if columns.meaning(name, column, "simulation")["zh"] == column]


def test_the_summary_says_what_each_policy_changed(made, tmp_path):
    en, zh = in_lines(made, tmp_path, "en"), in_lines(made, tmp_path, "zh")
    assert "Simulated 2020-2022: 3 regions × 3 industries, 1,000 firms, 2 draws" in en
    assert "Capital first (against no policy, 2022): share of new quality industries" in en
    assert "资本优先（与“无政策”相比，2022 年）：新质产业比重" in zh
    said = as_data(made, tmp_path)["simulation"]
    json.dumps(said, allow_nan=False)
    assert said["policies"][0] == {"name": "none", "title": {"en": "no policy", "zh": "无政策"}, "reference": True}
    gap = made.simulation.experiment.difference("capital", "output", 2022)
    (told,) = [row for row in said["differences"] if row["series"] == "output"]
    assert told["difference"] == pytest.approx(gap.mean)


def test_regions_and_industries_go_by_any_of_their_names(tmp_path):
    said = WHOLE.replace("start = 2021 }", 'start = 2021, regions = ["North"], industries = ["芯片", "Cars"] }')
    made = run(read_study(small_study(tmp_path, said)), workers=1)
    (lever,) = made.simulation.experiment.policies[1].levers
    assert lever.industries == ("C3", "C2")


def test_a_killed_run_takes_up_what_was_done_and_ends_with_the_same_bytes(tmp_path, study, made):
    again = read_study(small_study(tmp_path / "again", WHOLE))
    cache, seen = cache_of(again), []

    def stop(done):
        seen.append(done)
        if done >= 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(again, workers=1, progress=stop, cache=cache)
    kept = {file.name: file.stat().st_mtime_ns for file in (cache / "runs").iterdir()}
    assert len(kept) >= 2
    after = run(again, workers=1, cache=cache)
    assert all((cache / "runs" / name).stat().st_mtime_ns == when for name, when in kept.items())
    one, two = (make(of, tmp_path / name) for of, name in ((made, "one"), (after, "two")))
    assert one == two
    write(after)
    assert not cache.parent.exists()


def test_a_changed_study_does_not_take_what_another_left(study, tmp_path):
    other = read_study(small_study(tmp_path, WHOLE + "\n# changed\n"))
    assert cache_of(other).name != cache_of(study).name


def test_a_full_disk_is_told_and_what_was_done_is_kept(tmp_path, monkeypatch):
    again = read_study(small_study(tmp_path, WHOLE))
    cache, real, calls = cache_of(again), run_files.os.replace, []

    def full(one, two):
        calls.append(two)
        if len(calls) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(one, two)

    monkeypatch.setattr(run_files.os, "replace", full)
    with pytest.raises(XinzhiError) as caught:
        run(again, workers=1, cache=cache)
    assert "disk-full" in {fault.code for fault in caught.value.faults}
    monkeypatch.undo()
    kept = len(list((cache / "runs").glob("*.npz")))
    assert kept
    assert run(again, workers=1, cache=cache).simulation.experiment.draws == 2


def test_an_index_may_stand_beside(tmp_path):
    said = WHOLE + (
        '\n[index]\nelements = [ { code = "top" } ]\nindicators = [ { code = "papers", parent = "top" }, '
        '{ code = "online", parent = "top" } ]\n'
    )
    stages = []
    made = run(read_study(small_study(tmp_path, said)), tell=stages.append, workers=1)
    assert stages[-3:] == ["ladder", "world", "simulate"]
    assert made.index is not None
    assert "simulation" in made.record.settings
    assert {fault.code for fault in made.warnings} >= {"start-assumed"}


def test_relatedness_and_technologies_come_from_links(tmp_path):
    links = """
[[links]]
name = "patents"
file = "patents.csv"
columns = { region = "region", activity = "field", value = "patents", period = "year" }
relatedness = "association"
"""
    folder = small_study(tmp_path, ABOUT + TABLES + links + SIMULATE + FROM + 'technologies = "patents"\n' + POLICIES)
    rows = [f"{r},{f},2020,{n}" for r, of in (("East", "aab"), ("West", "bbc"), ("North", "ccd")) for f, n in
            ((f, 3 + of.count(f) * 7) for f in "abcd")]  # fmt: skip
    (folder / "patents.csv").write_text("region,field,year,patents\n" + "\n".join(rows) + "\n", encoding="utf-8")
    made = run(read_study(folder), workers=1).simulation
    told = {origin.field: origin for origin in made.origins}
    assert made.start.technologies == ("a", "b", "c", "d")
    assert "association" in told["relatedness"].source.en
    assert told["technology_of"].assumed
    assert made.start.relatedness.max() == 1
    assert made.start.technologies[made.start.technology_of[made.start.industries.index("C1")]] == "a"


def test_links_may_hold_the_industries(tmp_path):
    said = (
        ABOUT
        + """
[[links]]
name = "work"
file = "jobs.csv"
columns = { region = "region", activity = "industry", value = "employment", period = "year" }
names = "names.csv"
"""
        + SIMULATE
        + '[simulate.from]\nlinks = "work"\nyear = 2019\n'
        + POLICIES
    )
    made = run(read_study(small_study(tmp_path, said)), workers=1).simulation
    assert made.start.first_year == 2019
    np.testing.assert_array_equal(made.start.employment, [[50, 20, 0], [0, 0, 40], [0, 30, 5]])
    assert made.industry_names["C3"].en == "Chips"
    assert {one.field for one in made.begun.beginning.assumed} >= {"research", "rungs", "age"}


CALIBRATE = """
[simulate.calibrate]
knobs = { selection = [0.02, 0.2] }
since = 2016
held_out = 2
draws = 60
firms = 1_000
"""


def six_regions(tmp_path):
    rng, years, regions = np.random.default_rng(3), range(2016, 2021), "ABCDEF"
    data = [f"{region},{year},{at + 4},{20 + at}" for year in years for at, region in enumerate(regions)]
    jobs = [
        f"{region},C{one},{year},{rng.integers(1, 60)}" for year in years for region in regions for one in (1, 2, 3)
    ]
    data, jobs = ["region,year,papers,online", *data], ["region,industry,year,employment", *jobs]
    return small_study(tmp_path, WHOLE + CALIBRATE, data="\n".join(data) + "\n", jobs="\n".join(jobs) + "\n")


def test_knobs_are_inferred_and_what_was_held_out_is_scored(tmp_path):
    found = run(read_study(six_regions(tmp_path)), workers=1).simulation
    assert found.posterior.names == ("selection",)
    assert found.experiment.knob_sets > 1
    assert found.heldout.years == 2
    tables = found.tables
    assert tables["simulate_posterior"].loc[0, "name_zh"] == "优胜劣汰"
    for name in ("simulate_posterior", "simulate_moments", "simulate_heldout"):
        assert not [column for column in in_words(tables[name]).columns if column not in HEADS]


def test_what_cannot_be_scored_is_a_notice_and_what_cannot_be_inferred_is_refused(tmp_path):
    said = WHOLE + CALIBRATE.replace("2016", "2019")
    with pytest.raises(XinzhiError, match="at least 2 must be left") as caught:
        run(read_study(small_study(tmp_path, said)), workers=1)
    assert caught.value.faults[0].column == "simulate.calibrate.held_out"
    with pytest.raises(XinzhiError, match="nothing for 2018") as caught:
        run(read_study(small_study(tmp_path, WHOLE + CALIBRATE.replace("2016", "2018"))), workers=1)


def test_facts_and_claims_are_tables_too(tmp_path):
    from xinzhi.study.simulation import following

    found = run(read_study(small_study(tmp_path, ALONE.replace("facts = false", "facts = true"))), workers=1).simulation
    assert found.facts.runs == 2
    assert "simulate_facts" in found.tables
    assert following.simulated(read_study(small_study(tmp_path / "none", ABOUT + TABLES)), None, None) is None
