from __future__ import annotations

import csv
import gzip
import json

import pytest

from xinzhi.core.specs import FaultyValue
from xinzhi.data.regions import GAZETTEERS, gazetteer, resolve, tiles


def found(given: str, book: str = "china-provinces"):
    match = resolve([given], book)[given]
    return match.code, match.how


@pytest.mark.parametrize(
    ("given", "code", "how"),
    [
        ("110000", "110000", "code"),
        ("11", "110000", "code"),
        ("110000.0", "110000", "code"),
        ("110000000000", "110000", "code"),
        ("CN-BJ", "110000", "code"),
        ("１１００００", "110000", "code"),
        ("北京", "110000", "name"),
        (" 北京 ", "110000", "name"),
        ("北京市", "110000", "alias"),
        ("beijing", "110000", "name"),
        ("新疆维吾尔自治区", "650000", "alias"),
        ("臺灣", "710000", "alias"),
        ("中国香港", "810000", "alias"),
        ("Shanxi", "140000", "name"),
        ("Shaanxi", "610000", "name"),
        ("北   京", "110000", "spacing"),
        ("内蒙 古", "150000", "spacing"),
        ("两藏", "540000", "confusable"),
        ("四藏", "540000", "confusable"),
        ("江两", "360000", "confusable"),
        ("江四", "360000", "confusable"),
        ("山两", "140000", "confusable"),
        ("浙汀", "330000", "confusable"),
        ("内蒙占", "150000", "confusable"),
        ("Guangdnog", "440000", "near"),
        ("Beijng", "110000", "near"),
        ("黑龙将", "230000", "near"),
    ],
)
def test_provinces_as_tables_write_them(given, code, how):
    assert found(given) == (code, how)


@pytest.mark.parametrize(
    "given",
    [
        "南京",
        "吉林市",
        "杭州市",
        "宁波",
        "江X",
        "Jiangsi",
        "外蒙古",
        "Georgia",
        "",
        "—",
        "新疆生产建设兵团",
        "10000",
        "1100000",
    ],
)
def test_nobody_is_found_for_what_may_be_somewhere_else(given):
    assert found(given) == (None, None)


def test_an_ambiguous_name_is_told_with_its_readings():
    match = resolve(["尔部地区"], "china-provinces")["尔部地区"]
    assert match.code is None
    assert set(match.suggestions) == {"东部地区", "中部地区", "西部地区"}
    assert match.aggregate  # whichever it is, it is a total
    assert set(resolve(["Jiangsi"], "china-provinces")["Jiangsi"].suggestions) == {"Jiangsu", "Jiangxi"}


@pytest.mark.parametrize(
    ("given", "book"),
    [
        ("全国", "china-provinces"),
        ("000000", "china-provinces"),
        ("全   国", "china-provinces"),
        ("合计", "china-provinces"),
        ("中国", "china-provinces"),
        ("东部", "china-provinces"),
        ("西部 地区", "china-provinces"),
        ("World", "countries"),
        ("WLD", "countries"),
        ("AFE", "countries"),
        ("Euro area", "countries"),
        ("European Union - 27 countries (from 2020)", "eu-countries"),
        ("United States total", "us-states"),
        ("US", "us-states"),
    ],
)
def test_totals_are_known_and_flagged(given, book):
    match = resolve([given], book)[given]
    assert match.aggregate
    assert match.code in gazetteer(book).aggregates


@pytest.mark.parametrize(
    ("given", "code", "how"),
    [
        ("CHN", "CHN", "code"),
        ("cn", "CHN", "code"),
        ("156", "CHN", "code"),
        ("4", "AFG", "code"),
        ("EL", "GRC", "alias"),
        ("UK", "GBR", "alias"),
        ("Korea, Rep.", "KOR", "alias"),
        ("Egypt, Arab Rep.", "EGY", "alias"),
        ("Turkiye", "TUR", "alias"),
        ("Cote dIvoire", "CIV", "spacing"),
        ("刚果（金）", "COD", "name"),
        ("台湾", "TWN", "alias"),
        ("香港", "HKG", "alias"),
        ("Germny", "DEU", "near"),
        ("Austrialia", "AUS", "near"),
        ("Nigera", None, None),
        ("Iseland", None, None),
        ("Irak", None, None),
        ("California", None, None),
    ],
)
def test_countries(given, code, how):
    assert found(given, "countries") == (code, how)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("CA", "CA"),
        ("US-CA", "CA"),
        ("6", "CA"),
        ("06", "CA"),
        ("california", "CA"),
        ("加州", "CA"),
        ("DC", "DC"),
        ("Canada", None),
    ],
)
def test_states(given, code):
    assert found(given, "us-states")[0] == code


def test_members_of_the_union():
    assert found("EL", "eu-countries") == ("GRC", "alias")
    assert found("AT", "eu-countries") == ("AUT", "code")
    assert found("UK", "eu-countries") == (None, None)


def test_own_names_stand():
    assert found(" 苏南 ", "own") == ("苏南", "name")
    assert found("  ", "own") == (None, None)


def test_an_unknown_gazetteer_names_those_there_are():
    with pytest.raises(FaultyValue, match="china-provinces"):
        gazetteer("china")


def test_official_chinese_names():
    names = {code: region.name_zh for code, region in gazetteer("countries").regions.items()}
    assert (names["HKG"], names["MAC"], names["TWN"]) == ("中国香港", "中国澳门", "中国台湾")
    assert gazetteer("countries").title.zh == "国家和地区"


def test_every_gazetteer_has_its_number_of_regions():
    sizes = {name: len(gazetteer(name).regions) for name in GAZETTEERS}
    assert sizes["china-provinces"] == 34
    assert sizes["us-states"] == 51
    assert sizes["eu-countries"] == 27
    assert sizes["countries"] == 249 + 2  # ISO 3166-1, and two codes of World Bank tables


def test_zones_of_the_statistics_bureau():
    zones: dict[str, int] = {}
    for region in gazetteer("china-provinces").regions.values():
        zones[region.groups["zone"]] = zones.get(region.groups["zone"], 0) + 1
    assert zones == {"东部": 10, "中部": 6, "西部": 12, "东北": 3, "港澳台": 3}


@pytest.mark.parametrize("name", ["china-provinces", "us-states", "eu-countries"])
def test_each_region_has_a_tile_of_its_own(name):
    grid = tiles(name)
    assert set(grid) == set(gazetteer(name).regions)
    assert len(set(grid.values())) == len(grid)


NEIGHBOURS = {
    "china-provinces": "110000-130000 120000-130000 310000-320000 310000-330000 440000-430000 440000-450000 "
    "440000-810000 440000-820000 510000-500000 650000-540000 220000-230000 210000-220000 620000-640000 370000-130000 "
    "140000-150000",
    "us-states": "WA-OR CA-NV TX-OK NY-VT ME-NH IL-IN GA-AL MD-DC NM-AZ OH-PA",
    "eu-countries": "PRT-ESP DEU-POL FRA-BEL AUT-HUN GRC-BGR LTU-LVA EST-LVA SVN-HRV CZE-SVK DNK-DEU",
}


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_neighbours_stand_side_by_side(name):
    grid = tiles(name)
    for pair in NEIGHBOURS[name].split():
        (row, col), (row2, col2) = (grid[code] for code in pair.split("-"))
        assert max(abs(row - row2), abs(col - col2)) == 1, pair


@pytest.mark.parametrize(
    ("name", "north", "south", "west", "east"),
    [
        ("china-provinces", "230000", "460000", "650000", "310000"),
        ("us-states", "ME", "FL", "CA", "NY"),
        ("eu-countries", "FIN", "GRC", "PRT", "ROU"),
    ],
)
def test_the_grid_is_the_right_way_up(name, north, south, west, east):
    grid = tiles(name)
    assert grid[north][0] < grid[south][0]
    assert grid[west][1] < grid[east][1]


def test_the_damaged_provincial_file(shared_data):
    with gzip.open(shared_data / "china" / "province_sti_raw_dirty.csv.gz", "rt", encoding="utf-8") as stream:
        names = [row["province"] for row in csv.DictReader(stream)]
    resolution = resolve(names, "china-provinces")
    assert [match.given for match in resolution.unknown] == ["尔部地区"]
    confused = {match.given: match.code for match in resolution.repairs if match.how == "confusable"}
    assert confused == {
        "两藏": "540000",
        "四藏": "540000",
        "浙汀": "330000",
        "内蒙占": "150000",
        "江两": "360000",
        "江四": "360000",
        "山两": "140000",
    }
    assert {match.how for match in resolution.repairs} == {"spacing", "confusable"}


def test_the_units_of_the_country_panel(shared_data):
    with (shared_data / "country" / "units.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            for given in (row["unit"], row["name"]):
                match = resolve([given], "countries")[given]
                assert match.code == row["unit"], given
                assert match.how in ("code", "name", "alias")
                assert match.aggregate == (row["is_aggregate"] == "True")


def test_the_states_on_the_map(shared_data):
    features = json.loads((shared_data / "geo" / "us_states.geojson").read_text(encoding="utf-8"))["features"]
    names = [feature["properties"]["name"] for feature in features]
    assert {match.given for match in resolve(names, "us-states").unknown} == {"Puerto Rico"}
