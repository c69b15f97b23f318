"""A small study of records without an index: inventions of three towns, recognised, counted and placed."""

YEARS = range(2004, 2016)
TOWNS = ("East", "West", "North")
TITLES = ("Quantum computer with cold atoms", "Deep neural network for images", "Wooden chair with a cushion")
STUDY = """\
[study]
title = { en = "Inventions", zh = "发明" }
fictional = true

[[records]]
name = "patents"
title = { en = "Inventions", zh = "发明" }
file = "inventions.csv"
kind = "patents"
unit = "number"
region = "town"
date = "filed"
value = "jobs"
unique = "number"

[records.recognise]
taxonomy = "future-industries"
text = "title"
codes = { cpc = "cpc" }
labels = "labels.csv"

[[links]]
name = "fields"
records = "patents"
window = 6
forecast = false
complexity = false
relatedness = false

[[emergence]]
name = "topics"
records = "patents"
whole = "all"

[[industries]]
name = "industries"
records = "patents"
measures = { patents = "records" }

[ladder]
size = "patents"
"""


def rows():
    """The lines of the table: number, town, filed, title, cpc, jobs."""
    lines = ["number,town,filed,title,cpc,jobs"]
    at = 0
    for town, more in zip(TOWNS, (1, 2, 3), strict=True):
        for year in YEARS:
            for which, title in enumerate(TITLES):
                for _ in range(more + (year - 2004) * which % 5):
                    at += 1
                    lines.append(f"P{at},{town},{year}-03-0{1 + at % 9},{title},,{at % 7}")
    lines.append(lines[-1])  # stands there twice
    lines.append("P9001,East,2010-01-01,A thing,G06N10/20,1")  # told by its code alone
    return lines


LABELS = ("id,classes", "P1,quantum-information", "P2,artificial-intelligence", "P3,none")


def recording_study(folder, text=STUDY, lines=None, labels=LABELS):
    """Write the study into a folder and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "inventions.csv").write_text("\n".join(lines or rows()) + "\n", encoding="utf-8")
    (folder / "labels.csv").write_text("\n".join(labels) + "\n", encoding="utf-8")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder
