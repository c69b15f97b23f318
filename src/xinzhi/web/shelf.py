"""The studies and runs that are on disk: found anew when folders change, looked up by id, never by a path.

A study is a folder with a ``study.toml``; its variants are the other study files in that folder; its runs are the
folders of ``runs/`` with a record. Nothing is followed that leads out: a link counts only where what it leads to lies
within the folder that holds it.
"""

from __future__ import annotations

import json
import re
import threading
import time
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from xinzhi.core.errors import Fault, StudyError
from xinzhi.core.results import digest
from xinzhi.web.answers import missing

STUDY_FILE, RUNS, RECORD = "study.toml", "runs", "record.json"
MAIN, LATEST = "study", "latest"
API = "/api/v1"
# A study file is a few pages of text; what is larger is something else.
_LARGEST_STUDY_FILE = 4 * 2**20
# File systems tell times in steps: a folder changed a moment ago may change again within the same step.
_SETTLED = 2.0

Words = dict[str, str]


@dataclass(frozen=True)
class VariantOnShelf:
    """A study file: the study itself, or another version of it that stands beside."""

    id: str
    path: Path
    text: str
    title: Words
    fictional: bool
    faults: tuple[Fault, ...] = ()

    @property
    def main(self) -> bool:
        """Whether this is the study itself."""
        return self.path.name == STUDY_FILE

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return digest(self.text)


@dataclass(frozen=True)
class RunOnShelf:
    """A run: its folder, and what its record says in short.

    ``variant`` is nothing where its study file has changed; ``own`` says whether that was the study itself.
    """

    id: str
    study: str
    folder: Path
    digest: str
    text: str
    title: Words
    fictional: bool
    when: str | None
    version: str
    seed: int | None
    outputs: dict[str, str]
    warnings: int | None
    own: bool
    index: Words | None
    indicators: int | None
    variant: str | None = None

    @property
    def api(self) -> str:
        """The address of what is known of the run."""
        return f"{API}/studies/{quote(self.study)}/runs/{self.id}"

    @property
    def page(self) -> str:
        """The address of the run's page."""
        return f"/studies/{quote(self.study)}/runs/{self.id}"

    @property
    def record(self) -> dict[str, Any]:
        """The whole record, read when asked. Raises ``Refused`` 404 where it has gone since the run was found."""
        try:
            return dict(json.loads((self.folder / RECORD).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            raise missing("no-such-run", "run", "运行", self.id) from None

    def file(self, name: str) -> Path | None:
        """An output that the record names, where it is there and lies within the run."""
        if name not in self.outputs:
            return None
        return _within(self.folder / name, self.folder)


@dataclass(frozen=True)
class StudyOnShelf:
    """A study with its variants, the study itself first, and its runs, the newest first."""

    id: str
    folder: Path
    variants: tuple[VariantOnShelf, ...]
    runs: tuple[RunOnShelf, ...]

    @property
    def main(self) -> VariantOnShelf:
        """The study itself."""
        return self.variants[0]

    @property
    def title(self) -> Words:
        """What the study is called."""
        return self.main.title

    @property
    def fictional(self) -> bool:
        """Whether its data are invented."""
        return self.main.fictional

    @property
    def api(self) -> str:
        """The address of what is known of the study."""
        return f"{API}/studies/{quote(self.id)}"

    @property
    def latest(self) -> RunOnShelf | None:
        """The newest run of the study itself, however it stood then; where there is none, the newest of all."""
        own = (run for run in self.runs if run.variant == MAIN or (run.variant is None and run.own))
        return next(own, self.runs[0] if self.runs else None)

    def variant(self, id: str) -> VariantOnShelf:  # noqa: A002
        """A variant by its id. Raises ``Refused``."""
        for one in self.variants:
            if one.id == id:
                return one
        raise missing("no-such-variant", "variant", "方案", id)

    def run(self, id: str) -> RunOnShelf:  # noqa: A002
        """A run by its number, or the latest. Raises ``Refused``."""
        found = self.latest if id == LATEST else next((one for one in self.runs if one.id == id), None)
        if found is None:
            raise missing("no-such-run", "run", "运行", id)
        return found


class Shelf:
    """Every study in the given folders: each is a study, or holds studies. Raises ``StudyError`` where none is found.

    Looking something up costs a few calls to the file system; only what has changed is read again. Ids stay for as
    long as the shelf does, and are the same after a restart with the same folders.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        named = (folder.parent if folder.name == STUDY_FILE else folder for folder in folders)
        self.roots = tuple(dict.fromkeys(folder.resolve() for folder in named))
        self._lock = threading.RLock()
        self._ids: dict[Path, str] = {}
        self._seen: dict[Path, _Seen] = {}
        self._texts: dict[Path, tuple[tuple[int, int], VariantOnShelf | None]] = {}
        self._records: dict[Path, tuple[tuple[int, int], RunOnShelf | None]] = {}
        bare = [folder for folder in self.roots if not any(_studies_in(folder))]
        if bare:
            raise StudyError([_without_studies(folder) for folder in bare])
        self.studies()

    def studies(self) -> tuple[StudyOnShelf, ...]:
        """Every study that is there now, in the order of the folders given and of their names."""
        with self._lock:
            found = list(dict.fromkeys(folder for root in self.roots for folder in _studies_in(root)))
            for folder in found:
                if folder not in self._ids:
                    self._ids[folder] = _free(_slug(folder.name), set(self._ids.values()))
            told = (self._study(folder) for folder in found)
            return tuple(one for one in told if one is not None)

    def study(self, id: str) -> StudyOnShelf:  # noqa: A002
        """A study by its id. Raises ``Refused``."""
        with self._lock:
            folders = {name: folder for folder, name in self._ids.items()}
            found = self._study(folders[id]) if id in folders else None
            if found is None:
                found = next((one for one in self.studies() if one.id == id), None)
        if found is None:
            raise missing("no-such-study", "study", "研究", id)
        return found

    def run(self, study: str, run: str) -> RunOnShelf:
        """A run of a study by their ids. Raises ``Refused``."""
        return self.study(study).run(run)

    # --- Reading what has changed ---------------------------------------------------------------------------

    def _study(self, folder: Path) -> StudyOnShelf | None:
        seen = self._seen.get(folder)
        try:
            stamp = _stamp(folder, seen.files if seen else ())
            if seen is None or stamp != seen.stamp or not seen.settled:
                started = time.time_ns()
                study = self._read(folder)
                files = tuple(one.path for one in study.variants)
                stamp = _stamp(folder, files)
                settled = started - max(at for at, _ in stamp) > _SETTLED * 1e9
                seen = self._seen[folder] = _Seen(study, files, stamp, settled)
        except (FileNotFoundError, NotADirectoryError):
            self._seen.pop(folder, None)
            return None
        return seen.study

    def _read(self, folder: Path) -> StudyOnShelf:
        main = self._variant(folder / STUDY_FILE)
        if main is None:
            raise FileNotFoundError(folder / STUDY_FILE)
        # What begins with a dot is no variant, or not yet: it is being written.
        files = sorted(
            path for path in folder.glob("*.toml") if path.name != STUDY_FILE and not path.name.startswith(".")
        )
        others = [one for one in map(self._variant, files) if one is not None and not one.faults]
        named: list[VariantOnShelf] = [replace(main, id=MAIN)]
        for one in others:
            named.append(replace(one, id=_free(_slug(one.path.stem), {named_one.id for named_one in named})))
        of_text = {one.text: one.id for one in reversed(named)}
        return StudyOnShelf(
            self._ids[folder],
            folder,
            tuple(named),
            tuple(replace(run, variant=of_text.get(run.text)) for run in self._runs(folder)),
        )

    def _variant(self, path: Path) -> VariantOnShelf | None:
        try:
            stamp = _stamped(path)
            if path not in self._texts or self._texts[path][0] != stamp:
                self._texts[path] = stamp, _variant(path) if stamp[1] <= _LARGEST_STUDY_FILE else None
        except OSError:
            return None
        return self._texts[path][1]

    def _runs(self, folder: Path) -> Iterator[RunOnShelf]:
        runs = folder / RUNS
        if _within(runs, folder) is None:
            return
        try:
            numbers = [path for path in runs.iterdir() if re.fullmatch(r"[0-9]{4,12}", path.name)]
        except OSError:  # a file of that name, or a folder that may not be read
            return
        for path in sorted(numbers, key=lambda one: int(one.name), reverse=True):
            if _within(path, runs) is None:
                continue
            record = path / RECORD
            try:
                stamp = _stamped(record)
                if record not in self._records or self._records[record][0] != stamp:
                    self._records[record] = stamp, _run(self._ids[folder], path)
            except OSError:
                continue
            if (found := self._records[record][1]) is not None:
                yield found


@dataclass(frozen=True)
class _Seen:
    study: StudyOnShelf
    files: tuple[Path, ...]
    stamp: tuple[tuple[int, int], ...]
    settled: bool


def _stamp(folder: Path, files: Iterable[Path]) -> tuple[tuple[int, int], ...]:
    """What changes when a file or a run comes, goes or is written anew."""
    runs = folder / RUNS
    found = [_stamped(folder), *map(_stamped, files)]
    return (*found, _stamped(runs)) if runs.exists() else tuple(found)


def _stamped(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def _studies_in(root: Path) -> Iterator[Path]:
    """The folder where it is a study, else the folders in it that are."""
    if _is_study(root):
        yield root
    elif root.is_dir():
        inside = (path for path in root.iterdir() if not path.name.startswith("."))
        inner = (path.resolve() for path in inside if _within(path, root) is not None)
        yield from sorted(path for path in inner if _is_study(path))


def _is_study(folder: Path) -> bool:
    file = _within(folder / STUDY_FILE, folder)
    return file is not None and file.is_file()


def _within(path: Path, folder: Path) -> Path | None:
    """The path where it is there and, links followed, lies within the folder."""
    try:
        found = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        return None
    return path if found.is_relative_to(folder.resolve()) else None


def _variant(path: Path) -> VariantOnShelf | None:
    """A study file as far as a list shows it; nothing where the file is no study."""
    if _within(path, path.parent) is None:
        return None
    text, main = "", path.name == STUDY_FILE
    try:
        text = path.read_bytes().decode("utf-8-sig")
        said = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # not UTF-8, or not TOML, or nested beyond reason
        if not main:
            return None
        fault = Fault(
            "study-unreadable",
            f"the study file cannot be read: {error}. `xinzhi check` says where it must be mended.",
            f"无法读取研究文件：{error}。请用 `xinzhi check` 查看须更正之处。",
            file=path.name,
        )
        return VariantOnShelf(MAIN, path, text, _both(path.parent.name), False, (fault,))
    about = said.get("study")
    if not main and not (isinstance(about, dict) and "title" in about):
        return None
    title, fictional = _about(about, path.parent.name)
    return VariantOnShelf(path.stem, path, text, title, fictional)


def _run(study: str, folder: Path) -> RunOnShelf | None:
    """A run as far as a list shows it; nothing where its record is none."""
    file = folder / RECORD
    if _within(file, folder) is None:
        return None
    content = file.read_bytes()
    try:
        said = json.loads(content)
        text, outputs = said["settings"]["study"], said["outputs"]
        about = tomllib.loads(text).get("study")
        when, seed, warnings = said.get("when"), said.get("seed"), said.get("warnings")
        # The name that the study file had stands among the inputs.
        named = [name for name, then in said.get("inputs", {}).items() if then == digest(text)]
        if not all(isinstance(name, str) and isinstance(of, str) for name, of in outputs.items()):
            return None
        "".join(outputs).encode()  # a name with half a character in it has no address
        title, fictional = _about(about, folder.name)
        return RunOnShelf(
            folder.name,
            study,
            folder,
            digest(content),
            text,
            title,
            fictional,
            when if isinstance(when, str) else None,
            str(said.get("version", "")),
            seed if isinstance(seed, int) else None,
            outputs,
            warnings if isinstance(warnings, int) else None,
            named in ([], [STUDY_FILE]),
            *_index(said["settings"].get("index")),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _index(said: Any) -> tuple[Words | None, int | None]:
    """What the index of a run is called, and how many indicators it has."""
    if not isinstance(said, dict) or not isinstance(said.get("indicators"), list):
        return None, None
    return _about(said, "")[0], len(said["indicators"])


def _about(about: Any, otherwise: str) -> tuple[Words, bool]:
    about = about if isinstance(about, dict) else {}
    title = about.get("title")
    if isinstance(title, dict):
        texts = {key: title[key] for key in ("en", "zh") if isinstance(title.get(key), str)}
        only = next(iter(texts.values()), otherwise)
        return {"en": texts.get("en", only), "zh": texts.get("zh", only)}, about.get("fictional") is True
    return _both(title if isinstance(title, str) else otherwise), about.get("fictional") is True


def _both(text: str) -> Words:
    return {"en": text, "zh": text}


def _slug(name: str) -> str:
    """A name as it may stand in an address: letters of any script and digits, all else a hyphen."""
    plain = unicodedata.normalize("NFKC", name).lower()
    return re.sub(r"[\W_]+", "-", plain).strip("-")[:60].strip("-") or "study"


def _free(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found


def _without_studies(folder: Path) -> Fault:
    return Fault(
        "no-study",
        f"there is no study in {folder}: no {STUDY_FILE} in it or in a folder in it. Give a study's folder, or a "
        "folder of studies; `xinzhi new NAME` makes a study.",
        f"{folder} 中没有研究：其本身及下一级文件夹均不含 {STUDY_FILE}。请给出研究文件夹或存放研究的文件夹；"
        "可用 `xinzhi new 名称` 新建。",
    )
