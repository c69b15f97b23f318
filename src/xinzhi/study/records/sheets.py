"""The sheets of the results workbook that show what was found in records, and what they were recognised as."""

from __future__ import annotations

import pandas as pd

from xinzhi.core.specs import Text
from xinzhi.study.records.results import Recorded, Tallied
from xinzhi.study.sheets import Head, Sheet

# So many records of each class are shown with what speaks for them; the Parquet file has all.
SHOWN = 20
HEADS: dict[str, Head] = {
    "block": ("Block", "数据组"),
    "code": ("Found", "发现（代码）"),
    "column": ("Column", "列"),
    "count": ("How many", "数量"),
    "share": ("Share of records", "占记录比重"),
    "example": ("First", "首个"),
    "row": ("Row", "行"),
    "said_en": ("In words", "说明（英文）"),
    "said_zh": ("In Chinese", "说明"),
    "class": ("Class code", "类代码"),
    "name_en": ("Class", "类（英文）"),
    "name_zh": ("Class in Chinese", "类"),
    "records": ("Records", "记录数"),
    "id": ("Record", "记录"),
    "probability": ("Probability", "概率"),
    "because": ("Because of", "依据"),
    "labelled": ("Labelled", "标注数"),
    "found": ("Found", "识别数"),
    "right": ("Right", "正确数"),
    "missed_as_none": ("Missed as none", "漏判为无"),
    "found_in_none": ("Found in none", "误判自无"),
}
for _name, _en, _zh in (("precision", "Precision", "精确率"), ("recall", "Recall", "召回率"), ("f1", "F1", "F1")):
    HEADS |= {_name: (_en, _zh), f"{_name}_low": (f"{_en}, low", f"{_zh}下限")}
    HEADS |= {f"{_name}_high": (f"{_en}, high", f"{_zh}上限")}


def records_sheets(found: Recorded) -> list[Sheet]:
    """What was found in the records of every block; how many each class has, with examples, and how sure that is."""
    tables = found.tables
    blocks = [block for block in found.blocks.values() if block.recognised is not None]
    told = [
        (
            "records 记录",
            "What was found in the records: how many, what was left out or is not counted, and why.",
            "记录的检查结果：数量、剔除与未计入的情况及其原因。",
            tables["records-report"],
        ),
        (
            "recognised 识别结果",
            "How many records each class has.",
            "各类的记录数。",
            pd.concat([counted(block) for block in blocks], ignore_index=True) if blocks else pd.DataFrame(),
        ),
        (
            "recognised why 识别依据",
            f"The first {SHOWN} records of each class, and the words and codes that speak for it.",
            f"各类的前 {SHOWN} 条记录及所依据的词语与代码。",
            pd.concat([_examples(block) for block in blocks], ignore_index=True) if blocks else pd.DataFrame(),
        ),
        (
            "recognition 识别评估",
            "How recognition does on labelled records, by class, with 95 % intervals.",
            "识别结果与人工标注的比较（按类，含 95% 区间）。",
            tables.get("records-evaluation", pd.DataFrame()),
        ),
    ]
    return [_sheet(name, Text(en=en, zh=zh), table) for name, en, zh, table in told if len(table)]


def counted(block: Tallied) -> pd.DataFrame:
    """How many records each class has, classes in the taxonomy's order: block, class, name_en, name_zh, records."""
    assert block.recognised is not None
    many = block.recognised.counts
    classes = block.recognised.taxonomy.classes
    return pd.DataFrame(
        {
            "block": block.spec.name,
            "class": [own.code for own in classes],
            "name_en": [own.name.en for own in classes],
            "name_zh": [own.name.zh for own in classes],
            "records": [int(many[own.code]) for own in classes],
        }
    )


def _examples(block: Tallied) -> pd.DataFrame:
    table = block.classed
    table = table[~table["class"].isin(["none", "unread"])]
    return table[table.groupby("class").cumcount() < SHOWN].sort_values("class", kind="stable")


def _sheet(name: str, about: Text, table: pd.DataFrame) -> Sheet:
    rows = table.astype(object).where(table.notna(), None).itertuples(index=False, name=None)
    return Sheet(name, about, [HEADS[column] for column in table.columns], rows)
