"""Write the pages of ``docs/reference`` that the package itself can tell; a test checks that they are current.

``methods.md`` comes from the method families, ``taxonomies.md`` and its Chinese page from the catalogue, ``model.md``
and its Chinese page from the levers, shocks and knobs of the living model.

Run it as ``python docs/make_reference.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic.fields import FieldInfo

from xinzhi.core.errors import Language
from xinzhi.core.methods import FAMILIES, Family, Method
from xinzhi.data.taxonomies import Class, Taxonomy, taxonomies
from xinzhi.report.documents.words import say
from xinzhi.report.simulated_proof import unit
from xinzhi.simulate.equations import EVENTS
from xinzhi.simulate.knobs import KNOBS
from xinzhi.simulate.policy import LEVERS, SHOCKS
from xinzhi.study.methods import described, members

FOLDER = Path(__file__).parent / "reference"

# The key of a study file that takes a method of the family: those of `[index]` in the order of the steps, then others.
STEPS = {
    "imputation": "impute",
    "treatment": "treat",
    "normalisation": "normalise",
    "weighting": "weigh",
    "aggregation": "aggregate",
    "statistic": "[[follow]], [[claim]]",
}


def pages() -> dict[Path, str]:
    """The whole pages as Markdown, by the file they go to."""
    made = {"methods.md": _lines(), "taxonomies.md": _taxonomies("en"), "taxonomies.zh.md": _taxonomies("zh")}
    made |= {"model.md": _model("en"), "model.zh.md": _model("zh")}
    return {FOLDER / name: "\n".join(lines) + "\n" for name, lines in made.items()}


def _lines() -> Iterator[str]:
    described()  # fills the families
    yield "# Methods"
    yield ""
    yield "Made by `docs/make_reference.py` from the methods themselves; `xinzhi methods` prints the same. Options"
    yield 'stand beside the method in a study file: `normalise = { method = "min-max", to = [0, 100] }`. In Python a'
    yield "function of the shape given under each heading is accepted wherever a name is. Headings without a key are of"
    yield "`xinzhi.dynamics` and `xinzhi.structure`, which are used from Python."
    for name in (*STEPS, *sorted(FAMILIES.keys() - STEPS.keys())):
        yield from _family(FAMILIES[name])
    yield ""
    yield "## Notation"
    yield ""
    yield say("en", "notationIndex")


def _family(family: Family) -> Iterator[str]:
    yield ""
    step = f": `{STEPS[family.name]}`" if family.name in STEPS else ""
    yield f"## {family.name.capitalize()} {family.zh}{step}"
    yield ""
    yield f"`{family.about}`"
    yield ""
    yield "| method | 方法 | what it does | options | source |"
    yield "|---|---|---|---|---|"
    for method in members(family):
        cells = (f"`{method.name}`", method.zh, method.summary, _options(method), method.cite)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    told = [method for method in members(family) if method.formula]
    if told:
        yield ""
        yield "What they compute, in the notation below:"
        yield ""
        yield from (f"- `{method.name}`: $`{method.formula}`$" for method in told)


def _options(method: Method) -> str:
    return "<br>".join(_option(name, field) for name, field in method.options.model_fields.items())


def _option(name: str, field: FieldInfo) -> str:
    if field.is_required():
        return f"`{name}` (needed)"
    if field.default is None:
        return f"`{name}`"
    return f"`{name} = {json.dumps(field.default, ensure_ascii=False, default=str)}`"


# --- Taxonomies -------------------------------------------------------------------------------------------------

SAID = {
    "en": (
        "# Taxonomies\n\n[中文](taxonomies.zh.md)",
        "Lists of industries and technologies that records can be assigned to, and where each comes from. `xinzhi "
        "taxonomies` prints the same; in Python `xz.taxonomy(name)` gives one with its words and codes. The ids are of "
        "the paper's systems, mechanisms and claims, the lines those of its text. Words of recognition are ours "
        "throughout. Codes are ours too, except where a classification has its own. Made by `docs/make_reference.py`.",
        "| name | what it is | classes | ids | lines | date | source |",
        "| class | name | count | phrases en, zh | codes |",
        "Names as the source has them: {}.",
    ),
    "zh": (
        "# 分类\n\n[English](taxonomies.md)",
        "记录可归入的产业与技术清单及其出处。`xinzhi taxonomies` 输出相同内容；在 Python 中用 `xz.taxonomy(name)` "
        "取得某一分类及其词语和代码。编号为论文所述体系、机理与论断的编号，行号为论文文本的行号。识别用词语均为本项目"
        "所拟；代码除分类自身所有者外亦为本项目所拟。本页由 `docs/make_reference.py` 生成。",
        "| 名称 | 内容 | 类数 | 编号 | 行号 | 日期 | 出处 |",
        "| 类 | 名称 | 数量 | 词语（英、中） | 代码 |",
        "来源原文语言：{}。",
    ),
}
LANGUAGES = {"en": {"en": "English", "zh": "Chinese"}, "zh": {"en": "英文", "zh": "中文"}}


def _taxonomies(language: Language) -> Iterator[str]:
    title, about, head, _, _ = SAID[language]
    yield title
    yield ""
    yield about
    yield ""
    yield head
    yield "|---|---|---|---|---|---|---|"
    for one in taxonomies().values():
        cells = (
            f"[`{one.code}`](#{one.code})",
            one.title[language],
            str(len(one.classes)),
            ", ".join(one.ideas),
            one.lines or "",
            one.date or "",
            one.source[language],
        )
        yield "| " + " | ".join(cells) + " |"
    for one in taxonomies().values():
        yield from _taxonomy(one, language)


_MODEL: dict[Language, tuple[str, ...]] = {
    "en": (
        "# Levers, shocks and knobs of the living model",
        "[中文](model.zh.md)",
        "Made by `docs/make_reference.py` from the model itself. How they are put into a study file is told in "
        "[the study file](study-file.md).",
        "## Levers",
        "What a policy does with money. Paper: numbers of the system that the levers come from.",
        "| lever | what it is | what its money buys | what limits it | paper |",
        "## Shocks",
        "What happens to a world and costs its policy nothing; a size lies between 0 and 1.",
        "| shock | what its size is |",
        "## Knobs",
        'Every number that the story is told with. A source that reads "assumed" means that nobody knows the value: '
        "its range is what a study should explore, and results that hang on it are scenarios.",
        "| knob | what it is | unit | range | usual | source |",
    ),
    "zh": (
        "# 模型的政策工具、冲击与参数",
        "[English](model.md)",
        "由 `docs/make_reference.py` 根据模型本身生成。写入研究文件的方法见[研究文件](study-file.zh.md)。",
        "## 政策工具",
        "政策用资金做什么。“体系编号”为相应机制在论文体系中的编号。",
        "| 工具 | 名称 | 资金的用途 | 受何限制 | 体系编号 |",
        "## 冲击",
        "发生于世界而不耗费政策资金；强度在 0 与 1 之间。",
        "| 冲击 | 强度的含义 |",
        "## 参数",
        "模型所用的全部数值。出处为“assumed”者，其值无人确知：研究应在其范围内探索，依赖它的结果仅为情景。",
        "| 参数 | 含义 | 单位 | 范围 | 通常值 | 出处 |",
    ),
}


def _model(language: Language) -> Iterator[str]:
    said = _MODEL[language]
    zh = language == "zh"
    levers = [
        (f"`{one.name}`", one.zh, one.says_zh, one.binds_zh, " ".join(one.ids))
        if zh
        else (f"`{one.name}`", one.en, one.says_en, one.binds_en, " ".join(one.ids))
        for one in LEVERS.values()
    ]
    shocks = [(f"`{name}`", words[zh]) for name, words in SHOCKS.items()]
    for line in said[:3]:
        yield from (line, "")
    yield from _table(said[3:6], levers)
    yield from _table(said[6:9], shocks)
    yield from (said[9], "", said[10])
    for event in dict.fromkeys(one.event for one in KNOBS.values()):
        title = EVENTS[event][language]
        yield from ("", f"### {title[0].upper()}{title[1:]}", "", said[11], _rule(said[11]))
        for one in (knob for knob in KNOBS.values() if knob.event == event):
            what, measured = (one.zh, unit(one.unit)["zh"]) if zh else (one.en, unit(one.unit)["en"])
            span = f"{one.low:g}–{one.high:g}"
            cells = (f"`{one.name}`", what, measured, span, f"{one.default:g}", one.source)
            yield "| " + " | ".join(cells) + " |"


def _table(said: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    title, about, head = said
    yield from (title, "", about, "", head, _rule(head))
    yield from ("| " + " | ".join(row) + " |" for row in rows)
    yield ""


def _rule(head: str) -> str:
    return "|" + "---|" * (head.count("|") - 1)


def _taxonomy(taxonomy: Taxonomy, language: Language) -> Iterator[str]:
    _, _, _, head, wording = SAID[language]
    said = wording.format(
        ("、" if language == "zh" else ", ").join(LANGUAGES[language][one] for one in taxonomy.wording)
    )
    notes = (taxonomy.about, taxonomy.note, taxonomy.mapping)
    yield ""
    yield f"## {taxonomy.code}"
    yield ""
    yield (" " if language == "en" else "").join([*(text[language] for text in notes if text), said])
    yield ""
    yield head
    yield "|---|---|---|---|---|"
    for own in taxonomy.classes:
        yield _class(own, len(taxonomy.lineage(own.code)) - 1)


def _class(own: Class, depth: int) -> str:
    names = own.name.en if own.name.zh == own.name.en else f"{own.name.en} {own.name.zh}"
    words = f"{len(own.words.en)}, {len(own.words.zh)}" if own.words else ""
    codes = "; ".join(f"{scheme} `{' '.join(patterns)}`" for scheme, patterns in own.codes.items())
    cells = ("· " * depth + f"`{own.code}`", names, "" if own.count is None else str(own.count), words, codes)
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text, encoding="utf-8", newline="\n")
