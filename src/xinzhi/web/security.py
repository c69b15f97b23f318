"""What stands before every route: who may ask, how much, and what a browser may do with the answer."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xinzhi.core.errors import Fault
from xinzhi.web.answers import refusal
from xinzhi.web.logs import log

LARGEST_BODY, LONGEST_ADDRESS = 2**20, 8_192
# Content that a page may load, and who may frame it. Styles within elements are set by the charts.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_READING = {"GET", "HEAD", "OPTIONS"}
_EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 - compared with, never bound to


class Guarded:
    """Refuses what other sites send, what is too large and what is no JSON; puts its headers on every answer.

    A request must name this machine as its host: by a loopback name or address, or as ``hosts`` say. Where a host is
    0.0.0.0 or ``::`` any address may be named, but no name: a name that another site has led here (DNS rebinding)
    stays outside.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str] = ()) -> None:
        self.app = app
        self._names = {"localhost", *(host.lower() for host in hosts)} - _EVERYWHERE
        self._any_address = any(host in _EVERYWHERE for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at a request before it is passed on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"
        began = False

        async def sent(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            elif head:
                message = {**message, "body": b""}
            await send(message)

        headers = Headers(scope=scope)
        fault = self._stranger(headers) or _too_long(scope) or self._foreign(scope, headers)
        if fault is not None:
            await refusal(*fault)(scope, receive, sent)
            return
        try:
            if scope["method"] not in _READING:
                body, fault = await _whole(headers, receive)
                if fault is not None:
                    await refusal(*fault)(scope, receive, sent)
                    return
                receive = _again(body, receive)
            elif head:  # answered as GET is, without the body
                scope = {**scope, "method": "GET"}
            await self.app(scope, receive, sent)
        except Exception as error:
            log.error("failed", exc_info=error, extra={"told": {"error": type(error).__name__}})
            if began:
                raise
            await refusal(500, [_FAILED])(scope, receive, sent)

    def _stranger(self, headers: Headers) -> _Refusal | None:
        host = _name(headers.get("host", ""))
        if host in self._names or self._trusted(host):
            return None
        return 403, [
            Fault(
                "foreign-host",
                "the server was asked for under a name that is not its own. Use http://127.0.0.1, or start it with "
                "--host and the name it is asked for by.",
                "请求所用的主机名不属于本服务器。请使用 http://127.0.0.1，或以 --host 指定所用的主机名启动。",
            )
        ]

    def _trusted(self, host: str) -> bool:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return address.is_loopback or self._any_address

    def _foreign(self, scope: Scope, headers: Headers) -> _Refusal | None:
        if scope["method"] in _READING:
            return None
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
        own = origin is None or _place(origin) == headers.get("host", "").lower()
        if own and site in ("same-origin", "none"):
            return None
        return 403, [
            Fault(
                "foreign-origin",
                "another site asked for something to be changed. Ask from a page of this server.",
                "来自其他网站的修改请求被拒绝。请从本服务器的页面操作。",
            )
        ]


_Refusal = tuple[int, Iterable[Fault]]
_FAILED = Fault(
    "failed",
    "the server failed, and it is not your doing. What happened is in its log.",
    "服务器出错，责任不在您。详情见服务器日志。",
)


def _name(host: str) -> str:
    """The host without its port; an address of version 6 stands in brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.rpartition(":")[0].lower() if host.rpartition(":")[2].isdigit() and ":" in host else host.lower()


def _place(origin: str) -> str | None:
    """The host and port of an origin; nothing where it is none, such as ``http://[``."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def _too_long(scope: Scope) -> _Refusal | None:
    if len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"]) <= LONGEST_ADDRESS:
        return None
    return 414, [
        Fault(
            "address-too-long",
            f"the address is longer than {LONGEST_ADDRESS} characters. Ask for fewer columns or conditions.",
            f"地址超过 {LONGEST_ADDRESS} 个字符。请减少所选的列或条件。",
        )
    ]


async def _whole(headers: Headers, receive: Receive) -> tuple[bytes, _Refusal | None]:
    """The body, never more than is allowed."""
    said = headers.get("content-length", "0")
    body, more = b"", True
    too_large = said.isdecimal() and int(said[:20]) > LARGEST_BODY
    while more and not too_large:
        message = await receive()
        if message["type"] != "http.request":
            break
        body += message.get("body", b"")
        more, too_large = message.get("more_body", False), len(body) > LARGEST_BODY
    if too_large:
        return b"", (
            413,
            [
                Fault(
                    "body-too-large",
                    f"the body is larger than {LARGEST_BODY} bytes.",
                    f"请求内容超过 {LARGEST_BODY} 字节。",
                )
            ],
        )
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and kind != "application/json":
        return b"", (
            415,
            [
                Fault(
                    "not-json",
                    "the body is not said to be JSON. Send it as application/json.",
                    "请求内容未声明为 JSON。请以 application/json 发送。",
                )
            ],
        )
    return body, None


def _again(body: bytes, receive: Receive) -> Receive:
    """A body that has been read, to be read again."""
    given = False

    async def next_message() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return next_message
