"""Variants: an index under other choices, and the study file that says them beside the one it came from."""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, Field, ValidationError

from xinzhi.core.errors import Fault, StudyError
from xinzhi.core.labels import Panel
from xinzhi.core.specs import Spec, Text, faults_of
from xinzhi.measure.composite import measure
from xinzhi.measure.spec import Aggregate, Choice, IndexSpec, Normalise, Weigh
from xinzhi.study.matching import settle
from xinzhi.study.places import STUDY_FILE
from xinzhi.study.reading import Study, study_of
from xinzhi.study.rewriting import fragment, rewritten
from xinzhi.study.spec import StructureChoice
from xinzhi.study.vary.plan import completed

CHANGES = "changes"
# No share and no per cent is larger; sums of larger numbers leave what a float can hold.
_HEAVIEST = 1e6


def _as_list(given: Any) -> Any:
    return [given] if isinstance(given, (str, dict)) else given


class Changes(Spec):
    """What an index should do otherwise: stated weights by code, and the methods of three steps.

    ``weights`` name whole families: every child of a parent. ``weigh`` and ``aggregate`` take the place of the study's
    whole lists; what a method leaves unsaid (its scope, and the options where it is the study's own) stays.
    """

    weights: dict[str, Annotated[float, Field(ge=0, le=_HEAVIEST)]] = Field(default_factory=dict)
    normalise: Normalise | None = None
    weigh: Annotated[tuple[Weigh, ...] | None, BeforeValidator(_as_list)] = Field(default=None, min_length=1)
    aggregate: Annotated[tuple[Aggregate, ...] | None, BeforeValidator(_as_list)] = Field(default=None, min_length=1)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Changes:
        """The changes from plain data. Raises ``StudyError`` with every fault, its place from ``changes`` on."""
        try:
            return cls.model_validate(dict(said))
        except ValidationError as error:
            raise StudyError(_placed(faults_of(error))) from None


@dataclass(frozen=True)
class Changed:
    """An index under changes, and what a study file has to say for it: keys of ``[index]``, and weights by code."""

    spec: IndexSpec
    said: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)

    @property
    def nothing(self) -> bool:
        """Whether the index is what it was."""
        return not (self.said or self.weights)

    @property
    def toml(self) -> str:
        """What the study file says of it under ``[index]``, as TOML."""
        return fragment(self.said | ({"weights": self.weights} if self.weights else {}))


def changed(spec: IndexSpec, panel: Panel, changes: Changes) -> Changed:
    """An index under changes.

    Stated weights come on top of the other choices: the level of a family that is named becomes ``given``, and the
    other families of that level keep the weights that the other choices give them, which are measured for it. Raises
    ``StudyError`` with faults placed from ``changes`` on, ``MethodError`` where the other choices cannot be measured.
    """
    other = _with_methods(spec, changes)
    made = _with_weights(other, panel, changes.weights) if changes.weights else other
    steps = ("normalise", "weigh", "aggregate")
    said = {step: in_a_file(getattr(made, step)) for step in steps if getattr(made, step) != getattr(spec, step)}
    pairs = zip((*made.elements, *made.indicators), (*spec.elements, *spec.indicators), strict=True)
    return Changed(made, said, {now.code: now.weight for now, then in pairs if now.weight != then.weight})


def in_a_file(choice: Choice | tuple[Choice, ...]) -> Any:
    """A choice as a study file says it: a method's name alone, or a table; without what is usual."""
    if isinstance(choice, tuple):
        told = [in_a_file(one) for one in choice]
        return told[0] if len(told) == 1 else told
    table = in_full(choice)
    return table["method"] if len(table) == 1 else table


def in_full(choice: Choice) -> dict[str, Any]:
    """A choice as a table of plain data: the method, its options beside it, and what is not usual."""
    said = choice.model_dump(mode="json", exclude_defaults=True)
    options = said.pop("options", {})
    if "only" in said:
        said["only"] = {code: in_a_file(one) for code, one in choice.only.items()}  # type: ignore[attr-defined]
    level = {"level": said.pop("level")} if "level" in said else {}
    full: dict[str, Any] = {"method": said.pop("method")} | level | options | said
    return full


def _with_methods(spec: IndexSpec, changes: Changes) -> IndexSpec:
    said: dict[str, Any] = {}
    if changes.normalise is not None:
        said["normalise"] = completed(changes.normalise, spec.normalise)
    if changes.weigh is not None:
        said["weigh"] = tuple(completed(one, spec.weighing(one.level or 1)) for one in changes.weigh)
    if changes.aggregate is not None:
        said["aggregate"] = tuple(completed(one, spec.aggregating(one.level or 2)) for one in changes.aggregate)
    return _checked(spec, said)


def _checked(spec: IndexSpec, said: Mapping[str, Any]) -> IndexSpec:
    try:
        return IndexSpec.model_validate({name: getattr(spec, name) for name in IndexSpec.model_fields} | dict(said))
    except ValidationError as error:
        raise StudyError(_placed(faults_of(error))) from None


def _placed(faults: Iterable[Fault]) -> Iterable[Fault]:
    for fault in faults:
        known = {"weights-do-not-add-up": "weights", "weights-all-zero": "weights"}
        place = fault.column or known.get(fault.code, "")
        yield replace(fault, column=f"{CHANGES}.{place}" if place else CHANGES)


# --- Stated weights -------------------------------------------------------------------------------------------


def _with_weights(spec: IndexSpec, panel: Panel, stated: Mapping[str, float]) -> IndexSpec:
    tree = spec.tree
    if stray := sorted(stated.keys() - set(tree.codes[:-1])):
        raise _refused(
            "unknown-node",
            f"weights name {', '.join(stray)}, which the index does not have below its top.",
            f"权重列出了指数之下没有的 {'、'.join(stray)}。",
        )
    parent = {node.code: node.parent for node in tree.nodes}
    named = {parent[code] for code in stated}
    if left := [node.code for node in tree.nodes if node.parent in named and node.code not in stated]:
        raise _refused(
            "weights-of-part",
            f"weights are stated for some of a family and not for the rest: {', '.join(left)}. State them too.",
            f"同一上级之下只有部分下级给出了权重，尚缺：{'、'.join(left)}。请一并给出。",
        )
    flat = any(choice.flat for choice in spec.weigh)
    stated_at = {_level(spec, tree.position(code)) for code in named if code}
    new = {at for at in range(1, tree.height) if flat or (at in stated_at and spec.weighing(at).method != "given")}
    frozen = dict(stated)
    if new:
        families = [family for family in tree.families if _level(spec, family.parent) in new]
        others = [tree.codes[at] for family in families for at in family.children if tree.codes[at] not in stated]
        frozen |= _found(spec, panel, others)
    told: dict[str, Any] = {
        kind: tuple(one.model_copy(update={"weight": frozen.get(one.code, one.weight)}) for one in getattr(spec, kind))
        for kind in ("elements", "indicators")
    }
    return _checked(spec, told | {"weigh": _given(spec, new)})


def _level(spec: IndexSpec, parent: int) -> int:
    """The level whose choice of weights holds for a parent's children."""
    return int(spec.tree.levels[parent]) - 1


def _given(spec: IndexSpec, levels: set[int]) -> tuple[Weigh, ...]:
    """The choices of weights where those of some levels are stated: the others keep theirs."""
    if levels == set(range(1, spec.tree.height)):
        return (Weigh(method="given"),)
    kept = tuple(one for one in spec.weigh if one.level not in levels)
    return tuple(Weigh(method="given", level=level) for level in sorted(levels)) + kept


def _found(spec: IndexSpec, panel: Panel, codes: list[str]) -> dict[str, float]:
    """The weights that the index itself gives some nodes, where the same ones hold in every year."""
    if spec.weighing(1).options.get("in_score"):
        raise _refused(
            "weights-in-score",
            "the zero rule of these weights enters the score too (in_score), so the weights alone cannot be stated. "
            "Choose another weighting for the indicators as well.",
            "所用赋权方法的零值处理同时进入得分（in_score），不能只改权重。请同时更换指标层的赋权方法。",
        )
    if not codes:
        return {}
    shares, tree = np.atleast_2d(measure(panel, spec).stages.weights), spec.tree
    if moving := [code for code in codes if np.ptp(shares[:, tree.position(code)]) > 0]:
        raise _refused(
            "weights-change-by-year",
            f"these weights change by the year, so they cannot stand beside stated ones: {', '.join(moving)}. State "
            "them too, or pool the years of the weighting.",
            f"以下权重逐年变化，无法与指定权重并用：{'、'.join(moving)}。请一并指定，或让赋权方法合并各年。",
        )
    return {code: float(shares[0, tree.position(code)]) for code in codes}


def _refused(code: str, en: str, zh: str, place: str = f"{CHANGES}.weights") -> StudyError:
    return StudyError(Fault(code, en, zh, column=place))


# --- The study file of a variant ------------------------------------------------------------------------------


def variant(study: Study, panel: Panel, changes: Changes, *, name: str, title: Text | None = None) -> Study:
    """The study under changes, as a file ``NAME.toml`` that stands beside the one it came from; nothing is written.

    The text is the old one with the changed settings in their place, its comments and order kept, under a comment that
    names where it came from. Its title is the study's with the name behind it unless one is given. Raises
    ``StudyError`` where the name will not do, nothing changes, or the changed study cannot be read.
    """
    file = f"{checked_name(name)}.toml"
    settled = settle(study, panel)
    made = changed(settled.spec, panel, changes)
    if made.nothing:
        raise _refused(
            "nothing-changes",
            "the changes leave the index as it is, so there is no variant to keep. Change something first.",
            "所作改动与原指数完全相同，无需另存方案。请先作出改动。",
            CHANGES,
        )
    own = study.spec.title
    title = title or Text(en=f"{own.en} · {name}", zh=f"{own.zh} · {name}")
    text = rewritten(
        study.text,
        index=made.said,
        weights=_in_place(study, made),
        beside_the_tree=isinstance(study.spec.index, StructureChoice),
        title=title,
        header=_header(study, made),
    )
    new = study_of(text, study.folder, file)
    if (read := settle(new, panel).spec) != made.spec:
        raise AssertionError(f"the variant's file says another index: {read!r}")
    return new


def write_variant(study: Study) -> Path:
    """Write a variant's file beside ``study.toml``, whole or not at all, never over another. Raises ``StudyError``."""
    place = study.folder / study.file
    taken = {_folded(path.name) for path in study.folder.iterdir()}
    if _folded(study.file) in taken:
        raise _taken(study.file)
    try:
        handle, draft = tempfile.mkstemp(prefix=".making-", suffix=".toml", dir=study.folder)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
                stream.write(study.text)
                stream.flush()
                os.fsync(stream.fileno())
            _put_new(Path(draft), place)
        finally:
            Path(draft).unlink(missing_ok=True)
    except FileExistsError:
        raise _taken(study.file) from None
    except OSError as error:
        said = os.strerror(error.errno or 0)
        raise StudyError(
            Fault(
                "cannot-write",
                f"the variant cannot be written ({said}). Check that you may write in the study folder.",
                f"无法写入方案文件（{said}）。请确认您对研究文件夹有写入权限。",
                file=study.file,
            )
        ) from None
    return place


def _put_new(draft: Path, place: Path) -> None:
    """Give a finished file its name, which nobody may have."""
    Path(draft).chmod(0o644)
    if os.name == "nt":
        draft.rename(place)  # there, renaming refuses a name that is taken
        return
    try:
        os.link(draft, place)
    except FileExistsError:
        raise
    except OSError:  # a disk without links: the name itself is the lock
        with place.open("xb") as stream:
            try:
                stream.write(draft.read_bytes())
                stream.flush()
            except OSError:  # half a file is none
                place.unlink(missing_ok=True)
                raise


def _taken(file: str) -> StudyError:
    return StudyError(
        Fault(
            "variant-exists",
            f"{file} is already there and is left as it is. Give the variant another name.",
            f"{file} 已经存在，未作任何改动。请为方案另取名称。",
            column="name",
        )
    )


# What Windows keeps for devices, whatever comes behind a dot.
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
_LONGEST = 60


def checked_name(name: str) -> str:
    """The name of a variant, fit for a file on any system. Raises ``StudyError``."""
    name = unicodedata.normalize("NFC", name)
    kinds = {unicodedata.category(sign) for sign in name if sign not in "-_"}
    sound = (
        all(kind == "Nd" or kind[0] == "L" for kind in kinds)
        and re.fullmatch(r"[^\W_][\w-]*", name)
        and len(name) <= _LONGEST
    )
    taken = _folded(name) in _RESERVED | {_folded(Path(STUDY_FILE).stem)}
    if sound and not taken:
        return name
    raise StudyError(
        Fault(
            "bad-name",
            f"a variant's name has letters (Chinese too), digits, - and _, begins with a letter or digit, is at most "
            f"{_LONGEST} long and is neither 'study' nor a name that Windows keeps for itself.",
            f"方案名称可用汉字、字母、数字、- 与 _，须以字母、汉字或数字开头，至多 {_LONGEST} 个字符，"
            "且不得为“study”或 Windows 的保留名称。",
            column="name",
        )
    )


def _folded(name: str) -> str:
    """A name as disks that do not tell capitals from small letters compare it."""
    return unicodedata.normalize("NFC", name).casefold()


def _in_place(study: Study, made: Changed) -> dict[str, float]:
    """The weights that the file has to state: whole families where it states them beside a tree of the catalogue."""
    choice = study.spec.index
    if not (isinstance(choice, StructureChoice) and (made.weights or choice.weights)):
        return made.weights
    nodes = made.spec.tree.nodes
    parents = {node.parent for node in nodes if node.code in made.weights or node.code in choice.weights}
    return {node.code: node.weight for node in nodes if node.parent in parents and node.parent is not None}


def _header(study: Study, made: Changed) -> str:
    names = [*made.said, *(["weights"] if made.weights else [])]
    return (
        f"# 由 {study.file}（SHA-256 {study.digest[:12]}…）派生的方案；改动：{'、'.join(names)}。\n"
        f"# A variant of {study.file} (SHA-256 {study.digest[:12]}…); changed: {', '.join(names)}.\n"
    )
