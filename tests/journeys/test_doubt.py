"""A study that varies, follows and claims, from the command line to its files, and again from its record."""

import json

import pandas as pd
import pytest

from tests.doubting import ASKED
from tests.small import small_study, table
from xinzhi.cli import main
from xinzhi.core.results import digest
from xinzhi.study.outputs import make
from xinzhi.study.reading import read_study
from xinzhi.study.running import run


@pytest.fixture
def ask(capsys, monkeypatch):
    """Run a command in this process; gives exit code, stdout and stderr."""
    monkeypatch.setenv("XINZHI_LANG", "en")

    def asked(*args):
        with pytest.raises(SystemExit) as ended:
            main([str(arg) for arg in args])
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return asked


@pytest.fixture
def folder(tmp_path):
    return small_study(tmp_path / "study", index=ASKED)


def test_from_the_command_line_to_the_files_and_again(ask, folder):
    code, out, err = ask("run", folder, "--json")
    assert (code, err) == (0, "")
    answer = json.loads(out)
    place = folder / "runs" / "0001"
    drawn = pd.read_parquet(place / "draws.parquet")
    assert (drawn["part"] == "independent").sum() == answer["versions"] == 48
    assert set(drawn["normalise"]) == {"min-max", "z-score", "rank"}
    assert {"rank_shift", "East:2020", "South:2022"} <= set(drawn.columns)
    record = json.loads((place / "record.json").read_text(encoding="utf-8"))
    assert record["seed"] == 3
    assert record["settings"]["vary"]["draws"] == 48
    assert record["settings"]["audit"]["moved_ranks"]
    assert record["outputs"]["draws.parquet"] == digest(place / "draws.parquet")
    code, out, _ = ask("run", place, "--json")
    repeated = json.loads(out)
    assert (code, repeated["different"]) == (0, [])
    assert {"draws.parquet", "results.xlsx", "report.html", "scores.csv", "scores.parquet"} == set(repeated["equal"])


def test_what_the_person_reads(ask, folder):
    code, out, _ = ask("run", folder)
    assert code == 0
    assert "ranks in 90 % of 48 versions" in out
    assert out.count("Claim: ") == 2
    assert "serious finding" in out
    _, out, _ = ask("run", folder, "--lang", "zh")
    assert out.count("论断：") == 2
    assert "审计：" in out


def test_a_study_that_does_not_vary_has_no_draws(ask, tmp_path):
    assert ask("run", small_study(tmp_path / "plain"))[0] == 0
    files = {path.name for path in (tmp_path / "plain" / "runs" / "0001").iterdir()}
    assert "draws.parquet" not in files
    assert "results.xlsx" in files


def test_any_number_of_workers_gives_the_same_bytes(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("xinzhi.study.vary.replay._DRAWS", 10)  # so that there is something to share out
    study = read_study(folder)
    one, three = (make(run(study, workers=hands), tmp_path / str(hands)) for hands in (1, 3))
    assert one == three
    assert "draws.parquet" in one


def test_what_cannot_be_answered_is_refused_and_leaves_nothing(ask, tmp_path):
    folder = small_study(tmp_path / "study", index=ASKED.replace('"East"\nholds', '"Esat"\nholds'))
    before = sorted(folder.rglob("*"))
    for command in ("run", "check"):
        code, out, err = ask(command, folder)
        assert code == 2
        assert "key 'claim.1': no region 'Esat' in the index. Did you mean: East" in out + err
        code, out, _ = ask(command, folder, "--json")
        (fault,) = json.loads(out)["faults"]
        assert (code, fault["file"], fault["column"]) == (2, "study.toml", "claim.1")
        assert fault["row"] > 1
        assert "Esat" in fault["zh"]
    assert sorted(folder.rglob("*")) == before


def test_what_versions_cannot_tell_is_worth_knowing(folder):
    told = [fault for fault in run(read_study(folder)).warnings if fault.code == "version-undefined"]
    assert [fault.column for fault in told] == ["follow.1", "follow.2"]
    assert all(fault.row and fault.severity == "warning" for fault in told)


def test_a_region_that_some_versions_cannot_score_is_worth_knowing(tmp_path):
    """With `least`, a region with a gap has no score; the versions without it do give one."""
    asked = '\n[vary]\ndraws = 8\nnoise = {}\naggregate = ["arithmetic", { method = "arithmetic", least = 1.0 }]\n'
    made = run(read_study(small_study(tmp_path, data=table(a_West_2022=""), index=asked)))
    (fault,) = [fault for fault in made.warnings if fault.code == "version-without-score"]
    assert "not in every version of it: 1, above all West (without in 50% of versions)" in fault.en
    assert "West" in fault.zh
