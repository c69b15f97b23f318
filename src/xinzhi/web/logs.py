"""Logs as lines of JSON on standard error: what was asked, what was answered, how long it took, and what failed."""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import UTC, datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("xinzhi.web")


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "told", {}),
        }
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        # Everything but ASCII is escaped: a name with marks that turn text round must not turn the log round.
        return json.dumps(said, default=str)


def start() -> None:
    """Send our own lines, what the server below us has to say of failures, and Python's warnings to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    logging.captureWarnings(True)  # they would stand between the lines otherwise
    for name, level in (("xinzhi.web", logging.INFO), ("uvicorn", logging.WARNING), ("py.warnings", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)


class Logged:
    """Writes a line for every request when it is answered. What stands behind ``?`` is left out: it may be private."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and time it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, size, started = 0, 0, time.perf_counter()

        async def told(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, told)
        finally:
            path = scope.get("raw_path") or scope["path"].encode("utf-8", "replace")
            told_of = {
                "method": scope["method"],
                "path": path.split(b"?")[0].decode("ascii", "backslashreplace")[:500],
                "status": status,
                "ms": round(1e3 * (time.perf_counter() - started), 2),
                "bytes": size,
            }
            log.info("request", extra={"told": told_of})
