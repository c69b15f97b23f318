"""Small studies of links for tests: nested by construction, so that it is known who is complex, and made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np

REGIONS = tuple(f"R{at:02d}" for at in range(1, 13))
FIELDS = tuple(f"F{at}" for at in range(1, 9))
CRAFTS = tuple(f"C{at}" for at in range(1, 7))
YEARS = tuple(range(2001, 2007))

STUDY = """\
[study]
title = {{ en = "Linked", zh = "关联" }}
fictional = true
{about}

[[links]]
name = "science"
title = {{ en = "Science", zh = "科学" }}
file = "science.csv"
names = "fields.csv"
window = 2
{science}

[[links]]
name = "craft"
title = {{ en = "Craft", zh = "工艺" }}
file = "craft.csv"
window = 2
{craft}

[[concordance]]
file = "concordance.csv"
source = "science"
target = "craft"

[fusion]
chain = ["science", "craft"]
draws = 99
{more}
"""


def amounts(labels: tuple[str, ...], seed: int) -> np.ndarray:
    """Amounts (year, region, activity): the more able a region, the rarer what it has; a little more every year."""
    rng = np.random.default_rng(seed)
    able = np.linspace(0.2, 1.0, len(REGIONS))[:, None]
    rare = np.linspace(0.0, 0.9, len(labels))
    made = [rng.poisson(40 * np.clip(able + 0.02 * at - rare, 0.02, None)) for at in range(len(YEARS))]
    return np.array(made)


def table(labels: tuple[str, ...], seed: int, names: dict[str, str] | None = None) -> str:
    """The amounts as CSV, one row a region, activity and year; nothing is written for nothing."""
    cells = amounts(labels, seed)
    rows = [
        f"{region},{(names or {}).get(label, label)},{year},{cells[t, r, a]}"
        for t, year in enumerate(YEARS)
        for r, region in enumerate(REGIONS)
        for a, label in enumerate(labels)
        if cells[t, r, a]
    ]
    return "\n".join(["region,activity,year,value", *rows]) + "\n"


def concordance() -> str:
    """Every field leads to two crafts next to one another."""
    rows = ["science,craft,share"]
    for at, field in enumerate(FIELDS):
        first = at * (len(CRAFTS) - 1) // len(FIELDS)
        rows += [f"{field},{CRAFTS[first]},0.75", f"{field},{CRAFTS[first + 1]},0.25"]
    return "\n".join(rows) + "\n"


def linked_study(
    folder: Path,
    *,
    about: str = "",
    science: str = "",
    craft: str = "",
    more: str = "",
    edit: dict[str, str] | None = None,
    **files: str,
) -> Path:
    """Write a study of links that runs, with the given lines added.

    ``edit`` says what of its text is written otherwise; ``files`` stand, as ``craft_csv``, in place of its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    own = {
        "science": table(FIELDS, 1, {field: f"Field, {field}" for field in FIELDS}),
        "craft": table(CRAFTS, 2),
        "fields": "code,name,名称\n" + "".join(f'{field},"Field, {field}",领域{field}\n' for field in FIELDS),
        "concordance": concordance(),
    }
    own["science"] = own["science"].replace("Field, ", "field ")  # names are told from one another by their letters
    for stem, content in (own | {name.removesuffix("_csv"): of for name, of in files.items()}).items():
        (folder / f"{stem}.csv").write_text(content, encoding="utf-8")
    text = STUDY.format(about=about, science=science, craft=craft, more=more)
    for before, after in (edit or {}).items():
        text = text.replace(before, after)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder
