"""How content leaves the server: kept encoded while there is room, packed when asked for, sent once where it stays."""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response

# What is kept encoded at most, in bytes, all of it together.
KEPT = 96 * 2**20
# Packing saves nothing below the first; above the second it takes longer, at both ends, than sending what it saves of
# numbers, which hardly shrink.
_WORTH_PACKING, _TOO_LARGE_TO_PACK = 1_400, 8 * 2**20


@dataclass(frozen=True)
class Content:
    """Bytes, the same packed where that is worth it, their kind, and a tag that changes with them."""

    plain: bytes
    media: str
    tag: str
    packed: bytes | None = None

    @classmethod
    def of(cls, plain: bytes, media: str, tag: str, *, pack: bool = True) -> Content:
        """Content, packed at once so that it is packed only once."""
        pack = pack and _WORTH_PACKING <= len(plain) <= _TOO_LARGE_TO_PACK
        packed = gzip.compress(plain, 6, mtime=0) if pack else None
        return cls(plain, media, tag, packed)

    @property
    def size(self) -> int:
        """Bytes that keeping it takes."""
        return len(self.plain) + len(self.packed or b"")


class Kept:
    """Content by key, the least recently asked for let go when there is too much."""

    def __init__(self, most: int = KEPT) -> None:
        self._most, self._size = most, 0
        self._held: OrderedDict[object, Content] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object) -> Content | None:
        """What is kept under a key."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
            return None

    def get_or(self, key: object, make: Callable[[], Content]) -> Content:
        """What is kept under a key, or what ``make`` makes, which is then kept where it is not too large."""
        if (held := self.get(key)) is not None:
            return held
        made = make()
        with self._lock:
            if made.size <= self._most // 2 and key not in self._held:
                self._held[key] = made
                self._size += made.size
                while self._size > self._most:
                    _, gone = self._held.popitem(last=False)
                    self._size -= gone.size
        return made


def delivered(request: Request, content: Content, *, save_as: str | None = None, for_good: bool = False) -> Response:
    """Content as an answer: 304 where the client has it, packed where the client takes that.

    ``save_as`` names a file to save; ``for_good`` is for addresses that hold a digest of what they lead to.
    """
    tag = f'"{content.tag}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "max-age=31536000, immutable" if for_good else "no-cache",
        "Vary": "Accept-Encoding",
    }
    if has(request, tag):
        return Response(status_code=304, headers=headers)
    if save_as is not None:
        headers["Content-Disposition"] = attachment(save_as)
    body = content.plain
    if content.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = content.packed, "gzip"
    return Response(body, headers=headers, media_type=content.media)


def has(request: Request, tag: str) -> bool:
    """Whether the client says that it has what a tag stands for."""
    said = request.headers.get("if-none-match", "")
    return tag in (one.strip().removeprefix("W/") for one in said.split(","))


def attachment(name: str) -> str:
    """The header that has a file saved under a name, of whatever script."""
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "-_.") else "_" for one in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
