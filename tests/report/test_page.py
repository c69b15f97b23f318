"""One file that loads nothing, whatever the study's names hold."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from tests.report.runs import a_run
from xinzhi import report
from xinzhi.report.page import embedded

NASTY = ("</script><img src=x onerror=alert(1)>", "<!--<script>", "a\u2028b\u2029c", "C & D", '"E"')


class Elements(HTMLParser):
    """The elements of a page with their attributes, and the text inside scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self.texts.append("")

    def handle_data(self, data):
        if self.texts:
            self.texts[-1] += data


def inside(html: str, tag: str, **attributes: str) -> str:
    elements = Elements(html)
    hits = [
        text
        for (name, attrs), text in zip(elements.found, elements.texts, strict=True)
        if name == tag and attributes.items() <= attrs.items()
    ]
    assert len(hits) == 1
    return hits[0]


@pytest.fixture(scope="module")
def html(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("study")
    return report.write(a_run(folder, years=3), folder).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def nasty(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("nasty")
    run = a_run(folder, regions="own", own=NASTY, years=3, title_en='"</title><script>alert(2)</script>"')
    return report.page(report.payload(run))


def test_page_loads_nothing(html):
    for tag, attributes in Elements(html).found:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form"}
        assert not {"src", "href", "srcset", "action"} & attributes.keys(), tag
        assert not [name for name in attributes if name.startswith("on")], tag
    assert not re.search(r"@import|url\(\s*['\"]?https?:", inside(html, "style"))


def test_policy_lets_nothing_in_but_the_own_script(html):
    policies = [attrs["content"] for tag, attrs in Elements(html).found if attrs.get("http-equiv")]
    script = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert len(policies) == 1
    assert len(script) == 1
    allowed = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert "default-src 'none'" in policies[0]
    assert f"script-src 'sha256-{allowed}'" in policies[0]
    assert "connect-src" not in policies[0]
    assert "http" not in policies[0]


def test_names_cannot_become_markup(nasty):
    elements = Elements(nasty)
    assert [tag for tag, _ in elements.found].count("script") == 2
    assert "img" not in [tag for tag, _ in elements.found]
    document = json.loads(inside(nasty, "script", id="payload"))
    assert [region["name"]["en"] for region in document["regions"]] == list(NASTY)
    assert document["title"]["en"] == "</title><script>alert(2)</script>"


def test_embedded_json_is_safe_in_a_script_and_unchanged():
    document = {"<": list(NASTY)}
    text = embedded(document)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == document


def test_no_number_that_json_does_not_know():
    with pytest.raises(ValueError, match="JSON"):
        embedded({"a": float("nan")})


def test_equal_runs_give_equal_pages(tmp_path, html):
    assert report.page(report.payload(a_run(tmp_path, years=3))).replace(tmp_path.name, "") == re.sub(
        r"(xinzhi run )[^\"]+", r"\1", html
    )


def test_a_large_study_stays_a_file_one_can_send(tmp_path):
    run = a_run(tmp_path, regions="countries", years=35, per_pillar=15, missing=0.3, drop=34, fictional=False)
    assert len(report.page(report.payload(run)).encode()) < 6_000_000
