"""A small study of industries without an index: three regions, six industries each on a course of its own."""

import numpy as np

YEARS = np.arange(1998, 2018)
REGIONS = ("East", "West", "North")
# Size in the first year, growth a year, and research over output.
COURSES = {
    "mills": (400.0, -0.04, 0.5),
    "bakeries": (90.0, 0.0, 0.4),
    "engines": (420.0, 0.01, 1.0),
    "radios": (160.0, 0.035, 3.0),
    "robots": (30.0, 0.10, 9.0),
    "qubits": (1.5, 0.02, 30.0),
}
NAMES = {
    "mills": ("Mills", "纺织"),
    "bakeries": ("Bakeries", "面包"),
    "engines": ("Engines", "发动机"),
    "radios": ("Radios", "无线电"),
    "robots": ("Robots", "机器人"),
    "qubits": ("Qubits", "量子比特"),
}
STUDY = """\
[study]
title = { en = "Climbing", zh = "产业梯级" }
fictional = true

[[industries]]
name = "crafts"
title = { en = "Crafts", zh = "行业" }
file = "crafts.csv"
industry = "craft"
period = "year"
region = "where"
measures = { employment = "jobs" }
names = "names.csv"

[ladder]
technology = { file = "research.csv", industry = "craft", value = "share" }
"""


def rows(regions=REGIONS):
    """The lines of the table, a row a region, craft and year."""
    return [
        "where,craft,year,jobs",
        *(
            f"{region},{craft},{year},{(1 + place) * size * np.exp(growth * (year - YEARS[0])):.3f}"
            for place, region in enumerate(regions)
            for craft, (size, growth, _) in COURSES.items()
            for year in YEARS
        ),
    ]


def climbing_study(folder, text=STUDY, lines=None):
    """Write the study into a folder and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ["code,name,name_zh", *(f"{code},{en},{zh}" for code, (en, zh) in NAMES.items())]
    research = ["craft,share", *(f"{code},{of[2]}" for code, of in COURSES.items())]
    for name, said in (("crafts", lines or rows()), ("names", names), ("research", research)):
        (folder / f"{name}.csv").write_text("\n".join(said) + "\n", encoding="utf-8")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder
