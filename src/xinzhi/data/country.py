"""The model country (模型国): a fictional country whose truths are known, generated from a seed.

No region, firm or figure in it is real. Every region has a true level in each of the four pillars; indicators are
noisy readings of these levels, so whatever measures the country can be held against what is true of it. Planted on
purpose: a leader, a latecomer that overtakes once a window opens, a fossil region that converts, gaps between zones
that narrow, a digital economy that speeds up the other pillars, and industries that follow technology with a lag.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.random import Generator

from xinzhi.core.labels import REGION, TIME, Floats, Panel, panel
from xinzhi.data import catalogue
from xinzhi.data.regions import Gazetteer, gazetteer

SEED = 20240301
GAZETTEER = "model-country"
YEARS = tuple(range(2014, 2024))
PILLARS = ("technology", "energy", "industry", "digital")
TECHNOLOGY, ENERGY, _, DIGITAL = range(len(PILLARS))

# The laws of motion. A pillar closes a share of its distance to 1 every year, the faster the more digital the region.
PACE, OWN, COUPLING, LAG = 0.055, 0.6, 0.8, 2
START = {"潮岸": 0.44, "禾野": 0.31, "岚岭": 0.19}
LEADER, LATECOMER, CONVERTER = "M01", "M12", "M10"
WINDOW, CONVERSION = 2016, 2017


class Measure(NamedTuple):
    """How a pillar's level shows in an indicator: ``worst`` at level 0, ``best`` at level 1.

    Where ``best`` is the smaller number, less is better. ``even`` spaces values evenly, otherwise by equal factors.
    ``per`` makes a total of the ratio: it is multiplied by what it is a ratio to, an earlier measure or a size.
    """

    code: str
    pillar: str
    worst: float
    best: float
    decimals: int
    unit: str
    even: bool = True
    per: str | None = None


RUNGS_ZH = {
    "future": "未来产业",
    "emerging": "战略性新兴产业",
    "leading": "主导产业",
    "pillar": "支柱产业",
    "traditional": "传统产业",
}


class Industry(NamedTuple):
    """An industry, its rung on the ladder, and how strongly its weight in the economy follows technology or energy.

    ``research`` is what it spends on research, in % of its value added.
    """

    code: str
    name_en: str
    name_zh: str
    rung: str
    follows: str
    start: float
    pull: float
    research: float


# Codes are those of the catalogue's columns.toml, so that its structures find them. What only international tables
# hold (licence income, secure servers, services abroad) is left out, as in the tables of provinces.
MEASURES = (
    Measure("rd_intensity", "technology", 0.4, 5.6, 2, "%"),
    Measure("basic_research_share", "technology", 1.5, 15.0, 2, "%"),
    Measure("rd_fte", "technology", 6.0, 130.0, 0, "人年", even=False, per="population"),
    Measure("rd_fte_researchers", "technology", 0.30, 0.62, 0, "人年", per="rd_fte"),
    Measure("invention_grants", "technology", 0.3, 30.0, 0, "件", even=False, per="population"),
    Measure("patent_applications", "technology", 2.0, 90.0, 0, "件", even=False, per="population"),
    Measure("papers", "technology", 0.4, 25.0, 0, "篇", even=False, per="population"),
    Measure("technology_contracts", "technology", 0.001, 0.08, 1, "亿元", even=False, per="gdp"),
    Measure("nonfossil_share", "energy", 4.0, 46.0, 1, "%"),
    Measure("clean_electricity_share", "energy", 6.0, 78.0, 1, "%"),
    Measure("solar_share", "energy", 0.2, 19.0, 2, "%"),
    Measure("wind_share", "energy", 0.5, 22.0, 2, "%"),
    Measure("energy_intensity", "energy", 1.55, 0.22, 3, "吨标准煤/万元"),
    Measure("co2_emissions", "energy", 3.60, 0.45, 0, "万吨", per="gdp"),
    Measure("so2_emissions", "energy", 0.0012, 0.00005, 2, "万吨", per="gdp"),
    Measure("green_patents", "energy", 0.03, 0.20, 0, "件", per="patent_applications"),
    Measure("hightech_value_share", "industry", 2.0, 42.0, 1, "%"),
    Measure("emerging_share", "industry", 1.5, 30.0, 1, "%"),
    Measure("hightech_export_share", "industry", 3.0, 56.0, 1, "%"),
    Measure("hightech_revenue", "industry", 0.03, 0.62, 1, "亿元", even=False, per="gdp"),
    Measure("hightech_rd_expenditure", "industry", 0.008, 0.055, 2, "亿元", per="hightech_revenue"),
    Measure("hightech_profit", "industry", 0.03, 0.11, 2, "亿元", per="hightech_revenue"),
    Measure("robot_density", "industry", 8.0, 420.0, 0, "台/万人", even=False),
    Measure("newproduct_share", "industry", 4.0, 44.0, 1, "%"),
    Measure("new_firms", "industry", 15.0, 180.0, 0, "家", even=False, per="population"),
    Measure("labour_productivity", "industry", 5.5, 36.0, 2, "万元/人"),
    Measure("internet_users", "digital", 32.0, 92.0, 1, "%"),
    Measure("broadband_users", "digital", 0.08, 0.48, 1, "万户", per="population"),
    Measure("computing_power", "digital", 0.0001, 0.004, 3, "EFLOPS", even=False, per="gdp"),
    Measure("ai_patents", "digital", 0.02, 6.0, 0, "件", even=False, per="population"),
    Measure("software_share", "digital", 0.2, 17.0, 2, "%", even=False),
    Measure("ecommerce_firms_share", "digital", 2.0, 27.0, 1, "%"),
)

INDUSTRIES = (
    Industry("I01", "Coal and oil", "煤炭和石油", "pillar", "energy", 0.6, -2.6, 0.8),
    Industry("I02", "Thermal power", "火力发电", "pillar", "energy", -0.2, -1.6, 0.6),
    Industry("I03", "Metals", "金属冶炼", "pillar", "energy", 0.6, -0.8, 1.2),
    Industry("I04", "Textiles and clothing", "纺织服装", "traditional", "technology", 0.6, -1.4, 0.9),
    Industry("I05", "Food", "食品", "traditional", "technology", 0.8, -0.8, 0.8),
    Industry("I06", "Chemicals", "化学工业", "pillar", "technology", 0.6, 0.0, 2.4),
    Industry("I07", "Machinery", "装备制造", "pillar", "technology", 0.6, 0.6, 3.5),
    Industry("I08", "Vehicles", "汽车", "leading", "technology", 0.3, 0.9, 4.2),
    Industry("I09", "Electronics", "电子信息", "leading", "technology", -0.1, 1.8, 6.5),
    Industry("I10", "New-energy equipment", "新能源装备", "emerging", "energy", -1.6, 3.0, 7.0),
    Industry("I11", "New materials", "新材料", "emerging", "technology", -1.5, 2.2, 6.0),
    Industry("I12", "Biotechnology", "生物技术", "emerging", "technology", -1.8, 2.4, 9.5),
    Industry("I13", "Software and cloud", "软件和云服务", "emerging", "technology", -1.4, 2.6, 9.0),
    Industry("I14", "Hydrogen", "氢能", "future", "energy", -3.6, 3.4, 12.0),
    Industry("I15", "Quantum and AI", "量子与人工智能", "future", "technology", -3.8, 3.8, 18.0),
)


@dataclass(frozen=True)
class Truths:
    """What is true of the country and no file says.

    ``levels`` is region × time × pillar in [0, 1]. ``leader``, ``latecomer`` and ``converter`` are the regions the
    planted stories are about; the latecomer's window opens after ``window``, the conversion begins after
    ``conversion``. ``coupling`` is what a fully digital region adds to the pace of every pillar, in units of the pace
    itself; an industry's weight follows its pillar ``lag`` years later. ``projects`` says of every project of the park
    whether it is of the ``old``, the ``present`` or the ``next`` generation.
    """

    levels: xr.DataArray
    leader: str
    latecomer: str
    window: int
    converter: str
    conversion: int
    coupling: float
    lag: int
    projects: pd.Series

    @property
    def overall(self) -> xr.DataArray:
        """The mean of the four pillars, region × time."""
        return self.levels.mean("pillar")


@dataclass(frozen=True)
class ModelCountry:
    """The fictional country: its panel, its industries, one park, and what is true of it.

    ``industries`` has a row per region, industry and year; ``park`` a row per project and year.
    """

    panel: Panel
    industries: pd.DataFrame
    park: pd.DataFrame
    truths: Truths
    seed: int

    @property
    def regions(self) -> Gazetteer:
        """Names in both languages, zones and places on the tile grid."""
        return gazetteer(GAZETTEER)


@lru_cache(maxsize=8)
def model_country(seed: int = SEED) -> ModelCountry:
    """The country that grows from a seed; the same seed gives the same numbers on every machine.

    Each part draws from a stream of its own, so that a change in one leaves the others as they were.
    """
    own = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(5)]
    levels = _levels(own[0])
    size = _size(levels, own[1])
    park, projects = _park(own[4])
    return ModelCountry(
        panel=_indicators(levels, size, own[2]),
        industries=_industries(levels, size["gdp"], own[3]),
        park=park,
        truths=Truths(levels, LEADER, LATECOMER, WINDOW, CONVERTER, CONVERSION, COUPLING, LAG, projects),
        seed=seed,
    )


def _levels(rng: Generator) -> xr.DataArray:
    places = gazetteer(GAZETTEER).regions
    codes, zones = list(places), [place.groups["zone"] for place in places.values()]
    at = codes.index
    shape = (len(codes), len(YEARS), len(PILLARS))
    level = np.empty(shape)
    level[:, 0] = np.array([START[zone] for zone in zones])[:, None]
    level[:, 0] += rng.normal(0, 0.025, (len(codes), 1)) + rng.normal(0, 0.03, (len(codes), len(PILLARS)))
    level[at(LEADER), 0] = 0.56
    level[at(LATECOMER), 0] = 0.13
    level[at(CONVERTER), 0, ENERGY] = 0.04

    pace = np.broadcast_to(PACE * np.exp(rng.normal(0, 0.08, (len(codes), 1, len(PILLARS)))), shape).copy()
    pace[at(LEADER)] = 0.07
    window, conversion = YEARS.index(WINDOW), YEARS.index(CONVERSION)
    pace[at(LATECOMER), window:, DIGITAL] *= 4
    pace[at(LATECOMER), window + 1 :, :DIGITAL] *= 1.9  # the other pillars follow a year later
    pace[at(CONVERTER), conversion:, ENERGY] *= 2.8
    for t in range(len(YEARS) - 1):
        push = OWN + COUPLING * level[:, t, [DIGITAL]]
        level[:, t + 1] = level[:, t] + pace[:, t] * push * (1 - level[:, t])
        level[:, t + 1] += rng.normal(0, 0.004, (len(codes), len(PILLARS)))
    return xr.DataArray(
        np.clip(level, 0.01, 0.99).round(6),
        dims=(REGION, TIME, "pillar"),
        coords={REGION: codes, TIME: list(YEARS), "pillar": list(PILLARS), "zone": (REGION, zones)},
        name="level",
    )


def _size(levels: xr.DataArray, rng: Generator) -> dict[str, Floats]:
    """Population (万人) and gross domestic product (亿元), region × time: what ratios are ratios to."""
    overall = levels.mean("pillar").to_numpy()
    growth = np.exp(0.004 * np.arange(len(YEARS)))
    population = np.round(rng.uniform(300, 3600, (overall.shape[0], 1)) * growth, 1)
    income = 2.6 * np.exp(1.5 * overall) * np.exp(0.03 * np.arange(len(YEARS)))  # 万元 a head, prices included
    return {"population": population, "gdp": np.round(population * income, 1)}


def _indicators(levels: xr.DataArray, size: dict[str, Floats], rng: Generator) -> Panel:
    columns = {"gdp": size["gdp"], "population": size["population"]}
    units = {"gdp": "亿元", "population": "万人"}
    for measure in MEASURES:
        level = levels.sel(pillar=measure.pillar).to_numpy()
        read = np.clip(level + rng.normal(0, 0.015, level.shape), 0, 1)
        if measure.even:
            value = measure.worst + (measure.best - measure.worst) * read
        else:
            value = measure.worst * (measure.best / measure.worst) ** read
        if measure.per:
            value = value * columns[measure.per]
        columns[measure.code], units[measure.code] = np.round(value, measure.decimals), measure.unit
    places = gazetteer(GAZETTEER).regions
    return panel(
        np.stack(list(columns.values()), axis=-1),
        list(places),
        YEARS,
        list(columns),
        about_region={
            "name_en": [place.name_en for place in places.values()],
            "name_zh": [place.name_zh for place in places.values()],
            "zone": [place.groups["zone"] for place in places.values()],
        },
        about_indicator={"unit": list(units.values())},
    )


def _industries(levels: xr.DataArray, gdp: Floats, rng: Generator) -> pd.DataFrame:
    """Value added by region, industry and year; shares follow the pillars with a lag."""
    # Before the first year nothing is known, so the lag looks back to the first year.
    past = levels.to_numpy()[:, np.maximum(np.arange(len(YEARS)) - LAG, 0)]
    followed = past[..., [PILLARS.index(industry.follows) for industry in INDUSTRIES]]
    start, pull = (np.array([getattr(industry, of) for industry in INDUSTRIES]) for of in ("start", "pull"))
    taste = rng.normal(0, 0.35, (gdp.shape[0], 1, len(INDUSTRIES)))
    weight = np.exp(start + pull * followed + taste + rng.normal(0, 0.03, followed.shape))
    share = weight / weight.sum(-1, keepdims=True)
    added = np.round(0.38 * gdp[..., None] * share, 2)  # industry is 38% of the economy everywhere
    rows = pd.MultiIndex.from_product(
        [levels[REGION].to_numpy(), YEARS, [industry.code for industry in INDUSTRIES]],
        names=["region", "year", "industry"],
    )
    frame = pd.DataFrame({"value_added": added.ravel()}, index=rows).reset_index()
    about = pd.DataFrame(INDUSTRIES).set_index("code")[["name_en", "name_zh", "rung"]]
    return frame.join(about, on="industry")


# Of a project of each generation: output, tax, research, energy, emissions per mu, jobs per mu; output's yearly growth.
_GENERATIONS = {
    "old": (210.0, 7.0, 0.006, 95.0, 3.2, 1.5, -0.02),
    "present": (420.0, 19.0, 0.028, 60.0, 1.1, 2.2, 0.05),
    "next": (260.0, 10.0, 0.110, 34.0, 0.5, 2.6, 0.24),
}


def _park(rng: Generator) -> tuple[pd.DataFrame, pd.Series]:
    """Projects of Newleaf Park (新叶园), the last five years, and which generation each is of."""
    count, years = 48, YEARS[-5:]
    generation = rng.permutation(np.repeat(list(_GENERATIONS), [16, 22, 10]))
    codes = [f"P{number:02d}" for number in range(1, count + 1)]
    land = np.round(rng.uniform(12, 160, count), 1)
    rows = []
    for project, of, mu in zip(codes, generation, land, strict=True):
        output, tax, research, energy, emissions, jobs, growth = _GENERATIONS[of]
        luck = np.exp(rng.normal(0, 0.18, 7))
        for age, year in enumerate(years):
            made = mu * output * luck[0] * (1 + growth) ** age * np.exp(rng.normal(0, 0.04))
            rows.append(
                {
                    "project": project,
                    "year": year,
                    "land": mu,
                    "output": round(made, 0),
                    "value_added": round(made * 0.26 * luck[1], 0),
                    "tax": round(made * tax / output * luck[2], 1),
                    "research": round(made * research * luck[3], 1),
                    "energy": round(mu * energy * luck[4] * 0.98**age, 1),
                    "emissions": round(mu * emissions * luck[5] * 0.97**age, 2),
                    "jobs": int(max(1, round(mu * jobs * luck[6]))),
                }
            )
    return pd.DataFrame(rows), pd.Series(generation, index=pd.Index(codes, name="project"), name="generation")


# --- As a study -------------------------------------------------------------------------------------------------

# Flaws put into the files on purpose, for the workbench to find: a decimal point moved by one place (indicator, region,
# year), a name with a space in it, and some cells without a number.
SLIP = ("rd_intensity", "M08", 2018)
SPELLING = ("云 梯郡", "M12", 2020)
GAPS = 60

Template = Literal["country", "park"]


def write_study(folder: str | Path, template: Template = "country", seed: int = SEED) -> Path:
    """Write a study of the country, or of its park, into a folder, which is made where it is missing.

    The files hold what people bring: two layouts, two encodings, a few gaps, a slipped decimal point, a damaged name.
    """
    country = model_country(seed)
    if template == "country":
        files = {
            "indicators.csv": _long_table(country).encode("utf-8-sig"),
            "economy.csv": _economy(country).encode("gb18030"),
            "industries.csv": _value_added(country).encode(),
            "industry_names.csv": _industry_names().encode(),
        }
    else:
        files = {"projects.csv": country.park.to_csv(index=False, lineterminator="\n").encode()}
    files["study.toml"] = (resources.files(catalogue) / "studies" / f"{template}.toml").read_bytes()
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def _long_table(country: ModelCountry) -> str:
    """One row per region, year and indicator, flaws included."""
    codes = [measure.code for measure in MEASURES]
    values = country.panel.sel(indicator=codes)
    rng = np.random.default_rng([country.seed, 1])
    # Neither the first nor the last year is taken, so that every gap has two neighbours.
    inner = np.argwhere(np.ones((values.sizes[REGION], values.sizes[TIME] - 2, len(codes)), dtype=bool))
    gaps = {(i, t + 1, j) for i, t, j in rng.choice(inner, GAPS, replace=False)}
    lines = ["地区,年份,指标,数值,单位"]
    for i, region in enumerate(values[REGION].to_numpy()):
        name = str(values["name_zh"].to_numpy()[i])
        for t, year in enumerate(values[TIME].to_numpy()):
            written = SPELLING[0] if (region, year) == SPELLING[1:] else name
            for j, measure in enumerate(MEASURES):
                value = float(values[i, t, j])
                if (measure.code, region, year) == SLIP:
                    value *= 10
                number = f"{value:.{measure.decimals}f}"
                if (i, t, j) in gaps:
                    number = ("", "—")[(i + j) % 2]
                lines.append(f"{written},{year},{measure.code},{number},{measure.unit}")
    return "\n".join(lines) + "\n"


def _economy(country: ModelCountry) -> str:
    """One column per indicator, as a spreadsheet program of the region saves it."""
    values = country.panel.sel(indicator=["gdp", "population"])
    lines = ["地区,年份,地区生产总值(亿元),常住人口(万人)"]
    for i, name in enumerate(values["name_zh"].to_numpy()):
        for t, year in enumerate(values[TIME].to_numpy()):
            gdp, population = values[i, t].to_numpy()
            lines.append(f"{name},{year},{gdp:.1f},{population:.1f}")
    return "\r\n".join(lines) + "\r\n"


def _value_added(country: ModelCountry) -> str:
    """One row per region, year and industry; regions by their Chinese names."""
    names = {code: entry.name_zh for code, entry in country.regions.regions.items()}
    frame = country.industries[["region", "year", "industry", "value_added"]]
    frame = frame.assign(region=frame["region"].map(names))
    return frame.to_csv(index=False, lineterminator="\n", float_format="%.2f")


def _industry_names() -> str:
    """One row per industry: code, names, its rung on the ladder in both languages, and its research intensity."""
    table = pd.DataFrame(INDUSTRIES)[["code", "name_en", "name_zh", "rung", "research"]]
    table.insert(4, "rung_zh", table["rung"].map(RUNGS_ZH))
    return table.to_csv(index=False, lineterminator="\n")
