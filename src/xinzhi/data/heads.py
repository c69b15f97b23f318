"""Heads of columns: the words that name a role in Chinese and English tables, and units written into heads."""

from __future__ import annotations

import re
import unicodedata

from xinzhi.data import units


def _words(text: str) -> frozenset[str]:
    return frozenset(re.split(r"\s+", text.strip()))


HEADS: dict[str, frozenset[str]] = {
    "region": _words("""
        地区 地区名称 地区代码 区域 省份 省 省市 省市自治区 省区市 省级行政区 省份名称 省份代码 行政区划 行政区划代码
        城市 城市名称 市 国家 国家和地区 国家地区 国别 经济体 州 园区 代码 编码 code
        region regionname regioncode area areaname prov provcode province provincename provincecode
        state statename statecode
        country countries countryname countrycode economy city cityname citycode location locationname geography
        entity unit unitname unitcode uname name iso iso3 iso3c isocode iso3code iso2 iso2c geo geocode nuts nutscode
        refarea territory fips cbsacode cbsaname
    """),
    "time": _words("""
        年份 年 年度 时间 时期 统计年度 会计年度 year years yr time timeperiod period date refperiod
    """),
    "indicator": _words("""
        指标 指标名称 指标代码 变量 变量名 项目 indicator indicators indicatorname indicatorcode variable variables
        variablename series seriesname seriescode item measure
    """),
    "value": _words("数值 值 指标值 数据 取值 统计值 value values obsvalue observation amount"),
    "unit": _words("单位 计量单位 指标单位 unit units unitofmeasure uom measure measuredin"),
    "counter": _words("序号 编号 index no id rownames rowid unnamed0 column1"),
}
_UNIT_IN_HEAD = re.compile(
    r"^(?P<name>.+?)\s*(?:[(（\[【](?P<in>[^()（）\[\]【】]+)[)）\]】]|[/,，:：]\s*(?P<after>[^/,，:：]+))$"
)
_UNIT_ABOVE = re.compile(r"(?:计量单位|单位|\bunits?)\s*[:：]\s*([^\s,，;；)）]+)", re.IGNORECASE)


def key(head: str) -> str:
    """A head without what does not tell heads apart: case, width, spaces and marks."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", head).casefold())


def unit_in(head: str) -> tuple[str, str]:
    """A head apart into name and unit: "GDP (亿元)" is GDP in 亿元. Only units of the catalogue are taken off."""
    found = _UNIT_IN_HEAD.match(head.strip())
    if found and units.known(unit := (found["in"] or found["after"]).strip()):
        return found["name"].strip(), unit
    return head.strip(), ""


def unit_above(lines: tuple[str, ...]) -> str:
    """The unit a line above a table gives for all of it, such as 单位：亿元; empty where there is none, or several."""
    found = {match[1] for line in lines if (match := _UNIT_ABOVE.search(line))}
    return found.pop() if len(found) == 1 and all(map(units.known, found)) else ""
