"""What if: a run's index under other weights and methods, measured on its data while somebody waits."""

from __future__ import annotations

import json
import re
import time
import types
import typing
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from xinzhi.core.errors import Fault, StudyError, XinzhiError
from xinzhi.web.answers import REFUSED, FaultSaid, Refused, RunId, StudyId, encoded, shortened
from xinzhi.web.describing import Words
from xinzhi.web.grounds import Ground, Grounds
from xinzhi.web.shelf import RunOnShelf, Shelf

if TYPE_CHECKING:
    from xinzhi.core.labels import Floats
    from xinzhi.measure.result import Index
    from xinzhi.measure.spec import Choice, IndexSpec
    from xinzhi.study.variants import Changes

# More cells than this are taken as a table of a run, not by every move of a slider.
_MOST_CELLS = 2_000_000
# No study file nests deeper; what does would only exhaust those who look at it.
_DEEPEST = 12
# Nor is any number in it larger; powers of such would leave what a float can hold.
_LARGEST = 1e100
# So many of what is not known are named.
_NAMED = 10

Said = str | dict[str, Any]


class ChangesAsked(BaseModel):
    """What an index should do otherwise: weights by code, and methods as a study file says them."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    weights: dict[str, float] = Field(default_factory=dict, max_length=10_000)
    normalise: Said | None = None
    weigh: Said | list[Said] | None = None
    aggregate: Said | list[Said] | None = None

    def changes(self) -> Changes:
        """The changes themselves. Raises ``StudyError``."""
        from xinzhi.study.variants import CHANGES, Changes

        said = {name: getattr(self, name) for name in ChangesAsked.model_fields}
        for name, value in said.items():
            refuse_broken(value, f"{CHANGES}.{name}")
            if _deep(value):
                raise StudyError(
                    Fault(
                        "too-deep",
                        f"this is nested more than {_DEEPEST} times; no method takes such.",
                        f"嵌套超过 {_DEEPEST} 层，没有方法接受此类设置。",
                        column=f"{CHANGES}.{name}",
                    )
                )
            if _boundless(value):
                raise StudyError(
                    Fault(
                        "no-such-number",
                        f"this holds a number beyond {_LARGEST:g}, or one that is none. Send a finite one.",
                        f"其中含有绝对值超过 {_LARGEST:g} 的数或非有限数值。请发送有限数值。",
                        column=f"{CHANGES}.{name}",
                    )
                )
        return Changes.of({name: value for name, value in said.items() if value is not None})


class WhatIf(ChangesAsked):
    """A question: the changes, and of what to tell scores (the index alone) and of which years (all)."""

    of: list[str] = Field(default_factory=list, max_length=10_000)
    years: list[int] = Field(default_factory=list, max_length=1_000)


class Answered(BaseModel):
    """Scores and ranks, [region][year][of], null where there is none, with the weights and what a study file says."""

    study: str
    run: str
    regions: list[str]
    years: list[int]
    of: list[str]
    scores: list[list[list[float | None]]]
    ranks: list[list[list[int | None]]]
    weights: dict[str, float | list[float]]
    faults: list[FaultSaid]
    toml: str
    ms: float


class OptionTold(BaseModel):
    """An option of a method: what kind of value it takes."""

    name: str
    kind: Literal["number", "integer", "choice", "switch", "range", "text", "other"]
    required: bool
    default: Any
    choices: list[str] | None = None
    nullable: bool = False


class MethodTold(BaseModel):
    """A method that may be chosen."""

    name: str
    title: Words
    summary: str
    cite: str
    formula: str
    scopes: list[str]
    options: list[OptionTold]


class NodeTold(BaseModel):
    """A node of the index's tree."""

    code: str
    parent: str | None
    level: int
    leaf: bool
    name: Words


class ChoicesTold(BaseModel):
    """What may be chosen for a run's index, and what its study chose."""

    study: str
    run: str
    available: bool
    faults: list[FaultSaid]
    normalise: list[MethodTold]
    weigh: list[MethodTold]
    aggregate: list[MethodTold]
    now: dict[str, Any]
    years: list[int]
    regions: list[str]
    levels: int
    nodes: list[NodeTold]


def routes(shelf: Shelf, grounds: Grounds) -> APIRouter:
    """The addresses of what-if, below those of a run."""
    router = APIRouter(tags=["what-if"], responses=REFUSED)

    @router.get("/studies/{study}/runs/{run}/what-if/choices", response_model=ChoicesTold)
    async def choices(study: StudyId, run: RunId) -> Response:
        """The methods that may be chosen for the index of a run, and those it was made by."""
        return await grounds.in_turn(lambda: _json(offered(shelf.run(study, run), grounds)))

    @router.post("/studies/{study}/runs/{run}/what-if", response_model=Answered)
    async def what_if(study: StudyId, run: RunId, asked: WhatIf) -> Response:
        """The scores and ranks that the index of a run would have under changes. Nothing is written."""

        def answer() -> Response:
            found = shelf.run(study, run)
            return _json({"study": found.study, "run": found.id} | answered(grounds.of(found), asked))

        return await grounds.in_turn(answer)

    return router


def answered(ground: Ground, asked: WhatIf) -> dict[str, Any]:
    """The index of a run under changes, measured as the library measures. Raises ``StudyError``,
    ``MethodError``, ``Refused``."""
    from xinzhi.measure.composite import measure
    from xinzhi.measure.result import ranked
    from xinzhi.study.variants import changed

    started = time.perf_counter()
    made = changed(ground.spec, ground.panel, asked.changes())
    index = measure(ground.panel, made.spec)
    nodes, years = _nodes(index, asked.of), _years(index, asked.years)
    scores = index.stages.scores[:, :, nodes][years].transpose(1, 0, 2)  # region, year, node
    if scores.size > _MOST_CELLS:
        raise Refused(422, _too_large(scores.size))
    tree, weights = index.tree, index.stages.weights
    by_node = weights if weights.ndim == 1 else weights[years].T
    return {
        "regions": [str(code) for code in index.regions],
        "years": [int(index.times[at]) for at in years],
        "of": [tree.codes[at] for at in nodes],
        "scores": _listed(scores),
        "ranks": _listed(ranked(scores)),
        "weights": dict(zip(tree.codes[:-1], by_node.tolist(), strict=False)),
        "faults": [fault.to_dict() for fault in index.omitted],
        "toml": made.toml,
        "ms": round(1e3 * (time.perf_counter() - started), 2),
    }


def _nodes(index: Index, codes: list[str]) -> list[int]:
    tree = index.tree
    known = {code: at for at, code in enumerate(tree.codes)}
    if stray := sorted(set(codes) - known.keys()):
        said = [shortened(code) for code in stray[:_NAMED]]
        raise StudyError(
            Fault(
                "unknown-node",
                f"the index has no {', '.join(said)}.",
                f"指数中没有 {'、'.join(said)}。",
                column="of",
            )
        )
    return [known[code] for code in dict.fromkeys(codes)] or [len(tree.codes) - 1]


def _years(index: Index, years: list[int]) -> list[int]:
    known = {int(year): at for at, year in enumerate(index.times)}
    if stray := sorted(set(years) - known.keys()):
        said = [str(year)[:20] for year in stray[:_NAMED]]
        raise StudyError(
            Fault(
                "unknown-time",
                f"the index has no {', '.join(said)}; it has {index.times[0]}-{index.times[-1]}.",
                f"指数没有 {'、'.join(said)} 年；现有 {index.times[0]}—{index.times[-1]} 年。",
                column="years",
            )
        )
    return [known[year] for year in dict.fromkeys(years)] or list(known.values())


def _listed(cells: Floats) -> Any:
    """Cells as nested lists, null where there is none."""
    plain = cells.astype(object)
    plain[~np.isfinite(cells)] = None
    return plain.tolist()


def refuse_broken(value: Any, place: str) -> None:
    """Refuse half a character, which JSON may escape; of it nothing can be written. Raises ``StudyError``."""
    if "\\ud" in json.dumps(value) and re.search("[\ud800-\udfff]", json.dumps(value, ensure_ascii=False)):
        raise StudyError(
            Fault(
                "not-text",
                "this holds half a character (a lone surrogate), which is no text. Send whole characters.",
                "其中含有不完整的字符（孤立的代理项），不是有效文本。请发送完整字符。",
                column=place,
            )
        )


def _deep(value: Any, left: int = _DEEPEST) -> bool:
    return left == 0 or any(_deep(one, left - 1) for one in _inner(value))


def _boundless(value: Any) -> bool:
    """Whether a number in it is larger than any method takes; what is not a number (``nan``) compares with none."""
    return (isinstance(value, (int, float)) and not abs(value) <= _LARGEST) or any(map(_boundless, _inner(value)))


def _inner(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _too_large(cells: int) -> Fault:
    return Fault(
        "too-large",
        f"{cells} scores are asked for, more than {_MOST_CELLS}. Ask for fewer elements or years.",
        f"所求得分共 {cells} 个，超过 {_MOST_CELLS} 个。请减少要素或年份。",
        column="of",
    )


# --- What may be chosen -----------------------------------------------------------------------------------------


def offered(run: RunOnShelf, grounds: Grounds) -> dict[str, Any]:
    """A ``ChoicesTold``. Raises ``Refused`` where the run has no index that can be read."""
    told = {"study": run.study, "run": run.id} | _choices(grounds.spec(run))
    try:
        panel = grounds.of(run).panel
    except XinzhiError as error:  # the choices are still worth seeing, and the page says why they cannot be made
        faults = [fault.to_dict() for fault in error.faults]
        return told | {"available": False, "faults": faults, "years": [], "regions": []}
    places = {
        "years": [int(year) for year in panel["time"].values],
        "regions": list(map(str, panel["region"].values)),
    }
    return told | {"available": True, "faults": []} | places


def _choices(spec: IndexSpec) -> dict[str, Any]:
    from xinzhi.measure.spec import Aggregate, Normalise, Weigh
    from xinzhi.study.variants import in_full

    tree = spec.tree
    return {
        "normalise": _methods(Normalise),
        "weigh": _methods(Weigh),
        "aggregate": _methods(Aggregate),
        "now": {
            "normalise": in_full(spec.normalise),
            "weigh": [in_full(one) for one in spec.weigh],
            "aggregate": [in_full(one) for one in spec.aggregate],
        },
        "levels": tree.height,
        "nodes": [
            {
                "code": node.code,
                "parent": node.parent,
                "level": int(level),
                "leaf": at < tree.n_indicators,
                "name": node.label.model_dump(),
            }
            for at, (node, level) in enumerate(zip(tree.nodes, tree.levels, strict=True))
        ],
    }


def _methods(step: type[Choice]) -> list[dict[str, Any]]:
    from xinzhi.study.methods import members

    kinds = str(step.model_fields["scope"].annotation)
    scopes = ["pooled", "year"] + (["period"] if "tuple" in kinds else [])
    return [
        {
            "name": method.name,
            "title": {"en": method.name.replace("-", " "), "zh": method.zh},
            "summary": method.summary,
            "cite": method.cite,
            "formula": method.formula,
            "scopes": scopes,
            "options": [_option(name, field) for name, field in method.options.model_fields.items()],
        }
        for method in members(step.family)
    ]


def _option(name: str, field: FieldInfo) -> dict[str, Any]:
    kind, nullable = field.annotation, False
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        parts = typing.get_args(kind)
        nullable = type(None) in parts
        rest = [part for part in parts if part is not type(None)]
        kind = rest[0] if len(rest) == 1 else object
    told = {"name": name, "required": field.is_required(), "nullable": nullable}
    told |= {"kind": _kind(kind), "default": None if field.is_required() else field.default}
    return told | ({"choices": list(typing.get_args(kind))} if told["kind"] == "choice" else {})


def _kind(annotation: Any) -> str:
    if typing.get_origin(annotation) is Literal:
        return "choice"
    if typing.get_origin(annotation) is tuple and set(typing.get_args(annotation)) == {float}:
        return "range"
    plain = {bool: "switch", int: "integer", float: "number", str: "text"}
    return plain.get(annotation, "other")


def _json(told: Any) -> Response:
    return Response(encoded(told), media_type="application/json")
