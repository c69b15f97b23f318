"""Small studies for tests: four regions, three years, four indicators, and one thing wrong at a time."""

from __future__ import annotations

from pathlib import Path

STUDY = """\
[study]
title = {{ en = "Small", zh = "小" }}
{about}
[[source]]
file = "data.csv"
{source}
[index]
elements = [
  {{ code = "index", name = {{ en = "The index", zh = "指数" }} }},
  {{ code = "one", parent = "index" }},
  {{ code = "two", parent = "index" }},
]
indicators = [
  {{ code = "a", parent = "one", weight = 0.25 }},
  {{ code = "b", parent = "one", weight = 0.75 }},
  {{ code = "c", parent = "two" }},
  {{ code = "d", parent = "two", direction = -1 }},
]
{index}
"""

REGIONS, YEARS, INDICATORS = ("East", "West", "North", "South"), (2020, 2021, 2022), ("a", "b", "c", "d")


def table(**cells: str) -> str:
    """The data as CSV; ``cells`` overwrite single values, named ``a_East_2020``."""
    rows = ["region,year," + ",".join(INDICATORS)]
    for i, region in enumerate(REGIONS):
        for year in YEARS:
            values = [
                cells.get(
                    f"{code}_{region}_{year}", str(round(1 + (i * 7 + j * 3 + (year - 2019) * (i + 2)) % 11 / 2, 3))
                )
                for j, code in enumerate(INDICATORS)
            ]
            rows.append(f"{region},{year},{','.join(values)}")
    return "\n".join(rows) + "\n"


def small_study(
    folder: Path,
    *,
    about: str = "",
    source: str = "",
    index: str = "",
    study: str | None = None,
    data: str | None = None,
) -> Path:
    """Write a small study that runs, with the given lines added or the given texts in place of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    text = STUDY.format(about=about, source=source, index=index) if study is None else study
    (folder / "study.toml").write_text(text, encoding="utf-8")
    (folder / "data.csv").write_text(table() if data is None else data, encoding="utf-8")
    return folder
