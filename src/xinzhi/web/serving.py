"""Runs the server: takes a port, says where it is, answers until it is told to stop, and lets what is asked end."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import uvicorn

from xinzhi.core.errors import Fault, StudyError
from xinzhi.web import logs
from xinzhi.web.app import create_app

# What is being answered when the server is stopped may take so many seconds more.
_PATIENCE = 10
# What the first tables, words on columns and what-if need takes seconds to load. It is loaded in good time, but not
# before the page that somebody opens at once has been sent.
_BREATH = 1.0
_HEAVY = (
    "pyarrow.parquet",
    "duckdb",
    "xinzhi.study.variants",
    "xinzhi.study.repeating",
    "xinzhi.study.structure_sheets",
    "xinzhi.study.dynamics.sheets",
    "xinzhi.study.records.sheets",
)
_WILD = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104 - shown, not bound to


@dataclass(frozen=True)
class Place:
    """Where the server listens."""

    address: str
    host: str
    port: int


def serve(folders: Sequence[Path], host: str, port: int, tell: Callable[[Place], object]) -> None:
    """Serve the studies in folders until SIGTERM or SIGINT; ``tell`` is called once requests are taken.

    Port 0 takes any that is free. Raises ``StudyError`` for a folder without studies and for a port that cannot be had.
    """
    app = create_app(folders, hosts=[host])
    logs.start()
    with _listening(host, port) as sock:
        number = int(sock.getsockname()[1])
        shown = _WILD.get(host, f"[{host}]" if ":" in host else host)
        place = Place(f"http://{shown}:{number}", host, number)
        config = uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_PATIENCE,
        )
        tell(place)
        logs.log.info("started", extra={"told": {"address": place.address}})
        with _warming_up():
            _Server(config).run(sockets=[sock])
        logs.log.info("stopped")


@contextlib.contextmanager
def _warming_up() -> Iterator[None]:
    """Load beside the server what is slow to load, one module after the other until it stops."""
    stopping = threading.Event()

    def load() -> None:
        wait = _BREATH
        for name in _HEAVY:
            if stopping.wait(wait):
                return
            import_module(name)
            wait = 0

    threading.Thread(target=load).start()
    try:
        yield
    finally:
        stopping.set()


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # Named TCP, so that answers are sent at once: asyncio asks for that only where it knows the protocol.
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except (OSError, UnicodeError, OverflowError) as error:
        raise StudyError(_no_port(host, port, error)) from None
    with sock:
        if os.name == "posix":  # a port just left can be had again; elsewhere this would share it
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(address)
            sock.listen(1024)
        except OSError as error:
            raise StudyError(_no_port(host, port, error)) from None
        yield sock


def _no_port(host: str, port: int, error: Exception) -> Fault:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return Fault(
            "port-in-use",
            f"port {port} is in use by another program, perhaps another `xinzhi serve`. Give another, or --port 0 for "
            "any that is free.",
            f"端口 {port} 已被其他程序占用，可能是另一个 `xinzhi serve`。请换一个端口，或用 --port 0 任取空闲端口。",
        )
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Fault(
        "no-such-host",
        f"the server cannot listen at {host}, port {port} ({said}). --host is a name or address of this machine.",
        f"无法在 {host} 的端口 {port} 上监听（{said}）。--host 须为本机的名称或地址。",
    )


class _Server(uvicorn.Server):
    """A server for which being told to stop is a good end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:  # type: ignore[override]
        """Stop at SIGINT and SIGTERM; the one below raises them again afterwards."""
        kinds = [signal.SIGINT, signal.SIGTERM]
        before = {kind: signal.signal(kind, self.handle_exit) for kind in kinds}
        try:
            yield
        finally:
            for kind, handler in before.items():
                signal.signal(kind, handler)
