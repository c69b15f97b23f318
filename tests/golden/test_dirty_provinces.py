"""The unrepaired provincial file: its damage as the collection's own notes describe it, found and mended or reported.

Source: techme (huhuaping, MIT), China Statistical Yearbook on Science and Technology; ``SOURCES.md`` lists the defects.
"""

from __future__ import annotations

import numpy as np
import pytest

from xinzhi.core.errors import DataError
from xinzhi.data.loading import load_sources
from xinzhi.data.sources import SourceSpec

FILE = "province_sti_raw_dirty.csv.gz"
SPELLING = {
    "两藏": "西藏",
    "四藏": "西藏",
    "浙汀": "浙江",
    "内蒙占": "内蒙古",
    "江两": "江西",
    "江四": "江西",
    "山两": "山西",
}
# What the notes call wrong unit labels in 2020 and 2021: counts labelled as money, and the other way about.
LABELS = {"v4_cy_RDhd_qsdl": 2020, "v4_cy_RDhd_yfjgs": 2020, "v4_cy_xcp_kfxm": 2020, "v4_cy_qyzl_fms": 2021}
TOLD = {"v4_cy_RDhd_qsdl": "人年", "v4_cy_RDhd_yfjgs": "个", "v4_cy_xcp_kfxm": "项", "v4_cy_qyzl_fms": "件"}


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "china"


@pytest.fixture(scope="module")
def found(folder):
    return load_sources(folder, [SourceSpec(file=FILE)], regions="china-provinces", strict=False)


def test_misread_characters_are_put_right_and_listed(found):
    mended = {repair.was: repair for repair in found.repairs if repair.reason == "name-confusable"}
    assert {was: repair.now for was, repair in mended.items()} == SPELLING
    assert {was: repair.count for was, repair in mended.items()} == dict.fromkeys(SPELLING, 4) | {"内蒙占": 5}
    assert all(repair.file == FILE and repair.rows and repair.column == "province" for repair in mended.values())


def test_spaces_in_names_are_removed_and_listed(found):
    spaced = {repair.was: repair.now for repair in found.repairs if repair.reason == "name-spacing"}
    assert len(spaced) == 32
    assert spaced["北   京"] == "北京"
    assert spaced["内蒙 古"] == "内蒙古"
    assert all(was.replace(" ", "") == now for was, now in spaced.items())


def test_nothing_else_is_mended(found):
    assert {repair.reason for repair in found.repairs} == {"name-confusable", "name-spacing"}


def test_a_name_with_several_readings_is_reported_with_them(found):
    fault = next(fault for fault in found.faults if "尔部地区" in fault.zh)
    assert fault.row == 2950
    for name in ("东部地区", "中部地区", "西部地区"):
        assert name in fault.zh


def test_wrong_unit_labels_are_reported_with_their_years(folder):
    with pytest.raises(DataError) as caught:
        load_sources(folder, [SourceSpec(file=FILE)], regions="china-provinces")
    faults = [fault for fault in caught.value.faults if fault.severity == "error"]
    assert {fault.code for fault in faults} == {"unit-conflict"}
    for code, year in LABELS.items():
        fault = next(fault for fault in faults if f"'{code}'" in fault.en)
        assert f" in {year} but" in fault.en
        assert "probably wrong" in fault.en
    assert len(faults) == len(LABELS)


def test_told_the_units_it_equals_the_repaired_file(folder):
    dirty = load_sources(folder, [SourceSpec(file=FILE, measured_in=TOLD)], regions="china-provinces").panel
    clean = load_sources(folder, [SourceSpec(file="province_sti_panel_2000_2019.csv")], regions="china-provinces").panel
    assert list(dirty.region.values) == list(clean.region.values)
    assert np.isfinite(dirty.sel(indicator="v4_cg_zlsyx_hj")).all()
    years = np.intersect1d(dirty.time, clean.time)
    by_value = {clean.sel(time=years, indicator=code).values.tobytes(): code for code in clean.indicator.values}
    same = [
        code for code in dirty.indicator.values if dirty.sel(time=years, indicator=code).values.tobytes() in by_value
    ]
    assert len(same) >= 10, same
