"""Write ``docs/reference/methods.md`` from the method families; a test checks that the page is current.

Run it as ``python docs/make_reference.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic.fields import FieldInfo

from xinzhi.core.methods import FAMILIES, Family, Method
from xinzhi.study.methods import described, members

PAGE = Path(__file__).parent / "reference" / "methods.md"

# The key of a study file that takes a method of the family: those of `[index]` in the order of the steps, then others.
STEPS = {
    "imputation": "impute",
    "treatment": "treat",
    "normalisation": "normalise",
    "weighting": "weigh",
    "aggregation": "aggregate",
    "statistic": "[[follow]], [[claim]]",
}


def methods_page() -> str:
    """The whole page as Markdown."""
    return "\n".join(_lines()) + "\n"


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


def _options(method: Method) -> str:
    return "<br>".join(_option(name, field) for name, field in method.options.model_fields.items())


def _option(name: str, field: FieldInfo) -> str:
    if field.is_required():
        return f"`{name}` (needed)"
    if field.default is None:
        return f"`{name}`"
    return f"`{name} = {json.dumps(field.default, ensure_ascii=False, default=str)}`"


if __name__ == "__main__":
    PAGE.write_text(methods_page(), encoding="utf-8", newline="\n")
