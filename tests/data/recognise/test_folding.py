from __future__ import annotations

import html

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xinzhi.data.recognise.folding import END, fold, fold_each, fold_one

# The first example reads dictionaries.
UNHURRIED = settings(deadline=None)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("ＧＰＵ　５Ｇ", "gpu 5g"),
        ("機器學習與区塊鏈", "机器学习与区块链"),
        ("brain\u2013computer_interface", "brain computer interface"),
        ("soft\u00adware \u200bzero", "software zero"),
        ("\ufeffbig\n\t data", "big data"),
        ("CO<sub>2</sub> capture", "co2 capture"),
        ("<p>gene&nbsp;editing</p><br/>x", "gene editing x"),
        ("a &lt; b &amp;&amp; c", "a < b && c"),
        ("if a<b and c>d", "if a<b and c>d"),
        ("&notanentity;", "&notanentity;"),
        ('<a href="x">5G</a>', "5g"),
        ("𝐀𝐈 and ⅷ", "ai and ⅷ"),
        ("😀人工智慧🤖", "😀人工智慧🤖"),
        ("", ""),
    ],
)
def test_forms_that_compare_equal(given, wanted):
    assert fold_one(given) == wanted


@UNHURRIED
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters=END)))
def test_every_character_knows_its_place(text):
    folded = fold(text)
    assert len(folded.text) == len(folded.place) == len(folded.cased) == len(folded.codes)
    assert (np.diff(folded.place) > 0).all()
    assert not len(folded.place) or folded.place[-1] < len(text)
    assert "  " not in folded.text


@UNHURRIED
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=6))
def test_texts_folded_together_are_as_folded_alone(texts):
    assert fold_each(texts) == [fold(text.replace(END, " ")).text for text in texts]


@UNHURRIED
@given(st.text("abcXYZ 机器學習5-", max_size=30))
def test_folding_again_changes_nothing(text):
    once = fold(text).text
    assert fold(once).text == once


@UNHURRIED
@given(st.text("abc<>&'\" ;", max_size=30))
def test_escaped_text_is_the_text(text):
    assert fold(html.escape(text).replace("&#x27;", "'")).text == fold(text).text or "<" in text


def test_places_of_markup():
    folded = fold("<b>AI</b> &amp; 機器")
    assert [folded.text[at] for at in range(len(folded.text))] == list("ai & 机器")
    assert folded.place.tolist() == [3, 4, 9, 10, 15, 16, 17]
    assert folded.traditional.tolist() == [False] * 5 + [True, False]
