"""What came out, and how: the record that every result carries, enough to run it again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from xinzhi import __version__


@dataclass(frozen=True)
class Record:
    """Operation, settings, digests of the inputs, version and seed."""

    operation: str
    settings: dict[str, Any]
    inputs: dict[str, str]
    seed: int | None = None
    version: str = field(default=__version__)

    def to_dict(self) -> dict[str, Any]:
        """The record as plain data."""
        return asdict(self)

    def to_json(self) -> str:
        """The record as JSON with its keys in order, so that equal records are equal bytes."""
        return json.dumps(self.to_dict(), ensure_ascii=False, sort_keys=True, indent=1, default=str)


def digest(content: bytes | str | Path) -> str:
    """SHA-256 of bytes, of a text, or of a file's content."""
    if isinstance(content, Path):
        with content.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
