"""Files as they come, all at once: every fault of every file in one report, and nothing of theirs changed."""

from __future__ import annotations

import hashlib
import itertools

import numpy as np
import pandas as pd
import pytest

from xinzhi.core.errors import DataError, Fault
from xinzhi.data.loading import load_sources
from xinzhi.data.sources import SourceSpec

HEAD = "地区,年份,指标,数值,单位\n"


def faults_of(folder, *files: str, **how) -> tuple[Fault, ...]:
    with pytest.raises(DataError) as caught:
        load_sources(folder, [SourceSpec(file=file, **how) for file in files], regions="china-provinces")
    return caught.value.faults


def test_every_kind_of_bad_file_in_one_report(tmp_path):
    study = tmp_path / "study"
    study.mkdir()
    (study / "good.csv").write_text(HEAD + "北京,2019,gdp,1,亿元\n")
    (study / "empty.csv").touch()
    (study / "folder.csv").mkdir()
    (tmp_path / "outside.csv").write_text(HEAD)
    (study / "link.csv").symlink_to(tmp_path / "outside.csv")
    (study / "page.xls").write_text("<html><table><tr><td>1</td></tr></table></html>")
    (study / "torn.xlsx").write_bytes(b"PK\x03\x04" + bytes(300))
    (study / "torn.parquet").write_bytes(b"PAR1" + bytes(30))
    (study / "torn.dta").write_bytes(b"<stata_dta><header><release>118</release>")
    (study / "bytes.csv").write_bytes(bytes(range(256)))
    names = ("good.csv", "empty.csv", "folder.csv", "link.csv", "page.xls", "torn.xlsx", "torn.parquet", "torn.dta")
    names += ("bytes.csv", "gone.csv", "/etc/hostname", "../outside.csv", "notes.docx")
    before = {path: path.read_bytes() for path in study.iterdir() if path.is_file()}
    found = {fault.file: fault.code for fault in faults_of(study, *names)}
    assert found == {
        "empty.csv": "empty-file",
        "folder.csv": "directory",
        "link.csv": "path-outside",
        "page.xls": "wrong-file-type",
        "torn.xlsx": "damaged-file",
        "torn.parquet": "damaged-file",
        "torn.dta": "damaged-file",
        "bytes.csv": "wrong-file-type",
        "gone.csv": "missing-file",
        "/etc/hostname": "path-outside",
        "../outside.csv": "path-outside",
        "notes.docx": "missing-file",
    }
    assert {path: path.read_bytes() for path in study.iterdir() if path.is_file()} == before


def test_a_file_of_a_thousand_faults(tmp_path):
    lines, expected = [], 0
    for at in range(400):
        lines += [
            f"北京,{1950 + at % 60},指标{at // 60},{at}(3),亿元",
            f"上海,{1950 + at % 60},指标{at // 60},约{at},亿元",
        ]
        expected += 2
    lines += [f"某地{at},2019,gdp,1,亿元" for at in range(100)]
    lines += [f"北京,{year}.5,gdp,1,亿元" for year in range(1960, 2010)]
    lines += ["天津,2019,gdp"] * 50
    expected += 200
    (tmp_path / "data.csv").write_text(HEAD + "".join(line + "\n" for line in lines))
    faults = faults_of(tmp_path, "data.csv")
    assert len(faults) == expected == 1000
    assert all(fault.file == "data.csv" and fault.row for fault in faults)
    assert {fault.code for fault in faults} == {"not-a-number", "unknown-region", "bad-year", "ragged-line"}
    assert all(fault.en and fault.zh and fault.en != fault.zh for fault in faults)


def test_a_real_file_with_outlandish_years(shared_data, tmp_path):
    content = (shared_data / "country" / "patstat_all_patents_country_year.csv").read_bytes()
    (tmp_path / "patents.csv").write_bytes(content)
    with pytest.raises(DataError) as caught:
        load_sources(tmp_path, [SourceSpec(file="patents.csv", unknown="drop")], regions="countries")
    years = [fault for fault in caught.value.faults if fault.code == "bad-year"]
    assert {word for fault in years for word in ("9999", "1782") if word in fault.en} == {"9999", "1782"}
    spec = SourceSpec(file="patents.csv", unknown="drop")
    data = load_sources(tmp_path, [spec], regions="countries", years=(1980, 2015))
    assert data.panel.sizes["time"] == 36
    assert {fault.severity for fault in data.faults} == {"warning"}


@pytest.mark.parametrize(
    ("file", "regions", "shape", "observed"),
    [
        ("china/province_sti_panel_2000_2019.csv", "china-provinces", (31, 12, 68), 15851),
        ("china/city_gdp_structure_2000_2023.csv", "own", (341, 24, 7), None),
        ("eu/eurostat_nuts2_panel.csv", "own", (332, 12, 12), 38404),
        ("country/wdi_all_long.parquet", "countries", (217, 66, 325), None),
    ],
)
def test_real_files_come_in_as_they_are(shared_data, file, regions, shape, observed):
    path = shared_data / file
    data = load_sources(path.parent, [SourceSpec(file=path.name)], regions=regions)
    assert data.panel.shape == shape
    assert data.repairs == ()
    assert {fault.severity for fault in data.faults} <= {"warning"}
    assert data.sources[0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    count = int((data.panel["origin"] == 1).sum())
    assert count == int(np.isfinite(data.panel).sum())
    assert observed is None or count == observed


def test_every_number_of_a_real_file_arrives(shared_data):
    path = shared_data / "china" / "province_sti_panel_2000_2019.csv"
    frame = pd.read_csv(path, dtype={"unit": str})
    frame = frame[frame["unit"] != "000000"]
    panel = load_sources(path.parent, [SourceSpec(file=path.name)], regions="china-provinces").panel
    cells = {
        (unit, time, code): v
        for unit, time, code, v in frame[["unit", "time", "indicator", "value"]].itertuples(index=False)
    }
    every = itertools.product(panel.region.values, panel.time.values, panel.indicator.values)
    expected = np.array([cells.get(key, np.nan) for key in every]).reshape(panel.shape)
    np.testing.assert_array_equal(panel.values, expected)
    measure = frame.groupby("indicator")["measure"].first()
    assert dict(zip(panel.indicator.values, panel["unit"].values, strict=True)) == measure.to_dict()
