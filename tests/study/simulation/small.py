"""A small study of policies: three regions, three industries, two years, one thing changed at a time."""

from __future__ import annotations

from pathlib import Path

ABOUT = """\
[study]
title = { en = "Small", zh = "小" }
fictional = true
"""

TABLES = """
[[source]]
file = "data.csv"

[[industries]]
name = "jobs"
file = "jobs.csv"
region = "region"
measures = { employment = "employment" }
names = { file = "names.csv" }

[ladder]
size = "employment"
"""

SIMULATE = """
[simulate]
years = 3
firms = 1_000
draws = 2
facts = false
"""

POLICIES = """
[[simulate.policies]]
name = "capital"
title = { en = "Capital first", zh = "资本优先" }
levers = [ { lever = "guidance_fund", budget = 0.004, start = 2021 } ]
"""

FROM = """
[simulate.from]
industries = "jobs"
research = "papers"
digital = { column = "online", scale = 0.01 }
"""

DATA = """\
region,year,papers,online
East,2019,10,30
West,2019,20,20
North,2019,5,60
East,2020,12,40
West,2020,25,30
North,2020,6,70
"""

JOBS = """\
region,industry,year,employment
East,C1,2019,50
East,C2,2019,20
West,C2,2019,30
West,C3,2019,5
North,C3,2019,40
East,C1,2020,45
East,C2,2020,25
West,C2,2020,30
West,C3,2020,9
North,C3,2020,44
"""

NAMES = """\
code,name_en,name_zh
C1,Steel,钢铁
C2,Cars,汽车
C3,Chips,芯片
"""


def small_study(folder: Path, said: str, *, data: str = DATA, jobs: str = JOBS) -> Path:
    """Write a study with these files, its study file as given."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"study.toml": said, "data.csv": data, "jobs.csv": jobs, "names.csv": NAMES}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


ALONE = ABOUT + SIMULATE + "first_year = 2021\n" + POLICIES
WHOLE = ABOUT + TABLES + SIMULATE + FROM + POLICIES
