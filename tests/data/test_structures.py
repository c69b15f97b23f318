from __future__ import annotations

import csv
import re

import pytest

from xinzhi.core.specs import FaultyValue
from xinzhi.data.catalogue import read_toml
from xinzhi.data.structures import Column, match, structure, structures

OWN = ("hong-2024", "marx-five-factors")


@pytest.fixture(scope="session")
def provincial(shared_data):
    with (shared_data / "china" / "province_sti_panel_2000_2019.csv").open(encoding="utf-8") as stream:
        return {row["indicator"]: Column((), row["measure"]) for row in csv.DictReader(stream)}


@pytest.fixture(scope="session")
def national(shared_data):
    with (shared_data / "country" / "country_panel_dictionary.csv").open(encoding="utf-8") as stream:
        return {row["indicator"]: Column((row["title"],), row["measure"]) for row in csv.DictReader(stream)}


def codes(faults, severity=None):
    return [fault.code for fault in faults if severity in (None, fault.severity)]


def test_the_papers_own_structure():
    hong = structure("hong-2024")
    assert [part.code for part in hong.pillars] == ["technology", "energy", "industry", "digital"]
    assert hong.integrator.code == "digital"
    assert [part.role for part in hong.pillars] == ["pillar", "pillar", "pillar", "integrator"]


def test_the_five_factors():
    marx = structure("marx-five-factors")
    assert [part.code for part in marx.pillars] == ["skill", "science", "combination", "means", "nature"]
    assert marx.integrator is None


@pytest.mark.parametrize("name", OWN)
def test_every_indicator_is_described_in_both_languages(name):
    for leaf in structure(name).indicators:
        for text in (leaf.name, leaf.about, leaf.why):
            assert re.search("[a-z]", text.en)
            assert re.search("[一-鿿]", text.zh)
        assert leaf.ideas


@pytest.mark.parametrize("name", OWN)
def test_every_pillar_has_five_to_nine_indicators(name):
    whole = structure(name)
    above = {part.code: part.parent for part in whole.elements}
    for pillar in whole.pillars:
        own = [i for i in whole.indicators if pillar.code in (i.parent, above[i.parent])]
        assert 5 <= len(own) <= 9, pillar.code


@pytest.mark.parametrize("name", sorted(structures()))
def test_no_quantity_is_counted_twice(name):
    ready = [way.column for leaf in structure(name).indicators for way in leaf.ways if way.denominator is None]
    assert len(ready) == len(set(ready))


@pytest.mark.parametrize("name", sorted(structures()))
def test_every_column_asked_for_is_known_by_some_name(name):
    known = read_toml("columns.toml")
    for leaf in structure(name).indicators:
        for way in leaf.ways:
            assert known[way.column] is not None
            assert way.denominator is None or known[way.denominator] is not None


def test_every_idea_is_one_of_the_papers(reference):
    with (reference / "system.csv").open(encoding="utf-8") as stream:
        ideas = {row["id"] for row in csv.DictReader(stream)}
    for whole in structures().values():
        named = {*whole.ideas, *(i for node in (*whole.elements, *whole.indicators) for i in node.ideas)}
        assert named <= ideas


def test_abatement_counts():
    hong = structure("hong-2024")
    abating = {leaf.code: leaf.direction for leaf in hong.indicators if leaf.parent == "abatement"}
    assert abating["carbon_intensity"] == -1
    assert abating["energy_intensity"] == -1


def test_a_published_list_warns_of_its_weakness():
    matched = match(structure("macrodatas25"), {"GDP": Column((), "亿元")})
    assert codes(matched.faults) == ["known-weakness"]
    assert len(structure("macrodatas25").indicators) == 25


def test_provinces_carry_technology_and_industry_and_say_what_they_lack(provincial):
    matched = match(structure("hong-2024"), provincial)
    assert matched.columns["rd_intensity"] == "rd_intensity_pct_gdp"
    assert matched.columns["inventions"] == "patent_grants_invention / rd_fte_total"
    assert matched.columns["hightech_margin"] == "hightech_profit / hightech_revenue"
    assert {e.code for e in matched.elements} & {"technology", "energy", "industry", "digital"} == {
        "technology",
        "industry",
    }
    assert codes(matched.faults, "error") == []
    said = [fault.en for fault in matched.faults if fault.code == "pillar-without-data"]
    assert [re.search("'(.+?)'", text)[1] for text in said] == ["New energy", "Digital economy"]


def test_countries_carry_all_four(national):
    matched = match(structure("hong-2024"), national)
    assert {"technology", "energy", "industry", "digital"} <= {element.code for element in matched.elements}
    assert "pillar-without-data" not in codes(matched.faults)
    by_code = {indicator.code: indicator for indicator in matched.indicators}
    assert by_code["science_papers"].denominator == "population"
    fossil = by_code["nonfossil_energy"]
    assert (fossil.column, fossil.direction, fossil.name.zh) == ("fossil_energy_share", -1, "化石能源消费占比")


@pytest.mark.parametrize("name", OWN)
def test_what_is_matched_is_a_tree_without_loose_ends(name, national, provincial):
    for columns in (national, provincial):
        matched = match(structure(name), columns)
        elements = {element.code for element in matched.elements}
        parents = {node.parent for node in (*matched.elements, *matched.indicators)}
        assert parents - {None} == elements
        assert {i.code for i in matched.indicators}.isdisjoint(leaf.code for leaf in matched.missing)
        assert all(
            i.column in columns and (i.denominator is None or i.denominator in columns) for i in matched.indicators
        )


def test_codes_of_the_world_bank_and_chinese_titles_are_known():
    columns = {
        "GB.XPD.RSDV.GD.ZS": Column(),
        "x1": Column(("单位GDP能耗",)),
        "x2": Column(("R&D 人员全时当量",), "人年"),
        "人口": Column(("年末常住人口",), "万人"),
    }
    matched = match(structure("hong-2024"), columns)
    assert matched.columns == {
        "rd_intensity": "GB.XPD.RSDV.GD.ZS",
        "researchers": "x2 / 人口",
        "energy_intensity": "x1",
    }


def test_a_share_is_not_divided_again():
    columns = {"technology_contracts": Column((), "%"), "gdp": Column((), "亿元")}
    assert match(structure("hong-2024"), columns).columns == {"technology_market": "technology_contracts"}
    columns["technology_contracts"] = Column((), "亿元")
    whole = match(structure("hong-2024"), columns).indicators[0]
    assert (whole.denominator, whole.unit) == ("gdp", "比值")


def test_units_are_those_of_the_data():
    columns = {"papers_sci": Column((), "篇"), "population": Column((), "万人")}
    assert match(structure("hong-2024"), columns).indicators[0].unit == "篇/万人"
    assert match(structure("hong-2024"), columns | {"papers_sci": Column()}).indicators[0].unit is None
    money = {"technology_contracts": Column((), "万元"), "gdp": Column((), "亿元")}
    assert match(structure("hong-2024"), money).indicators[0].unit == "比值"
    by_hand = match(structure("hong-2024"), money, {"rd_intensity": "technology_contracts / gdp"})
    assert by_hand.indicators[0].unit == "%"  # the usual unit of this indicator


def test_columns_given_by_hand_come_first():
    columns = {"rd_intensity": Column(), "mine": Column((), "亿元"), "size": Column((), "亿元")}
    matched = match(structure("hong-2024"), columns, {"rd_intensity": "mine / size"})
    assert matched.columns == {"rd_intensity": "mine / size"}
    assert match(structure("hong-2024"), columns, {"rd_intensity": "mine"}).columns == {"rd_intensity": "mine"}


def test_what_is_given_and_does_not_exist_is_an_error():
    columns = {"rd_intensity": Column()}
    matched = match(structure("hong-2024"), columns, {"rd_intensity": "rd_intensty", "robot": "rd_intensity"})
    assert codes(matched.faults, "error") == ["unknown-column", "unknown-indicator", "nothing-matched"]
    assert "rd_intensity" in matched.faults[0].en


def test_nothing_matched_says_what_is_asked_for():
    matched = match(structure("marx-five-factors"), {"foo": Column()})
    assert codes(matched.faults) == ["nothing-matched"]
    assert "平均受教育年限" in matched.faults[0].zh
    assert matched.elements == ()


def test_an_unknown_structure_has_near_names():
    with pytest.raises(FaultyValue, match="hong-2024"):
        structure("hong2024")
