"""Studies of industries from a table to the report, by the command; what is wrong with them; and real industries."""

import json
import re

import pandas as pd
import pytest

from tests.climbing import STUDY, climbing_study, rows
from xinzhi.cli import main

US = """\
[study]
title = { en = "Industries of the United States", zh = "美国产业" }

[[industries]]
name = "us"
file = "bds.csv"
industry = "%s"
[industries.measures]
employment = "emp"
firms = "firms"
establishments = "estabs"
entries = "estabs_entry"
exits = "estabs_exit"
"""


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


def payload(folder):
    page = (folder / "report.html").read_text(encoding="utf-8")
    return json.loads(re.search(r'id="payload">(.*?)</script>', page, re.DOTALL)[1])


def test_industries_from_a_table_to_the_report(ask, tmp_path):
    study = climbing_study(tmp_path / "climbing")
    code, said, _ = ask("check", study)
    assert (code, "ready to run" in said) == (0, True)
    assert "Read crafts.csv: 18 series of industries, 1998-2017, measures: employment" in said
    code, said, _ = ask("check", study, "--json")
    assert json.loads(said)["industries"][0]["series"] == 18
    code, said, _ = ask("run", study)
    assert code == 0
    assert "Crafts, 2017: 3 regions × 6 industries" in said
    assert "future: Qubits" in said
    code, said, _ = ask("run", study, "--lang", "zh")
    assert "行业，2017 年：3 个地区 × 6 个产业" in said
    (told,) = json.loads(ask("run", study, "--json")[1])["ladder"]
    assert {row["industry_zh"] for row in told["rungs"] if row["rung"] == "future"} == {"量子比特"}
    folder = study / "runs" / "0001"
    (block,) = payload(folder)["structure"]["ladder"]
    assert {"pipeline", "transitions", "conversion"} <= block.keys()
    assert pd.read_csv(folder / "structure" / "ladder-rungs.csv")["region"].nunique() == 3
    code, said, _ = ask("run", folder)
    assert code == 0, said


@pytest.mark.parametrize("command", ["check", "run"])
def test_what_is_wrong_is_said_at_once_in_both_languages(ask, tmp_path, command):
    bad = [
        *rows(),
        "East,mills,9999,4",
        "East,robots,2018,-3",
        "West,robots,2018,many",
        "North,robots,2018,4",
        "North,robots,2018,5",
    ]
    text = STUDY.replace("[ladder]", '[ladder]\nsize = "output"').replace("research.csv", "nowhere.csv")
    study = climbing_study(tmp_path / "faulty", text, bad)
    code, out, err = ask(command, study)
    assert code == 2
    for said in ("'size' is 'output'", "row 362, column 'year'", "'many' is not a number", "employment is negative"):
        assert said.replace("'size'", "`size`") in out + err
    code, out, err = ask(command, study, "--lang", "zh")
    assert code == 2
    for said in ("没有该度量", "“many”不是数字", "为负值", "9999"):
        assert said in out + err
    assert not (study / "runs").exists()


@pytest.mark.parametrize(
    ("file", "industry", "series", "surest"),
    [("bds2022_vcn3.csv", "vcnaics3", 86, {"315", "313"}), ("bds2022_sec.csv", "sector", 19, set())],
)
def test_industries_of_the_united_states(ask, shared_data, tmp_path, file, industry, series, surest):
    """Apparel and textile mills lost most of their firms; that is no chance, and not the economy's."""
    study = tmp_path / "us"
    study.mkdir()
    (study / "bds.csv").write_bytes((shared_data / "us" / file).read_bytes())
    (study / "study.toml").write_text(US % industry, encoding="utf-8")
    code, said, _ = ask("check", study)
    assert code == 0, said
    code, said, _ = ask("run", study, "--json")
    assert code == 0
    (told,) = json.loads(said)["ladder"]
    assert (told["series"], told["years"][1]) == (series, 2022)
    folder = study / "runs" / "0001"
    fell = pd.read_parquet(folder / "structure" / "ladder-shakeouts.parquet")
    dated = fell[(fell["basis"] == "number") & fell["defended"]]
    assert surest <= set(dated["industry"])
    assert (dated["low"] <= dated["onset"]).all()
    assert (dated["onset"] <= dated["high"]).all()
    rungs = pd.read_parquet(folder / "structure" / "ladder-rungs.parquet")
    last = rungs[rungs["year"] == 2022].set_index("industry")["rung"]
    assert last[["62"] if industry == "sector" else ["541", "622"]].isin(["pillar", "leading"]).all()
    if industry == "vcnaics3":
        assert last["315"] == "declining"
    (block,) = payload(folder)["structure"]["ladder"]
    assert block["lifecycle"]["inAll"] == series
