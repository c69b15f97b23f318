"""The pages of the server: shells for the bundled script, and the data of a run as its report holds them."""

from __future__ import annotations

import html
from functools import cache
from importlib import resources
from typing import Literal

from xinzhi import __version__
from xinzhi.core.results import digest
from xinzhi.web.answers import missing
from xinzhi.web.delivery import Content
from xinzhi.web.shelf import API, RunOnShelf

Asset = Literal["report.js", "report.css"]
REPORT = "report.html"
_MEDIA: dict[Asset, str] = {"report.js": "text/javascript; charset=utf-8", "report.css": "text/css; charset=utf-8"}
# As report/page.py has them: to take them from there would load the sciences before the first page can be sent.
_OPEN, _CLOSE = b'<script type="application/json" id="payload">', b"</script>"

_SHELL = """\
<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Xinzhi {version}">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<meta name="xinzhi-api" content="{api}">
<title>{title}</title>
{preload}<link rel="stylesheet" href="/static/report.css?v={style}">
<script src="/static/report.js?v={script}" defer></script>
</head>
<body>
<div id="app"><noscript><p>{noscript}</p></noscript></div>
</body>
</html>
"""
_NOSCRIPT = "本页需启用 JavaScript。 This page needs JavaScript."


def of_studies() -> Content:
    """The page that lists the studies."""
    return _shell(API, "Xinzhi 新质", "")


def run_page(run: RunOnShelf) -> Content:
    """The page of a run. Its data are asked for beside the script, not after it."""
    preload = f'<link rel="preload" as="fetch" crossorigin href="{html.escape(run.api)}/payload">\n'
    return _shell(run.api, run.title["zh"], preload)


def _shell(api: str, title: str, preload: str) -> Content:
    text = _SHELL.format(
        version=html.escape(__version__),
        api=html.escape(api),
        title=html.escape(title),
        preload=preload,
        style=asset("report.css").tag,
        script=asset("report.js").tag,
        noscript=_NOSCRIPT,
    )
    return _content(text.encode("utf-8", "replace"), "text/html; charset=utf-8")


@cache
def asset(name: Asset) -> Content:
    """The bundled script or style."""
    return _content(resources.files("xinzhi.report").joinpath("static", name).read_bytes(), _MEDIA[name])


def payload(run: RunOnShelf) -> Content:
    """The data that a run's report is drawn from, as they were written into it. Raises ``Refused`` without a report."""
    file = run.file(REPORT)
    content = file.read_bytes() if file is not None else b""
    start = content.find(_OPEN)
    end = content.find(_CLOSE, start)
    if start < 0 or end < 0:
        raise missing("no-report", "report of run", "运行报告", run.id)
    return _content(content[start + len(_OPEN) : end], "application/json")


def _content(plain: bytes, media: str) -> Content:
    return Content.of(plain, media, digest(plain)[:20])
