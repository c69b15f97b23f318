"""From a study file to a study; everything wrong with it is reported at once."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from xinzhi.core.errors import Fault, StudyError
from xinzhi.core.results import digest
from xinzhi.data.sources import IndicatorSpec, SourceSpec
from xinzhi.data.structures import structure
from xinzhi.measure.spec import IndexSpec
from xinzhi.study.ladder.spec import IndustriesSpec, LadderChoice
from xinzhi.study.matching import settle
from xinzhi.study.measuring import load
from xinzhi.study.places import STUDY_FILE, faults_at, line_of
from xinzhi.study.records.spec import RecordsSpec
from xinzhi.study.simulation.spec import SimulateSpec
from xinzhi.study.spec import About, StructureChoice, StudySpec
from xinzhi.study.structure.dependency_spec import DependencySpec
from xinzhi.study.structure.digital_spec import DigitalSpec
from xinzhi.study.structure.spec import LinksSpec
from xinzhi.study.structure.topic_spec import EmergenceSpec


@dataclass(frozen=True)
class Study:
    """A study file that has been read: its folder, what it says, its text as it stood, and its name.

    A variant is a study file of another name beside ``study.toml``: the same data, other choices, the same ``runs/``.
    """

    folder: Path
    spec: StudySpec
    text: str
    file: str = STUDY_FILE

    @property
    def digest(self) -> str:
        """SHA-256 of the study file's text."""
        return digest(self.text)

    @property
    def index(self) -> IndexSpec:
        """The index the study builds; a structure of the catalogue is first matched to the study's data."""
        return self.spec.index if isinstance(self.spec.index, IndexSpec) else settle(self, load(self).panel).spec

    def path(self, name: str) -> Path:
        """A file of the study that is not data (its map). Raises ``StudyError`` where it leads out or is not there."""
        path = self.folder / name
        if path.resolve().is_relative_to(self.folder.resolve()) and path.is_file():
            return path
        raise StudyError(
            Fault(
                "no-such-file",
                f"'{name}' is not a file within the study folder. Put it there and name it by its path from there.",
                f"“{name}”不是研究文件夹内的文件。请将其放入该文件夹，并以相对路径命名。",
                file=self.file,
                row=line_of(["report", "map"], self.text),
                column="report.map",
            )
        )


def read_study(path: str | Path) -> Study:
    """Read a study from its folder, its ``study.toml`` or a variant. Raises ``StudyError`` with every fault found."""
    file, text = _open(Path(path))
    return study_of(text, file.parent, file.name)


def study_of(text: str, folder: Path, file: str = STUDY_FILE) -> Study:
    """The study that a study file's text describes, its data standing in ``folder``. Raises ``StudyError``."""
    said = _parsed(text, file)
    try:
        spec = StudySpec.model_validate(said)
    except ValidationError as error:
        raise StudyError(faults_at(error, text, file=file)) from None
    if isinstance(spec.index, StructureChoice):
        try:
            spec.index.on(structure(spec.index.structure))
        except ValidationError as error:
            raise StudyError(faults_at(error, text, "index", file)) from None
    return Study(folder, spec, text, file)


def readable_part(path: Path) -> Study | None:
    """What of a faulty study's data can still be read: sound sources and blocks, regions, years; nothing without any.

    A source with a fault is set aside whole, because without the faulty key it might be misread.
    """
    try:
        file, text = _open(path)
        said = _parsed(text, file.name)
    except StudyError:
        return None
    about = said.get("study")
    about = about if isinstance(about, dict) else {}
    kept = {
        key: about[key]
        for key in ("regions", "years")
        if key in about and _sound(About, {"title": "", key: about[key]})
    }
    part: dict[str, Any] = {
        "study": {"title": "", **kept},
        "source": [one for one in _list(said.get("source")) if _sound(SourceSpec, one)],
        "indicator": [one for one in _list(said.get("indicator")) if _sound(IndicatorSpec, one)],
    }
    for key, model in _BLOCKS.items():
        blocks = [one for one in _list(said.get(key)) if _sound(model, one)]
        if len({one["name"] for one in blocks} - {"fusion"}) == len(blocks):
            part[key] = blocks
    # What takes records that are set aside cannot be counted, nor can topics of links that are.
    kept_records = {one["name"] for one in part.get("records", [])}
    for key in ("links", "emergence", "industries"):
        part[key] = [one for one in part.get(key, []) if one.get("records") in (None, *kept_records)]
    named = {one["name"] for one in part["links"]}
    part["emergence"] = [one for one in part["emergence"] if one.get("links") in (None, *named)]
    if part.get("industries") and isinstance(ladder := said.get("ladder"), dict):
        # Which industries, and by what size; a threshold may be sound only beside one that is not.
        kept = {key: ladder[key] for key in _LADDER_KEYS if key in ladder and _sound(LadderChoice, {key: ladder[key]})}
        part["ladder"] = kept
    if isinstance(digital := said.get("digital"), dict):
        # Of the digital its own file; the rest names links and indicators that may be set aside.
        own = {key: digital[key] for key in ("innovation", "unknown") if key in digital}
        part["digital"] = own if _sound(DigitalSpec, own) else None
    if isinstance(simulate := said.get("simulate"), dict) and _sound(SimulateSpec, simulate):
        source = SimulateSpec.model_validate(simulate).source
        kept_blocks = {(key, one["name"]) for key in ("industries", "links") for one in part.get(key, [])}
        named_blocks = source and {("industries", source.industries), ("links", source.links)}
        if not source or {one for one in named_blocks or () if one[1]} <= kept_blocks:
            part["simulate"] = simulate
    kinds = ("source", "digital", "simulate", *_BLOCKS)
    if not any(part.get(key) for key in kinds):
        return None
    return Study(file.parent, StudySpec.model_validate(part), text, file.name)


# Blocks that can be read one by one, whatever is wrong elsewhere.
_BLOCKS: dict[str, type[BaseModel]] = {
    "records": RecordsSpec,
    "links": LinksSpec,
    "emergence": EmergenceSpec,
    "dependency": DependencySpec,
    "industries": IndustriesSpec,
}
_LADDER_KEYS = ("industries", "size", "growth")


def _sound(model: type[BaseModel], given: Any) -> bool:
    try:
        model.model_validate(given)
    except ValidationError:
        return False
    return True


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []


def _open(path: Path) -> tuple[Path, str]:
    """The study file that a path means, and its text."""
    file = path / STUDY_FILE if path.is_dir() else path
    if not file.is_file():
        raise StudyError(
            Fault(
                "no-study",
                f"no study here: {file} is not a file. Give a folder with a {STUDY_FILE}; `xinzhi new NAME` makes one.",
                f"此处没有研究：{file} 不是文件。请给出含有 {STUDY_FILE} 的文件夹；可用 `xinzhi new 名称` 新建。",
            )
        )
    try:
        # A byte-order mark is what Windows Notepad puts in front.
        return file, file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise StudyError(
            Fault(
                "not-utf8",
                "the study file is not UTF-8. Save it again with encoding UTF-8.",
                "研究文件不是 UTF-8 编码。请以 UTF-8 编码重新保存。",
                file=file.name,
                row=line,
            )
        ) from None
    except OSError as error:
        raise StudyError(
            Fault(
                "cannot-read",
                f"the study file cannot be read ({error.strerror}). Check its permissions.",
                f"无法读取研究文件（{error.strerror}）。请检查文件权限。",
                file=file.name,
            )
        ) from None


def _parsed(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        said = re.sub(r" \(at .*\)$", "", str(error))
        raise StudyError(
            Fault(
                "not-toml",
                f"this is not TOML: {said}" + (f" (character {found[2]})" if found else "") + ". Mend this line.",
                f"不符合 TOML 语法：{said}" + (f"（第 {found[2]} 个字符）" if found else "") + "。请更正此行。",
                file=file,
                row=int(found[1]) if found else text.count("\n") + 1,
            )
        ) from None
