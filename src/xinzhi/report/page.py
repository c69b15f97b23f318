"""The page itself: one HTML file with its data, its style and its script inside, that loads nothing from anywhere."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from xinzhi.core.errors import Fault
from xinzhi.study.outputs import OutputError

# What JSON may hold and a script element may not: the first could end it, the others end a line of JavaScript.
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}

_OPENS, _CLOSES = '<script type="application/json" id="payload">', "</script>"

_PAGE = """\
<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="generator" content="Xinzhi {version}">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<div id="app"><noscript><p>{noscript}</p></noscript></div>
{opens}{data}{closes}
<script>{script}</script>
</body>
</html>
"""

_NOSCRIPT = (
    "本报告需启用 JavaScript 才能显示，无需联网。 This report needs JavaScript to show itself; it needs no network."
)


def page(document: dict[str, Any]) -> str:
    """The report's HTML for a payload. Equal payloads give equal pages."""
    script = _static("report.js")
    # Only this very script may run: a piece of markup that found its way into the page could not.
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; script-src 'sha256-{allowed}'; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
    return _PAGE.format(
        policy=policy,
        version=html.escape(str(document["version"])),
        title=html.escape(document["title"]["zh"]),
        style=_static("report.css"),
        noscript=_NOSCRIPT,
        opens=_OPENS,
        closes=_CLOSES,
        data=embedded(document),
        script=script,
    )


def embedded(document: dict[str, Any]) -> str:
    """A document as JSON that is safe inside a script element, whatever its texts hold."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str)
    for character, escape in _UNSAFE.items():
        text = text.replace(character, escape)
    return text


def payload_of(report: Path) -> dict[str, Any]:
    """The document inside a run's page, as it was when the page was written: the inverse of ``embedded``.

    Raises ``OutputError`` where the file cannot be read or holds no such document.
    """
    try:
        text = report.read_text(encoding="utf-8")
        start = text.index(_OPENS) + len(_OPENS)
        # No text inside can end the element: ``embedded`` writes its "<" otherwise.
        found = json.loads(text[start : text.index(_CLOSES, start)])
        if not (isinstance(found, dict) and str(found.get("format", "")).startswith("xinzhi-report/")):
            raise ValueError
    except (OSError, ValueError, RecursionError):
        raise OutputError(
            Fault(
                "no-report",
                f"{report} is not the report of a run. Give a folder that `xinzhi run` wrote, or its study.",
                f"{report} 不是运行报告。请给出由 `xinzhi run` 写出的文件夹，或其研究文件夹。",
            )
        ) from None
    return found


@lru_cache
def _static(name: str) -> str:
    return resources.files("xinzhi.report").joinpath("static", name).read_text(encoding="utf-8")
