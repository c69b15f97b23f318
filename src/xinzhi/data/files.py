"""A file of the study, as bytes: found inside the folder, being what its name says, decoded to text."""

from __future__ import annotations

import codecs
import difflib
import gzip
import os
import re
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from xinzhi.core.errors import DataError, Fault
from xinzhi.core.results import digest

TEXT, EXCEL, PARQUET, STATA = "text", "excel", "parquet", "stata"
KINDS = {
    ".csv": TEXT,
    ".tsv": TEXT,
    ".txt": TEXT,
    ".xlsx": EXCEL,
    ".xlsm": EXCEL,
    ".xls": EXCEL,
    ".parquet": PARQUET,
    ".dta": STATA,
}


@dataclass(frozen=True)
class Found:
    """A readable file of the study: its name as the study gives it, its kind, its bytes (unpacked) and digest."""

    name: str
    path: Path
    kind: str
    content: bytes
    sha256: str


def find(folder: Path, name: str) -> Found:
    """Find and read a file of the study. Raises ``DataError`` when it is not there or not what its name says.

    Only files below ``folder`` are read: no absolute path, no "..", no link that leads out.
    """
    path = inside(folder, name)
    kind = _kind(name)
    try:
        raw = path.read_bytes()
    except PermissionError:
        raise _wrong(
            name,
            "unreadable-file",
            "this file may not be read. Check its permissions.",
            "没有读取该文件的权限。请检查文件权限。",
        ) from None
    except OSError as error:
        raise _wrong(
            name,
            "unreadable-file",
            f"this file cannot be read ({error.strerror}).",
            f"无法读取该文件（{error.strerror}）。",
        ) from None
    if not raw.removeprefix(codecs.BOM_UTF8).strip():
        raise _wrong(name, "empty-file", "this file is empty.", "该文件为空。")
    content = _unpack(name, raw) if name.lower().endswith(".gz") else raw
    _check_kind(name, kind, content)
    return Found(name, path, kind, content, digest(raw))


def _wrong(name: str, code: str, en: str, zh: str) -> DataError:
    return DataError(Fault(code, en, zh, file=name))


def inside(folder: Path, name: str, *, folders: bool = False) -> Path:
    """The path of a file of the study, which must be there and lie below ``folder``. Raises ``DataError``.

    With ``folders`` it may be a folder too, such as one of Parquet files.
    """
    if (
        PurePosixPath(name).is_absolute()
        or PureWindowsPath(name).drive
        or name.startswith(("\\", "~"))
        or "://" in name
    ):
        raise _wrong(
            name,
            "path-outside",
            "name files relative to the study folder, not by an absolute path or address.",
            "请使用相对于研究文件夹的文件名，不要使用绝对路径或网址。",
        )
    if ".." in PurePosixPath(name.replace("\\", "/")).parts:
        raise _wrong(
            name,
            "path-outside",
            'a file name may not contain "..": put the file in the study folder.',
            "文件名不得包含“..”：请把文件放进研究文件夹。",
        )
    path = folder / name
    try:
        real = path.resolve()
        missing, elsewhere = not path.exists(), not real.is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a loop of links, a name too long, a zero byte in it
        raise _wrong(name, "missing-file", "there can be no file of this name.", "不可能存在此名称的文件。") from None
    if elsewhere:
        raise _wrong(
            name,
            "path-outside",
            "this link leads out of the study folder: copy the file itself into the folder.",
            "该链接指向研究文件夹之外：请把文件本身复制到研究文件夹内。",
        )
    if missing:
        raise _wrong(name, "missing-file", *_near_files(folder, name))
    if path.is_dir() and folders:
        return path
    if path.is_dir():
        raise _wrong(name, "directory", "this is a folder, a file is needed.", "这是文件夹，此处需要文件。")
    if not path.is_file():
        raise _wrong(name, "not-a-file", "this is not an ordinary file.", "这不是普通文件。")
    return path


def _near_files(folder: Path, name: str) -> tuple[str, str]:
    names = []
    for root, folders, files in os.walk(folder):
        folders[:] = [inner for inner in folders if not inner.startswith(".")]
        names += [Path(root, file).relative_to(folder).as_posix() for file in files]
        if len(names) > 2_000:
            break
    by_lower = {other.lower(): other for other in names if _suffix(other) in KINDS}
    near = [by_lower[match] for match in difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.5)]
    near = near or sorted(by_lower.values())[:5]
    if not near:
        return (
            "there is no such file, nor any other data file in the study folder.",
            "没有此文件，研究文件夹中也没有其他数据文件。",
        )
    return f"there is no such file. The folder has: {', '.join(near)}.", f"没有此文件。文件夹中有：{'、'.join(near)}。"


def _suffix(name: str) -> str:
    return PurePosixPath(name.lower().removesuffix(".gz")).suffix


def _kind(name: str) -> str:
    suffix = _suffix(name)
    if suffix not in KINDS:
        known = ", ".join(KINDS)
        raise _wrong(
            name,
            "unknown-file-type",
            f"'{suffix or name}' is not a file type read here. Read are: {known} and .csv.gz.",
            f"不支持“{suffix or name}”类型的文件。支持：{known} 以及 .csv.gz。",
        )
    return KINDS[suffix]


def _unpack(name: str, raw: bytes) -> bytes:
    try:
        content = gzip.decompress(raw)
    except (OSError, EOFError, zlib.error):
        raise _wrong(
            name,
            "damaged-file",
            "this file is not a whole gzip file: it is damaged or cut short.",
            "该文件不是完整的 gzip 文件：已损坏或被截断。",
        ) from None
    if not content.strip():
        raise _wrong(name, "empty-file", "this file is empty.", "该文件为空。")
    return content


def _check_kind(name: str, kind: str, content: bytes) -> None:
    really = _signature(content)
    if really is None or really == kind:
        return
    words = {
        TEXT: ("plain text", "纯文本"),
        EXCEL: ("an Excel workbook", "Excel 工作簿"),
        PARQUET: ("a Parquet file", "Parquet 文件"),
        STATA: ("a Stata file", "Stata 文件"),
        "html": (
            "a web page saved under this name: open it in Excel and save it as .xlsx",
            "以此名称保存的网页：请用 Excel 打开后另存为 .xlsx",
        ),
        "gzip": ("a gzip file: its name should end in .gz", "gzip 压缩文件：文件名应以 .gz 结尾"),
        "pdf": ("a PDF document", "PDF 文档"),
        "binary": ("not text", "非文本内容"),
    }
    en, zh = words[really]
    wanted_en, wanted_zh = words[kind]
    raise _wrong(
        name,
        "wrong-file-type",
        f"the name promises {wanted_en}, the content is {en}.",
        f"从文件名看应为{wanted_zh}，实际内容为{zh}。",
    )


def _signature(content: bytes) -> str | None:
    head = content[:4096]
    stripped = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return EXCEL
    if head.startswith(b"PAR1"):
        return PARQUET
    if head.startswith(b"<stata_dta>") or (
        head[:1] in b"\x69\x6a\x6b\x6c\x6d\x6e\x6f\x70\x71\x72\x73" and head[1:3] in (b"\x01\x01", b"\x02\x01")
    ):
        return STATA
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"%PDF"):
        return "pdf"
    if stripped.startswith((b"<!doctype html", b"<html", b"<?xml", b"<table")):
        return "html"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return TEXT
    return "binary" if b"\0" in head else TEXT


def decode(name: str, content: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text of a file and its encoding: the one asked for, or the one found. Raises ``DataError``."""
    if encoding is None:
        encoding = detect_encoding(content)
    try:
        return content.decode(encoding), encoding
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            Fault(
                "wrong-encoding",
                f"the bytes here are not {encoding}. Leave `encoding` out to have it found, or try gb18030 or latin-1.",
                f"此处的字节不是 {encoding} 编码。可删去 encoding 由程序识别，或改用 gb18030、latin-1。",
                file=name,
                row=line,
            )
        ) from None


def detect_encoding(content: bytes) -> str:
    """UTF-8 where the bytes are; else GB18030 where that reads as Chinese; else the Western code page.

    GB18030 accepts nearly any bytes: "é" and the letter after it make a rare character. Text counts as Chinese when
    nine tenths of its non-ASCII characters are of the common set GB 2312, as in any Chinese table.
    """
    if content.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if _decodes(content, "utf-8"):
        return "utf-8"
    if _decodes(content, "gb18030"):
        foreign = Counter(re.findall(r"[^\x00-\x7f]", content.decode("gb18030")))
        common = sum(count for char, count in foreign.items() if _in_gb2312(char))
        if common >= 0.9 * foreign.total():
            return "gb18030"
    # Code page 1252 leaves five bytes without meaning; Latin-1 has a character for each.
    return "cp1252" if _decodes(content, "cp1252") else "latin-1"


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _in_gb2312(char: str) -> bool:
    # By its bytes: the codec of that name maps the dash differently.
    pair = char.encode("gb18030")
    return len(pair) == 2 and 0xA1 <= pair[0] <= 0xF7 and pair[1] >= 0xA1
