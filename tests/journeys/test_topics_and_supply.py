"""Studies without links: of topics that may emerge and of who supplies whom, from files to report, by the command."""

import json
import re

import numpy as np
import pytest

from xinzhi.cli import main

YEARS = range(1998, 2015)
TOPICS = """\
[study]
title = { en = "Aircraft without pilots", zh = "无人机" }
fictional = true

[[emergence]]
name = "aircraft"
title = { en = "Aircraft", zh = "航空器" }
file = "topics.csv"
whole = "all"
codes = "codes.csv"
actors = "actors.csv"
curve = { curves = ["logistic", "gompertz"], draws = 200 }
"""
SUPPLY = """\
[study]
title = { en = "Parts of aircraft", zh = "航空器零部件" }
fictional = true

[[dependency]]
name = "parts"
file = "supply.csv"
home = ["Home"]
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


def written(folder, text, **files):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def aircraft():
    """One kind of aircraft that takes off in 2008, one that never does, beside all patents, with their records."""
    rng = np.random.default_rng(5)
    after = np.clip(np.array(YEARS) - 2007, 0, None)
    mean = {"quadcopter": 12 * np.exp(0.3 * after), "airship": 30 + 0 * after, "all": 3000 + 90 * np.arange(len(after))}
    topics, codes, actors = ["topic,year,count"], ["topic,record,year,code"], ["topic,year,actor"]
    for topic, of in mean.items():
        for year, many in zip(YEARS, rng.poisson(of), strict=True):
            topics.append(f"{topic},{year},{many}")
            for record in range(min(many, 8)) if topic != "all" else ():
                codes += [f"{topic},{topic}{year}-{record},{year},c{one}" for one in rng.choice(12, 2, replace=False)]
                actors.append(f"{topic},{year},a{rng.integers(30)}")
    return {"topics": topics, "codes": codes, "actors": actors}


def supply():
    rows = ["importer,source,good,year,value"]
    for year, own in ((2020, 0), (2021, 60)):
        rows += [f"Home,North,motors,{year},90", f"Home,South,motors,{year},10", f"Home,Home,motors,{year},{own}"]
        rows += [f"Home,{source},screws,{year},20" for source in ("North", "South", "East", "West", "Home")]
        rows += [f"North,South,screws,{year},5"]
    return {"supply": rows}


def payload(folder):
    page = (folder / "report.html").read_text(encoding="utf-8")
    return json.loads(re.search(r'id="payload">(.*?)</script>', page, re.DOTALL)[1])


def test_topics_from_files_to_the_report(ask, tmp_path):
    study = written(tmp_path / "aircraft", TOPICS, **aircraft())
    code, said, _ = ask("check", study)
    assert (code, "ready to run" in said) == (0, True)
    code, said, _ = ask("run", study)
    assert code == 0
    assert "Aircraft: 2 topics, 1998 to 2014; 1 emerge" in said
    since = int(re.search(r"quadcopter: since (\d+)", said)[1])
    assert 2006 <= since <= 2010
    assert re.search(r"q .*\); \w+ \(\d+% likely\)", said)
    code, said, _ = ask("run", study, "--lang", "zh")
    assert "航空器：2 个主题，1998 至 2014；1 个正在涌现" in said
    told = json.loads(ask("run", study, "--json")[1])
    assert [one["topic"] for one in told["emergence"] if one["onset"]] == ["quadcopter"]
    (block,) = payload(study / "runs" / "0001")["structure"]["emergence"]
    assert block["topics"][0]["code"] == "quadcopter"
    assert {"new-combinations", "actors"} <= {one["measure"] for one in block["measures"]}
    code, said, _ = ask("run", study / "runs" / "0001")
    assert code == 0, said


def test_supply_from_a_file_to_the_report(ask, tmp_path):
    study = written(tmp_path / "parts", SUPPLY, **supply())
    assert ask("check", study)[0] == 0
    code, said, _ = ask("run", study)
    assert code == 0
    assert "parts, 2021: choke points: 1, importers: 1" in said
    assert "Home: 1 of 2 goods; worst: motors (56% of all supply from North)" in said
    (told,) = json.loads(ask("run", study, "--json")[1])["dependency"]
    (choke,) = told["choke_points"]
    assert choke["substitution"] == pytest.approx(60 / 160)
    (block,) = payload(study / "runs" / "0001")["structure"]["dependency"]
    assert [one["name"]["en"] for one in block["goods"]] == ["motors", "screws"]
    assert (study / "runs" / "0001" / "structure" / "choke-points.csv").is_file()


@pytest.mark.parametrize("command", ["check", "run"])
def test_what_is_wrong_in_both_is_said_at_once_in_both_languages(ask, tmp_path, command):
    files = aircraft() | supply()
    files["topics"].append("quadcopter,2014,-3")
    files["supply"].append("Home,North,motors,,4")
    text = TOPICS + SUPPLY[SUPPLY.index("[[dependency]]") :]
    study = written(tmp_path / "faulty", text, **files)
    code, out, err = ask(command, study)
    assert code == 2
    assert all(f"{name}.csv, row {len(files[name])}" in out + err for name in ("topics", "supply"))
    code, out, err = ask(command, study, "--lang", "zh")
    assert code == 2
    assert "计数为负" in out + err
    assert "年份无法识别" in out + err
    assert not (study / "runs").exists()
