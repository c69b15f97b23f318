"""What a study file may say of links, concordances and fusion, and what is refused."""

import pytest

from tests.linked import STUDY, linked_study
from xinzhi.core.errors import StudyError
from xinzhi.study.reading import read_study

PLAIN = {"about": "", "science": "", "craft": "", "more": ""}


def refused(tmp_path, text):
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as error:
        read_study(tmp_path)
    return {(fault.code, fault.column): fault for fault in error.value.faults}


def test_methods_go_by_name_with_options_beside_them_or_are_left_out(tmp_path):
    folder = linked_study(
        tmp_path,
        science='presence = { above = 1 }\ncomplexity = false\nrelatedness = "cosine"\nforecast = false',
        craft='presence = "bicm"\ncomplexity = { method = "fitness", draws = 0 }\nrelatedness = { nearest = 3 }',
    )
    science, craft = read_study(folder).spec.links
    assert (science.presence.name, science.presence.options) == ("rca", {"above": 1})
    assert science.complexity is None
    assert science.relatedness.name == "cosine"
    assert (craft.presence.name, craft.complexity.name, craft.relatedness.name) == (
        "bicm",
        "fitness",
        "min-probability",
    )
    assert craft.relatedness.nearest == 3


@pytest.mark.parametrize(
    ("key", "code", "column"),
    [
        ('presence = "rac"', "unknown-method", "links.1.presence"),
        ("presence = { above = 1, at_last = 2 }", "bad-option", "links.1.presence"),
        ("complexity = { draws = 1 }", "one-draw", "links.1.complexity.draws"),
        ("years = [2006, 2001]", "years-out-of-order", "links.1.years"),
        ("periods = [[2001, 2002]]", "two-kinds-of-periods", "links.1"),
        ("least = { region_total = -1 }", "bad-value", "links.1.least.region_total"),
        ("windows = 5", "unknown-key", "links.1.windows"),
    ],
)
def test_a_block_of_links_is_checked_key_by_key(tmp_path, key, code, column):
    found = refused(tmp_path, STUDY.format(**PLAIN | {"science": key}))
    assert found.keys() == {(code, column)}
    fault = found[code, column]
    assert fault.row in (6, 12)
    assert fault.zh != fault.en


def test_a_key_that_is_nearly_right_is_named(tmp_path):
    found = refused(tmp_path, STUDY.format(**PLAIN | {"science": "windows = 5"}))
    assert "window" in found["unknown-key", "links.1.windows"].en


@pytest.mark.parametrize(
    ("before", "after", "code", "column"),
    [
        ('chain = ["science", "craft"]', 'chain = ["science", "art", "craft"]', "unknown-stage", "fusion"),
        ('chain = ["science", "craft"]', 'chain = ["craft", "science"]', "no-concordance", "fusion"),
        ('chain = ["science", "craft"]', 'chain = ["science", "science"]', "stage-twice", "fusion.chain"),
        ('chain = ["science", "craft"]', 'chain = ["science"]', "bad-value", "fusion.chain"),
        ('name = "craft"', 'name = "science"', "links-name-twice", "links"),
        ('name = "craft"', 'name = "a name too long for a sheet"', "bad-value", "links.2.name"),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path, before, after, code, column):
    assert (code, column) in refused(tmp_path, STUDY.format(**PLAIN).replace(before, after))


def test_two_stages_both_need_links(tmp_path):
    text = STUDY.format(**PLAIN)
    text = text.replace('target = "craft"', 'target = "trade"').replace(
        'chain = ["science", "craft"]', 'chain = ["science", "trade"]'
    )
    assert ("unknown-stage", "fusion") in refused(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('[study]\ntitle = "x"\n', "no-data-named"),
        (STUDY.format(**PLAIN) + '[index]\nstructure = "hong-2024"\n', "index-without-source"),
        (STUDY.format(**PLAIN) + '[vary]\nnormalise = ["min-max", "rank"]\n', "vary-without-index"),
        (STUDY.format(**PLAIN) + '[[follow]]\nstatistic = "gini"\n', "vary-without-index"),
    ],
)
def test_what_is_asked_needs_something_to_be_asked_of(tmp_path, text, code):
    assert code in {code for code, _ in refused(tmp_path, text)}
