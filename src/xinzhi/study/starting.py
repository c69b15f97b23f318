"""A study to start from: a folder with a commented study file and fictional data that runs at once."""

from __future__ import annotations

import errno
import io
import os
import shutil
import tempfile
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault, StudyError
from xinzhi.core.labels import INDICATOR, REGION, TIME, Panel
from xinzhi.data.country import model_country, write_study
from xinzhi.study.places import STUDY_FILE
from xinzhi.study.reading import read_study

TemplateName = Literal["provinces", "countries", "park", "simulation", "claims"]


def start(folder: Path, template: TemplateName = "provinces") -> tuple[str, ...]:
    """Make a new study folder and return the names of its files. Raises ``StudyError`` where the folder exists."""
    if template not in get_args(TemplateName):
        raise ValueError(f"no template is named '{template}'; there are {', '.join(get_args(TemplateName))}")
    if folder.exists() or folder.is_symlink():
        raise _in_the_way(folder)
    return _made_whole(folder, template)


def demo_study(folder: Path) -> Path:
    """The model country's study in ``folder``, written there unless it already is. Raises ``StudyError``."""
    if not folder.exists():
        _made_whole(folder, "demo")
    elif not ((folder / STUDY_FILE).is_file() and read_study(folder).spec.study.fictional):
        raise _in_the_way(folder)
    return folder


def _made_whole(folder: Path, template: str) -> tuple[str, ...]:
    """Make the study beside and move it into place, so that it is whole or not there."""
    try:
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        shop = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.absolute().parent))
        try:
            made = shop / "study"
            _fill(made, template)
            made.rename(folder)
        finally:
            shutil.rmtree(shop, ignore_errors=True)
    except OSError as error:
        # What the place refuses is the person's to mend; a file missing from the package is not.
        if error.errno is None or (error.errno == errno.ENOENT and folder.absolute().parent.is_dir()):
            raise
        raise _no_room(folder, error) from None
    return tuple(sorted(file.name for file in folder.iterdir()))


def _fill(folder: Path, template: str) -> None:
    if template in ("demo", "park"):
        write_study(folder, "park" if template == "park" else "country")
        return
    panel = model_country().panel
    if template in ("simulation", "claims"):
        write_study(folder)  # its industries; the flaws of its other files are for those who learn to mend them
        (folder / "economy.csv").unlink()
    folder.mkdir(exist_ok=True)
    name, content = ("indicators.xlsx", _wide(panel)) if template == "countries" else ("indicators.csv", _long(panel))
    (folder / name).write_bytes(content)
    said = resources.files("xinzhi.study") / "templates" / f"{template}.toml"
    (folder / STUDY_FILE).write_bytes(said.read_bytes())


def _long(panel: Panel) -> bytes:
    """A row per region, year and indicator, headed in Chinese, as a spreadsheet program can open it."""
    rows = panel.to_series().rename("数值").reset_index()
    about = [("unit", INDICATOR), ("name_zh", REGION)]
    unit, name = (dict(zip(panel[of].values, panel[what].values, strict=True)) for what, of in about)
    table = pd.DataFrame(
        {
            "地区": rows[REGION].map(name),
            "年份": rows[TIME],
            "指标": rows[INDICATOR],
            "数值": rows["数值"],
            "单位": rows[INDICATOR].map(unit),
        }
    )
    return table.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def _wide(panel: Panel) -> bytes:
    """A row per region and year with a column per indicator, under a title line, with a few cells left empty."""
    regions, years, codes = (panel[dim].values for dim in (REGION, TIME, INDICATOR))
    cells = panel.values.reshape(-1, len(codes))
    gaps = np.random.default_rng(1).random(cells.shape) < 0.02
    table = pd.DataFrame(np.where(gaps, np.nan, cells), columns=codes)
    table.insert(0, "region", np.repeat(panel["name_en"].values, len(years)))
    table.insert(1, "year", np.tile(years, len(regions)))
    sink = io.BytesIO()
    with pd.ExcelWriter(sink, engine="xlsxwriter") as book:
        book.book.set_properties({"created": datetime(2000, 1, 1)})  # equal templates are equal bytes
        table.to_excel(book, sheet_name="data", index=False, startrow=2)
        book.sheets["data"].write_string(
            0, 0, "Model country: every region and every figure is fictional 模型国，纯属虚构"
        )
    return sink.getvalue()


def _in_the_way(folder: Path) -> StudyError:
    return StudyError(
        Fault(
            "folder-exists",
            f"{folder} is already there and is left as it is. Give another name.",
            f"{folder} 已经存在，未作任何改动。请换一个名称。",
        )
    )


def _no_room(folder: Path, error: OSError) -> StudyError:
    said = os.strerror(error.errno or 0)
    return StudyError(
        Fault(
            "cannot-write",
            f"{folder} cannot be made ({said}). Choose a place where you may write.",
            f"无法新建 {folder}（{said}）。请选择您有写入权限的位置。",
        )
    )
