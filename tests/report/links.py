"""A study of links made in memory: who does what in a small world, run from its files by the real study."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from xinzhi.study.reading import read_study
from xinzhi.study.running import AnyRun, run

REGIONS, SCIENCES, FIELDS = 14, 6, 10

STUDY = """\
[study]
title = {{ en = "Links", zh = "关联" }}
fictional = true
{more}
[[links]]
name = "science"
title = {{ en = "Science", zh = "科学" }}
file = "science.csv"
complexity = {{ method = "eigenvector", draws = 20 }}
forecast = false
standing = {{ draws = 40 }}

[[links]]
name = "technology"
title = {{ en = "Technology", zh = "技术" }}
file = "technology.csv"
unit = "patents"
names = {{ file = "names.csv", group = "class" }}
complexity = {{ method = "eigenvector", draws = 20 }}

[[concordance]]
file = "way.csv"
source = "science"
target = "technology"

[fusion]
chain = ["science", "technology"]
draws = 49
coupling = true
"""


def a_run_of_links(folder: Path, more: str = "") -> AnyRun:
    """Two stages over three periods, later ones grown out of earlier ones, with a concordance between them."""
    rng = np.random.default_rng(11)
    reach = np.linspace(0.9, 0.2, REGIONS)[:, None]
    science = _grown(rng, reach * np.linspace(1, 0.4, SCIENCES)[None, :])
    technology = _grown(rng, reach * np.linspace(1, 0.3, FIELDS)[None, :])
    _written(folder / "science.csv", science, "s")
    _written(folder / "technology.csv", technology, "t")
    classes = ("chemistry", "machines")
    rows = [f"t{at:02},Field <b>{at}</b>,领域{at},{classes[at % 2]}" for at in range(FIELDS)]
    _lines(folder / "names.csv", ["code,name,name_zh,class", *rows])
    shares = rng.dirichlet(np.ones(FIELDS), SCIENCES)
    rows = [f"s{i:02},t{j:02},{shares[i, j]:.12f}" for i in range(SCIENCES) for j in range(FIELDS)]
    _lines(folder / "way.csv", ["science,technology,share", *rows])
    (folder / "study.toml").write_text(STUDY.format(more=more), encoding="utf-8")
    return run(read_study(folder / "study.toml"))


def _grown(rng: np.random.Generator, chance: np.ndarray) -> list[np.ndarray]:
    has = rng.random(chance.shape) < chance
    periods = []
    for _ in range(3):
        periods.append(np.where(has, rng.integers(5, 60, chance.shape), 0))
        has = np.where(has, rng.random(chance.shape) < 0.9, rng.random(chance.shape) < 0.4 * chance)
    return periods


def _written(path: Path, periods: list[np.ndarray], letter: str) -> None:
    rows = [
        f"{year},R{i:02},{letter}{j:02},{amounts[i, j]}"
        for year, amounts in zip((2001, 2002, 2003), periods, strict=True)
        for i, j in zip(*np.nonzero(amounts), strict=True)
    ]
    _lines(path, ["year,region,activity,value", *rows])


def _lines(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
