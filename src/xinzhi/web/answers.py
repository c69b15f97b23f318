"""What the server answers when it refuses, and what an id in an address may look like."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, cast

from fastapi import Path, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from xinzhi.core.errors import Fault, Severity, XinzhiError
from xinzhi.core.specs import faults_of

# As much of what was asked for as is repeated in an answer.
_ECHOED = 80

StudyId = Annotated[str, Path(max_length=120, description="A study's id, as the list of studies gives it.")]
RunId = Annotated[str, Path(max_length=20, description="A run's number, such as 0001, or `latest`.")]


class FaultSaid(BaseModel):
    """One thing that is wrong, in both languages."""

    code: str
    en: str
    zh: str
    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    severity: Severity = "error"


class Faults(BaseModel):
    """What every answer from 400 upwards holds."""

    faults: list[FaultSaid]


REFUSED: dict[int | str, dict[str, Any]] = {
    status: {"model": Faults, "description": description}
    for status, description in (
        (400, "The request is malformed."),
        (403, "The request comes from another site, or for another host."),
        (404, "There is no such thing here."),
        (405, "The address is there, but not for this method."),
        (409, "It is there already, or cannot be done now."),
        (413, "The body is too large."),
        (414, "The address is too long."),
        (415, "The body is not JSON."),
        (422, "Understood, but it cannot be answered."),
        (429, "Too much is asked at once."),
    )
}


class Refused(XinzhiError):
    """What is answered with a status of its own; any other ``XinzhiError`` is answered 422."""

    def __init__(self, status: int, faults: Fault | Iterable[Fault]) -> None:
        super().__init__(faults)
        self.status = status

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.status, self.faults)


def missing(code: str, thing: str, thing_zh: str, name: str) -> Refused:
    """404 for something that was asked for by name."""
    return Refused(
        404,
        Fault(
            code,
            f"there is no {thing} '{shortened(name)}' here. Take the addresses that the lists give.",
            f"此处没有{thing_zh}“{shortened(name)}”。请使用列表中给出的地址。",
        ),
    )


def shortened(text: str) -> str:
    """A text as far as it is repeated in an answer."""
    return text if len(text) <= _ECHOED else text[: _ECHOED - 1] + "…"


def encoded(value: Any) -> bytes:
    """A value as JSON. Half a surrogate pair, which a request may hold, has no UTF-8 and becomes a question mark."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")


def refusal(status: int, faults: Iterable[Fault], headers: Mapping[str, str] | None = None) -> Response:
    """An answer that refuses."""
    said = {"faults": [fault.to_dict() for fault in faults]}
    return Response(encoded(said), status, headers=headers, media_type="application/json")


# --- What is raised within a route ------------------------------------------------------------------------------


async def on_fault(request: Request, error: Exception) -> Response:
    """Answer an ``XinzhiError``."""
    assert isinstance(error, XinzhiError)
    return refusal(error.status if isinstance(error, Refused) else 422, error.faults)


async def on_invalid(request: Request, error: Exception) -> Response:
    """Answer what does not fit the description of a request."""
    assert isinstance(error, RequestValidationError)
    if any(found["type"] == "json_invalid" for found in error.errors()):
        en, zh = "the body is not JSON. Check brackets and quotes.", "请求内容不是 JSON，请检查括号与引号。"
        return refusal(422, [Fault("not-json", en, zh)])
    faults = faults_of(cast(ValidationError, _Found(error)))
    return refusal(422, faults or [Fault("bad-value", "the request does not fit.", "请求不合要求。")])


class _Found:
    """What is wrong with a request, told as pydantic tells it of a study file."""

    def __init__(self, error: RequestValidationError) -> None:
        self._error = error

    def errors(self, *, include_url: bool) -> list[dict[str, Any]]:
        # The first part of a place says only where in the request it stood: body, path or query.
        return [found | {"loc": tuple(found["loc"])[1:]} for found in self._error.errors()]


async def on_status(request: Request, error: Exception) -> Response:
    """Answer an address that is not there, or not for this method."""
    assert isinstance(error, HTTPException)
    en, zh = _STATUS.get(error.status_code, (f"{error.detail}", f"请求无法处理（{error.detail}）。"))
    return refusal(error.status_code, [Fault(f"http-{error.status_code}", en, zh)], error.headers)


_STATUS = {
    400: ("the request is malformed.", "请求格式有误。"),
    404: ("there is nothing at this address.", "该地址没有内容。"),
    405: ("this address does not take this method.", "该地址不支持此请求方法。"),
}
