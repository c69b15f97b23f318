"""Every command, in both languages, with good input and with bad: one clear report, the right exit code."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.small import REGIONS, STUDY, YEARS, small_study, table
from xinzhi.cli import main
from xinzhi.core.specs import FaultyValue

FINE, OURS, THEIRS, INTERRUPTED = 0, 1, 2, 130


@pytest.fixture
def ask(capsys, monkeypatch):
    """Run a command in this process; gives exit code, stdout and stderr."""
    monkeypatch.delenv("XINZHI_LANG", raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def asked(*args):
        with pytest.raises(SystemExit) as ended:
            main([str(arg) for arg in args])
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return ended.value.code or 0, said.out, said.err

    return asked


def leftovers(folder: Path) -> list[str]:
    """Whatever a refused command left behind."""
    return [
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix == ".duckdb" or "runs" in path.parts
    ]


# --- Bad input -----------------------------------------------------------------------------------------------------


def bad_inputs():
    head = "region,year,a,b,c,d\n"
    full = table()
    yield "duplicate keys", {"data": full + "East,2020,5,5,5,5\n"}, "East"
    yield "duplicate toml keys", {"study": STUDY.format(about="", source="", index="") + "[study]\n"}, "study.toml"
    yield "text in numbers", {"data": table(a_East_2020="many", b_West_2021="*?")}, "many"
    yield "a year that is none", {"data": full.replace("East,2020,", "East,2020.5,")}, "2020.5"
    yield "unknown regions", {"about": 'regions = "china-provinces"', "data": full}, "West"
    yield "constant indicator", {"data": constant("c")}, "'c'"
    yield "indicator without data", {"data": table(**{f"d_{r}_{y}": "" for r in REGIONS for y in YEARS})}, "'d'"
    yield "negative under a geometric mean", {
        "data": table(a_East_2020="-3"), "index": 'normalise = "z-score"\naggregate = "geometric"',
    }, "geometric"  # fmt: skip
    yield "weights that do not add up", {"study": study_with("weight = 0.75", "weight = 0.7")}, "0.95"
    yield "a cycle", {"study": study_with('code = "one", parent = "index"', 'code = "one", parent = "one"')}, "one"
    yield "an orphan", {"study": study_with('parent = "two"', 'parent = "tow"')}, "tow"
    yield "an empty file", {"data": ""}, "data.csv"
    yield "only a header", {"data": head}, "data.csv"
    yield "no such column", {"study": study_with('code = "a"', 'code = "aa"')}, "aa"
    yield "no such method", {"index": 'normalise = "minmax"'}, "min-max"
    yield "no such option", {"index": 'weigh = { method = "entropy", zeroes = "skip" }'}, "zeroes"
    yield "no index", {"study": STUDY.format(about="", source="", index="").partition("[index]")[0]}, "index"
    yield "no such file", {"study": study_with("data.csv", "dta.csv")}, "data.csv"
    yield "absolute path", {"study": study_with("data.csv", "/etc/hostname")}, "/etc/hostname"
    yield "way out", {"study": study_with("data.csv", "../data.csv")}, "../data.csv"
    yield "binary rubbish", {"data": "\x00\x01\x02" * 50}, "data.csv"
    yield "unknown region kept", {"about": 'keep_regions = ["Eest"]'}, "East"
    yield "unknown structure", {"study": STUDY.partition("[index]")[0].format(about="", source="")
                                + '[index]\nstructure = "hong-2025"\n'}, "hong-2024"  # fmt: skip
    yield "no map", {"index": '[report]\nmap = "map.geojson"'}, "map.geojson"


def study_with(old, new):
    text = STUDY.format(about="", source="", index="")
    assert old in text
    return text.replace(old, new, 1)


def constant(code):
    return table(**{f"{code}_{region}_{year}": "4" for region in REGIONS for year in YEARS})


BAD = {name: (given, said) for name, given, said in bad_inputs()}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gives_one_clear_report_and_leaves_nothing(ask, tmp_path, name):
    given, said = BAD[name]
    folder = small_study(tmp_path / "study", **given)
    before = sorted(folder.rglob("*"))
    code, out, err = ask("run", folder)
    assert code == THEIRS, out + err
    assert said in err
    assert out == ""
    code, out, err = ask("run", folder, "--json", "--lang", "zh")
    answer = json.loads(out)
    assert (code, answer["ok"], err) == (THEIRS, False, "")
    assert all({"code", "en", "zh"} <= fault.keys() for fault in answer["faults"])
    code, out, _ = ask("--lang", "zh", "check", folder)
    if name != "no index":
        assert code == THEIRS
        assert "错误" in out
    assert sorted(folder.rglob("*")) == before


def test_a_whole_year_missing_is_said(ask, tmp_path):
    gone = {f"{code}_{region}_2021": "" for code in "abcd" for region in REGIONS}
    folder = small_study(tmp_path, data=table(**gone))
    code, out, err = ask("check", folder)
    assert code == FINE, out + err
    assert "2021" in out


def test_numbers_written_as_text_are_understood_and_said(ask, tmp_path):
    text = table(b_North_2021="—", c_South_2022="*").replace("East,2020,", "East,2020.0,")
    text = text.replace(text.splitlines()[1], 'East,2020.0,"1,234.5",2,3,4')
    folder = small_study(tmp_path, data=text)
    code, out, err = ask("check", folder, "--json")
    answer = json.loads(out)
    assert code == FINE, out + err
    told = json.dumps([answer["repairs"], answer["faults"]], ensure_ascii=False)
    assert "1,234.5" in told
    assert "—" in told
    assert "2020.0" in told


def test_wrong_unit_labels(ask, tmp_path):
    """Two units for one indicator that cannot be converted into one another are a fault, not a mixture."""
    rows = [
        f"{region},{year},a,{i + 1}.5,{'亿元' if year < 2022 else '件'}"
        for i, region in enumerate(REGIONS)
        for year in YEARS
    ]
    folder = small_study(tmp_path, data="region,year,indicator,value,unit\n" + "\n".join(rows) + "\n")
    code, out, _ = ask("check", folder)
    assert code == THEIRS
    assert "件" in out


def test_every_fault_of_study_and_data_at_once(ask, tmp_path):
    folder = small_study(tmp_path, data=table(a_East_2020="many"), index='normalise = "nothing"')
    code, out, _ = ask("check", folder)
    assert code == THEIRS
    assert "many" in out
    assert "nothing" in out


def test_a_file_with_a_thousand_faults_stays_readable(ask, tmp_path):
    rows = "".join(f"R{i},2020,{i if i % 3 else f'bad{i}'},1,{i},3\n" for i in range(3000))
    folder = small_study(tmp_path, data="region,year,a,b,c,d\n" + rows)
    code, out, _ = ask("check", folder)
    assert code == THEIRS
    assert len(out.splitlines()) < 60
    assert "1" in out.splitlines()[0]
    code, out, _ = ask("check", folder, "--all")
    assert "bad2997" in out
    faults = json.loads(ask("check", folder, "--json")[1])["faults"]
    assert len(json.dumps(faults)) > 1000


def test_what_is_only_worth_knowing_is_not_called_an_error(ask, tmp_path):
    folder = small_study(tmp_path, about='regions = "countries"', data="region,year,a\nWorld,2020,1\nAtlantis,2020,2\n")
    code, _, said = ask("run", folder)
    assert code == THEIRS
    errors, worth_knowing = said.split("Worth knowing (1)")
    assert "Errors (1)" in errors and "Atlantis" in errors
    assert "World" in worth_knowing


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
@pytest.mark.parametrize("args", [["methods"], ["methods", "--json"]])
def test_an_answer_that_cannot_be_written(args):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-m", "xinzhi", *args], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == THEIRS
    assert len(done.stderr.splitlines()) == 1


def test_a_directory_in_place_of_the_data(ask, tmp_path):
    folder = small_study(tmp_path)
    (folder / "data.csv").unlink()
    (folder / "data.csv").mkdir()
    code, _, err = ask("run", folder)
    assert code == THEIRS
    assert "folder" in err


def test_a_link_out_of_the_study(ask, tmp_path):
    (tmp_path / "outside.csv").write_text(table())
    folder = small_study(tmp_path / "study")
    (folder / "data.csv").unlink()
    (folder / "data.csv").symlink_to(tmp_path / "outside.csv")
    code, _, err = ask("run", folder)
    assert code == THEIRS
    assert "out of the study" in err
    assert leftovers(folder) == []


def test_a_locked_output_folder(ask, tmp_path):
    folder = small_study(tmp_path)
    (folder / "runs").write_text("in the way")
    code, out, err = ask("run", folder)
    assert (code, out) == (THEIRS, "")
    assert "cannot be written" in err
    assert not (folder / "study.duckdb").exists()


def test_a_full_disk(ask, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("xinzhi.study.outputs._put", full)
    folder = small_study(tmp_path)
    code, out, err = ask("run", folder, "--lang", "zh")
    assert (code, out) == (THEIRS, "")
    assert "磁盘空间不足" in err
    assert leftovers(folder) == []


# --- Commands ------------------------------------------------------------------------------------------------------


def test_check_says_when_all_is_well(ask, tmp_path):
    folder = small_study(tmp_path)
    code, out, err = ask("check", folder)
    assert (code, err) == (FINE, "")
    assert "ready to run" in out
    answer = json.loads(ask("check", folder, "--json")[1])
    assert answer["ok"]
    assert answer["runs"]
    assert leftovers(folder) == []


@pytest.mark.parametrize("text", ["{", '{"type": "FeatureCollection", "features": []}'])
def test_check_looks_at_the_map_too(ask, tmp_path, text):
    folder = small_study(tmp_path, index='[report]\nmap = "map.geojson"')
    (folder / "map.geojson").write_text(text)
    code, said, _ = ask("check", folder)
    assert code == THEIRS
    assert "map.geojson: " in said
    assert ask("run", folder)[0] == THEIRS


def test_check_says_how_a_file_was_read_and_which_rows_were_merged(ask, tmp_path):
    folder = small_study(tmp_path, data=table() + table().splitlines()[1] + "\n")
    _, said, _ = ask("check", folder, "--lang", "zh")
    assert "宽表，每列一项指标" in said
    assert "（1 行）。同一单元的重复行内容一致" in said
    assert "“”" not in said


def test_run_says_where_the_report_is(ask, tmp_path):
    folder = small_study(tmp_path)
    code, out, err = ask("run", folder, "--lang", "zh")
    assert (code, err) == (FINE, "")
    assert str(folder / "runs" / "0001" / "report.html") in out
    assert "4 个地区" in out
    code, out, _ = ask("run", folder / "study.toml", "--json")
    assert json.loads(out)["run"] == str(folder / "runs" / "0002")


def test_run_in_the_folder_one_stands_in(ask, tmp_path, monkeypatch):
    monkeypatch.chdir(small_study(tmp_path))
    assert ask("run")[0] == FINE
    assert ask("check")[0] == FINE


@pytest.mark.parametrize("template", ["provinces", "countries", "park"])
def test_new_makes_a_study_that_runs_at_once(ask, tmp_path, template):
    folder = tmp_path / "deep" / "mine"
    code, out, err = ask("new", folder, "--template", template)
    assert (code, err) == (FINE, "")
    assert "fictional" in out
    code, out, err = ask("run", folder)
    assert code == FINE, err
    assert "fictional" in out
    assert (folder / "runs" / "0001" / "report.html").is_file()
    code, out, err = ask("new", folder)
    assert code == THEIRS
    assert "already there" in err


def test_the_next_command_can_be_copied(ask, tmp_path):
    folder = tmp_path / "my study"
    assert f"xinzhi run '{folder}'" in ask("new", folder)[1]


def test_demo_from_nothing_to_a_report(ask, tmp_path):
    folder = tmp_path / "demo"
    for number in ("0001", "0002"):
        code, out, err = ask("demo", folder)
        assert code == FINE, err
        assert str(folder / "runs" / number / "report.html") in out
    other = tmp_path / "other"
    other.mkdir()
    assert ask("demo", other)[0] == THEIRS


def test_methods_describe_themselves(ask):
    code, out, _ = ask("methods")
    assert code == FINE
    assert "熵值法" in out
    found = json.loads(ask("methods", "entropy", "--json")[1])
    (entropy,) = (one for one in found if one["family"] == "weighting")
    zeros = next(option for option in entropy["options"] if option["name"] == "zeros")
    assert zeros["default"] == "skip"
    assert "'shift'" in zeros["type"]
    assert entropy["cite"]
    code, _, err = ask("methods", "entropi")
    assert code == THEIRS
    assert "entropy" in err


def test_taxonomies_say_what_they_hold_and_where_it_comes_from(ask):
    code, out, _ = ask("taxonomies")
    assert code == FINE
    assert "future-industries" in out
    assert "B11" in out
    code, out, _ = ask("taxonomies", "us-hubs-2023", "--lang", "zh")
    assert "自主系统技术：3" in out
    assert "出处：" in out
    (hubs,) = json.loads(ask("taxonomies", "us-hubs-2023", "--json")[1])
    assert sum(one["count"] for one in hubs["classes"]) == 31
    code, _, err = ask("taxonomies", "future-industry")
    assert code == THEIRS
    assert "future-industries" in err


def test_version_and_usage(ask):
    assert "xinzhi" in ask("--version")[1]
    assert ask("nonsense")[0] == THEIRS
    assert ask("run", "--nonsense")[0] == THEIRS
    assert ask("new", "x", "--template", "nonsense")[0] == THEIRS


@pytest.mark.parametrize(
    ("env", "args", "chinese"),
    [
        ({}, (), False),
        ({"LC_ALL": "zh_CN.UTF-8"}, (), True),
        ({"XINZHI_LANG": "zh"}, (), True),
        ({"XINZHI_LANG": "zh"}, ("--lang", "en"), False),
        ({"XINZHI_LANG": "en", "LC_ALL": "zh_CN.UTF-8"}, (), False),
    ],
)
def test_language(ask, monkeypatch, tmp_path, env, args, chinese):
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert ("错误" in ask("run", tmp_path, *args)[2]) == chinese


# --- Ends ----------------------------------------------------------------------------------------------------------


def test_our_own_failure_keeps_the_traceback_in_a_file(ask, tmp_path, monkeypatch):
    folder = small_study(tmp_path / "study")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)

    def broken(*_, **__):
        raise RuntimeError("a bolt came loose")

    monkeypatch.setattr("xinzhi.study.measuring.measure", broken)
    code, _, err = ask("run", folder)
    assert code == OURS
    assert "a bolt came loose" in err
    (log,) = tmp_path.glob("xinzhi-*.log")
    assert str(log) in err
    assert "Traceback" in log.read_text()
    assert leftovers(folder) == []
    code, out, _ = ask("run", folder, "--json")
    assert code == OURS
    assert json.loads(out)["ok"] is False


def test_a_faulty_value_is_the_person_s_to_mend(ask, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise FaultyValue("too-odd", "this value is too odd.", "取值过于奇怪。")

    monkeypatch.setattr("xinzhi.study.measuring.measure", refuse)
    code, _, err = ask("run", small_study(tmp_path), "--lang", "zh")
    assert code == THEIRS
    assert "取值过于奇怪。" in err


def test_an_interruption_ends_cleanly(ask, tmp_path, monkeypatch):
    folder = small_study(tmp_path)

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("xinzhi.study.outputs.workbook", interrupted)
    code, _, err = ask("run", folder)
    assert code == INTERRUPTED
    assert "Interrupted" in err
    assert leftovers(folder) == []


def test_in_a_process_of_its_own(tmp_path):
    """What the in-process tests cannot see: encodings, the entry point, and a reader that goes away."""
    folder = small_study(tmp_path / "研究", index='normalise = "nothing"')
    env = os.environ | {"XINZHI_LANG": "zh", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-m", "xinzhi", "run", str(folder)], capture_output=True, text=True, env=env, encoding="utf-8"
    )
    assert done.returncode == THEIRS
    assert "没有名为“nothing”的方法" in done.stderr
    assert "Traceback" not in done.stderr
    gone = subprocess.run(f"{sys.executable} -m xinzhi methods | head -1", shell=True, capture_output=True, text=True)
    assert "Traceback" not in gone.stderr
