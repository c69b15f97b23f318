"""What holds for any name: nothing exact is changed, nothing ambiguous is settled, nothing is mended unsaid."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xinzhi.data.regions import GAZETTEERS, gazetteer, resolve
from xinzhi.data.units import conversion, units

BOOKS = [name for name in GAZETTEERS if name != "own"]
EXACT = ("code", "name", "alias")


def spellings(book: str):
    whole = gazetteer(book)
    for entry in (*whole.regions.values(), *whole.aggregates.values()):
        for spelling in (entry.code, *entry.codes, entry.name_en, entry.name_zh, *entry.aliases):
            if spelling:
                yield entry.code, spelling


@pytest.mark.parametrize("book", BOOKS)
def test_every_spelling_means_its_own_region(book):
    for code, spelling in spellings(book):
        match = resolve([spelling], book)[spelling]
        assert (match.code, match.how in EXACT) == (code, True), spelling


@pytest.mark.parametrize("book", BOOKS)
def test_no_spelling_is_also_that_of_another_once_confusable_characters_are_one(book):
    shapes = gazetteer(book)._shapes
    assert [shape for shape, codes in shapes.items() if len(codes) > 1 and len(shape) > 2] == []


@given(st.sampled_from(BOOKS), st.data())
@settings(max_examples=60, deadline=None)
def test_spaces_and_width_do_not_matter(book, data):
    code, spelling = data.draw(st.sampled_from(sorted(spellings(book))))
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in spelling)
    assert resolve([f" {wide}　"], book)[f" {wide}　"].code == code


@given(st.sampled_from(BOOKS), st.data())
@settings(max_examples=60, deadline=None)
def test_damage_is_said_or_left_alone(book, data):
    """One character struck out: the right region, as a repair; or nobody; or another region's exact name."""
    code, spelling = data.draw(st.sampled_from(sorted(spellings(book))))
    at = data.draw(st.integers(0, len(spelling) - 1))
    damaged = spelling[:at] + spelling[at + 1 :]
    match = resolve([damaged], book)[damaged]
    if match.code is not None and match.code != code:
        assert match.how in (*EXACT, "spacing")
    elif match.code is not None:
        assert match.repaired or match.how in EXACT
    else:
        assert not match.repaired


@given(st.text(max_size=12), st.sampled_from(BOOKS))
@settings(max_examples=60, deadline=None)
def test_any_text_has_an_answer(text, book):
    match = resolve([text], book)[text]
    assert match.code is None or gazetteer(book).find(match.code) is not None
    assert (match.code is None) == (match.how is None)


@given(st.lists(st.text(max_size=6), max_size=8))
@settings(max_examples=30, deadline=None)
def test_every_distinct_name_is_answered_once(names):
    assert list(resolve(names, "china-provinces").matches) == list(dict.fromkeys(names))


@given(st.sampled_from(units()), st.sampled_from(units()))
@settings(max_examples=60, deadline=None)
def test_conversion_there_and_back_is_nothing(one, other):
    there, back = conversion(one.zh, other.zh), conversion(other.zh, one.zh)
    assert (there is None) == (back is None) == (one.dimension != other.dimension)
    if there is not None:
        assert there * back == pytest.approx(1)
