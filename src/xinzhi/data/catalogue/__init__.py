"""What the package knows of the world: regions, units, and structures of an index, as data files.

Sources (facts only). Provinces: GB/T 2260 codes, ISO 3166-2:CN codes, the four zones of the National Bureau of
Statistics (2011), with the yearbooks' separate group for 香港, 澳门 and 台湾; who borders whom, and approximate
positions of provincial capitals (two decimals, WGS 84), are general geographic knowledge. Countries: ISO 3166-1 codes
and names as in pycountry 26.2; English and Chinese display names as in Unicode CLDR (Babel 2.18), with official
Chinese usage where it differs (中国香港, 中国澳门, 中国台湾); World Bank and Eurostat spellings as aliases;
continents after UN M49. XKX and CHI are codes of World Bank tables, not of ISO: an entry says that a statistical
table may hold such a row, and nothing about status. States: USPS and FIPS 5-2 codes, Census Bureau regions. EU:
members since 2020, grouped as in EuroVoc. Units: SI, the legal units of China, and 1 kWh = 3.6 MJ; 15 mu make a
hectare. Tile grids are our own.
"""

from __future__ import annotations

import csv
import io
import tomllib
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any


def read_table(name: str) -> list[dict[str, str]]:
    """The rows of a catalogue table, as text."""
    text = (resources.files(__name__) / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def read_toml(name: str) -> dict[str, Any]:
    """A catalogue file, or all files of a catalogue folder as one table by file name."""
    return _toml(resources.files(__name__) / name)


def _toml(place: Traversable) -> dict[str, Any]:
    if not place.is_dir():
        return tomllib.loads(place.read_text(encoding="utf-8"))
    files = sorted((file for file in place.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return {file.name.removesuffix(".toml"): _toml(file) for file in files}
