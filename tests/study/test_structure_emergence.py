"""Topics that emerge, as a study asks for it: from a file and from links, in tables, sheets and words."""

import io
import json

import numpy as np
import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.linked import CRAFTS, YEARS, amounts, linked_study
from xinzhi.cli import app
from xinzhi.core.errors import DataError, XinzhiError
from xinzhi.structure.curves import growth_curve
from xinzhi.structure.emergence import emergence
from xinzhi.study.checking import examine
from xinzhi.study.outputs import make, write
from xinzhi.study.reading import read_study
from xinzhi.study.repeating import repeat
from xinzhi.study.running import run
from xinzhi.study.summary import as_data, in_words

LEAN = "forecast = false\ncomplexity = false\nrelatedness = false"
SPAN = range(2000, 2016)
FROM_FILE = '[[emergence]]\nname = "topics"\nfile = "topics.csv"\n'


def counts():
    """One topic that stays as it is and one that takes off in 2008, beside all records."""
    rng = np.random.default_rng(5)
    years = np.array(SPAN)
    after = np.clip(years - 2008, 0, None)
    made = {"steady": 60 + 0 * years, "rising": 40 * np.exp(0.35 * after), "all": 2000 + 0 * years}
    return pd.DataFrame({topic: rng.poisson(of) for topic, of in made.items()}, index=years).T


def lines(table):
    return ["topic,year,count", *(f"{t},{year},{n}" for t, row in table.iterrows() for year, n in row.items())]


def study(folder, more=FROM_FILE, rows=None):
    linked_study(folder, science=LEAN, craft=LEAN, more=more, topics_csv="\n".join(rows or lines(counts())) + "\n")
    return read_study(folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    asked = FROM_FILE + 'whole = "all"\ncurve = { curves = ["logistic", "gompertz"], draws = 200, ahead = 2 }\n'
    stages = []
    return run(study(tmp_path_factory.mktemp("emerging"), asked), tell=stages.append), stages


def test_tables_hold_what_the_methods_say_of_the_same_counts(made):
    result, stages = made
    assert stages[-1] == "emergence"
    table = counts()
    found, wanted = (
        result.structure.tables,
        emergence(table.drop(index="all").astype(float), whole=table.loc["all"].astype(float)),
    )
    topics = found["emergence-topics"].set_index("topic")
    pd.testing.assert_frame_equal(topics[wanted.topics.columns], wanted.topics, check_names=False)
    assert topics.loc["rising", "onset_low"] <= 2008 <= topics.loc["rising", "onset_high"] + 1
    assert np.isnan(topics.loc["steady", "onset"])
    pd.testing.assert_frame_equal(
        found["emergence-measures"].drop(columns=["block", "name_en", "name_zh"]), wanted.to_frame(), check_dtype=False
    )
    fitted = growth_curve(table.astype(float), topic="rising", curves=["logistic", "gompertz"], draws=200)
    curves = found["growth-curves"][found["growth-curves"]["topic"] == "rising"]
    assert curves["aicc"].tolist() == pytest.approx(fitted.fits["aicc"].tolist())
    assert curves.filter(like="p_").sum(axis=1).tolist() == pytest.approx([1.0, 1.0])
    ahead = found["forecasts"][found["forecasts"]["topic"] == "rising"]
    assert ahead["year"].tolist() == [2016, 2017]
    assert ahead["median"].tolist() == pytest.approx(fitted.forecast(2)["median"].tolist())


def test_activities_of_links_are_topics_added_up_over_regions(tmp_path):
    asked = '[[emergence]]\nname = "crafts"\nlinks = "craft"\nwindow = 3\n'
    with pytest.raises(XinzhiError) as refused:  # six years are too few, though the links are counted by two
        run(study(tmp_path / "few", asked))
    fault = refused.value.faults[0]
    assert (fault.code, fault.file, fault.column) == ("too-few-years", "study.toml", "emergence.1")
    assert str(len(YEARS)) in fault.en
    base = amounts(CRAFTS, 2)
    cells = np.concatenate([base, base])
    rows = [
        f"R{r + 1:02d},{craft},{2001 + t},{cells[t, r, a]}"
        for t in range(len(cells))
        for r in range(cells.shape[1])
        for a, craft in enumerate(CRAFTS)
    ]
    long = "\n".join(["region,activity,year,value", *rows]) + "\n"
    folder = linked_study(tmp_path / "long", science=LEAN, craft=LEAN, more=asked, craft_csv=long, science_csv=long)
    (folder / "study.toml").write_text(
        (folder / "study.toml").read_text(encoding="utf-8").replace('names = "fields.csv"\n', "").split("[[concord")[0]
        + asked,
        encoding="utf-8",
    )
    topics = run(read_study(folder)).structure.tables["emergence-topics"].set_index("topic")
    assert topics["counted"].to_dict() == dict(zip(CRAFTS, cells.sum(axis=(0, 1)).astype(float), strict=True))


def test_it_is_written_shown_said_and_repeated(made, tmp_path):
    result, _ = made
    make(result, tmp_path / "made")
    book = openpyxl.load_workbook(tmp_path / "made" / "results.xlsx", read_only=True)
    assert {
        "emergence topics 涌现起点",
        "emergence measures 涌现指标",
        "growth curves 增长曲线",
        "growth forecasts 增长预测",
    } <= {*book.sheetnames}
    en, zh = (in_words(result, tmp_path, language) for language in ("en", "zh"))
    assert "topics: 2 topics, 2000 to 2015; 1 emerge\n  rising: since 20" in en
    assert "rising：自 20" in zh
    told = json.loads(json.dumps(as_data(result, tmp_path), allow_nan=False))
    assert [row["topic"] for row in told["emergence"]] == ["steady", "rising"]
    place = write(result)
    again = repeat(place)
    assert again.same, again.say()
    assert {"structure/growth-curves.parquet", "structure/forecasts.csv"} <= {*again.equal}
    assert "topics.csv" in result.record.inputs


def test_notices_say_of_which_block_and_topic_they_speak(tmp_path):
    rows = [*lines(counts()), "late,2015,3", "late,2015,4"]
    result = run(study(tmp_path, FROM_FILE + "curve = { draws = 100 }\n", rows))
    told = {notice.code: notice for notice in result.structure.emergence.notices}
    assert told["rows-added-up"].file == "topics.csv"
    assert "15 cells" in told["counts-absent"].en
    assert any(
        notice.code == "too-few-years" and notice.en.startswith("topics: late: ") and notice.severity == "warning"
        for notice in result.structure.emergence.notices
    )
    topics = result.structure.tables["emergence-topics"].set_index("topic")
    assert topics.loc["late", "counted"] == 7


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ("rising,2003,-4", "negative-count", "count"),
        ("rising,MMIII,4", "no-year", "year"),
        (",2003,4", "no-topic", "topic"),
        ("rising,2003,many", "not-a-number", "count"),
    ],
)
def test_rows_that_cannot_be_are_named_with_their_place(tmp_path, row, code, column):
    rows = [*lines(counts()), row]
    with pytest.raises(DataError) as refused:
        run(study(tmp_path, rows=rows))
    (fault,) = refused.value.faults
    assert (fault.code, fault.file, fault.row, fault.column) == (code, "topics.csv", len(rows), column)


@pytest.mark.parametrize(
    ("more", "code", "column"),
    [
        ('[[emergence]]\nname = "a"\nlinks = "crafts"\n', "unknown-links", "emergence.1.links"),
        ('[[emergence]]\nname = "a"\nlinks = "craft"\nfile = "topics.csv"\n', "counts-from-where", "emergence.1"),
        (FROM_FILE + 'curve = { curves = ["gomperz"] }\n', "unknown-method", "emergence.1.curve.curves"),
        (FROM_FILE + 'columns = { count = "papers" }\n', "unknown-column", "papers"),
        (FROM_FILE + 'whole = "everything"\n', "unknown-topic", "emergence.1"),
        (FROM_FILE + FROM_FILE, "emergence-name-twice", "emergence"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_its_key(tmp_path, more, code, column):
    with pytest.raises(XinzhiError) as refused:
        run(study(tmp_path, more))
    assert (code, column) in {(fault.code, fault.column) for fault in refused.value.faults}


def test_topics_need_no_links_beside_them(tmp_path):
    (tmp_path / "topics.csv").write_text("\n".join(lines(counts())) + "\n", encoding="utf-8")
    text = '[study]\ntitle = "x"\nkeep_regions = ["R01"]\n' + FROM_FILE
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    assert examine(tmp_path).runs
    stages = []
    result = run(read_study(tmp_path), tell=stages.append)
    assert stages == ["emergence"]
    assert result.structure.spaces == {}
    assert result.structure.fusion is None
    assert list(result.structure.tables) == ["emergence-measures", "emergence-topics", "emergence-counts"]
    place = write(result)
    again = repeat(place)
    assert again.same, again.say()


def test_counts_stand_beside_what_curves_expect_and_the_years_that_may_be_the_onset(made):
    result, _ = made
    table = result.structure.tables["emergence-counts"].set_index(["topic", "year"])
    for topic in ("steady", "rising"):
        assert table.loc[topic, "count"].to_dict() == counts().loc[topic].to_dict()
    found = result.structure.emergence.topics.set_index("topic")
    may_be = table.loc["rising"].query("may_be_onset").index
    assert (may_be.min(), may_be.max()) == tuple(found.loc["rising", ["onset_low", "onset_high"]])
    assert not table.loc["steady", "may_be_onset"].any()
    fitted = growth_curve(counts().astype(float), topic="rising", curves=["logistic", "gompertz"], draws=200)
    assert table.loc["rising", "expected"].to_dict() == pytest.approx(fitted.fitted["expected"].to_dict())
    assert result.structure.emergence.wholes["topics"].en == "all"


def records(seed=3):
    """Codes and actors of records of both topics, a few a year."""
    rng = np.random.default_rng(seed)
    codes, actors = ["topic,record,year,code"], ["topic,year,actor"]
    for at, (topic, year) in enumerate((topic, year) for topic in ("steady", "rising") for year in SPAN):
        for record in range(6):
            codes += [f"{topic},{at}-{record},{year},c{one}" for one in rng.choice(9, 2, replace=False)]
            actors.append(f"{topic},{year},a{rng.integers(12)}")
    return "\n".join(codes) + "\n", "\n".join(actors) + "\n"


def test_codes_and_actors_of_records_are_measured_too(tmp_path):
    codes, actors = records()
    asked = (
        FROM_FILE + 'whole = "all"\ncodes = "codes.csv"\nactors = { file = "who.csv", columns = { actor = "firm" } }\n'
    )
    linked = {"codes_csv": codes, "who_csv": actors.replace("actor", "firm", 1)}
    linked_study(tmp_path, science=LEAN, craft=LEAN, more=asked, topics_csv="\n".join(lines(counts())) + "\n", **linked)
    result = run(read_study(tmp_path))
    frames = [pd.read_csv(io.StringIO(of)) for of in (codes, actors)]
    table = counts().astype(float)
    wanted = emergence(table.drop(index="all"), whole=table.loc["all"], codes=frames[0], actors=frames[1])
    pd.testing.assert_frame_equal(
        result.structure.tables["emergence-measures"].drop(columns=["block", "name_en", "name_zh"]),
        wanted.to_frame(),
        check_dtype=False,
    )
    assert {"codes.csv", "who.csv"} <= result.record.inputs.keys()


@pytest.mark.parametrize(
    ("before", "after", "code", "column"),
    [
        ("record,year,code", "record,year,class", "unknown-column", "code"),
        ("steady,0-0,2000", "steady,0-0,MM", "no-year", "year"),
    ],
)
def test_faulty_records_are_told_with_the_counts(tmp_path, before, after, code, column):
    asked = FROM_FILE + 'whole = "all"\ncodes = "codes.csv"\n'
    codes = records()[0].replace(before, after, 1)
    linked_study(
        tmp_path, science=LEAN, craft=LEAN, more=asked, topics_csv="\n".join(lines(counts())) + "\n", codes_csv=codes
    )
    with pytest.raises(DataError) as refused:
        run(read_study(tmp_path))
    (fault,) = refused.value.faults
    assert (fault.code, fault.file, fault.column) == (code, "codes.csv", column)


def test_a_check_finds_the_same_and_the_command_ends_with_2(tmp_path):
    assert examine(study(tmp_path / "sound")).runs
    study(tmp_path / "faulty", rows=[*lines(counts()), "rising,2003,-4"])
    told = CliRunner().invoke(app, ["run", str(tmp_path / "faulty")])
    assert told.exit_code == 2
    assert "topics.csv" in told.output
