"""What the audit can find is told beside the views that it concerns."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

VIEWS = Path(__file__).parents[2] / "frontend" / "src" / "views.ts"
AUDIT = resources.files("xinzhi.study") / "audit"


def codes() -> set[str]:
    """The codes of everything that an audit may find, as its sources write them after the number of the pitfall."""
    text = "\n".join(file.read_text(encoding="utf-8") for file in AUDIT.iterdir() if file.name.endswith(".py"))
    named = re.findall(r"\bFinding\(\s*\d+,\s*([^,]+),", text)
    return {code for one in named for code in re.findall(r'"([a-z]+(?:-[a-z]+)+)"', one)}


def test_every_finding_has_a_view_that_it_concerns():
    named = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', VIEWS.read_text(encoding="utf-8")))
    assert len(codes()) >= 25
    assert codes() == named
