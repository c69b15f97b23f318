from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles.recognition import hits as slow_hits
from xinzhi.data.recognise import matching
from xinzhi.data.recognise.matching import Matcher
from xinzhi.data.taxonomies import Taxonomy

# The first example reads dictionaries.
UNHURRIED = settings(deadline=None)

NAMED = {"title": "t", "about": "a", "source": "s", "wording": ["en"]}
WORDS = {
    "a": (
        ["AI", "neural network", "network", "photovoltaic*", "battery", "5G"],
        ["人工智能", "大模型", "核能", "DNA合成"],
    ),
    "b": (["chip", "deep-learning", "box", "A.I.", "immunolog* test"], ["芯片", "智能体"]),
}
WITHOUT = {"a": (["neural network of worms"], ["核能力"]), "b": (["chip and dip"], ["生物芯片"])}


def taxonomy(words=None, without=None):
    words, without = words or WORDS, WITHOUT if without is None else without
    classes = [
        {
            "code": code,
            "name": code,
            "words": {"en": en, "zh": zh},
            "without": dict(zip(("en", "zh"), without.get(code, ([], [])), strict=True)),
        }
        for code, (en, zh) in words.items()
    ]
    return Taxonomy.model_validate({"code": "x", **NAMED, "classes": classes})


def found(texts, of=None):
    """Hits as (text, class, phrase, start, end)."""
    of = of or taxonomy()
    matcher = Matcher.of(of)
    return {
        (text, of.classes[own].code, matcher.phrases[phrase].text, start, end)
        for hits, _ in matcher.find(texts)
        for text, phrase, own, start, end in zip(
            *(getattr(hits, name).tolist() for name in ("text", "phrase", "of", "start", "end")), strict=True
        )
    }


def phrases(text, code="a"):
    return sorted(phrase for _, own, phrase, _, _ in found([text]) if own == code)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("AI and AIs, not ai or AIR", ["AI", "AI"]),
        ("基于AI的", ["AI"]),
        ("Neural Networks", ["neural network"]),
        ("a neural network of worms", []),
        ("a network", ["network"]),
        ("photovoltaics, Photovoltaic; photo", ["photovoltaic*", "photovoltaic*"]),
        ("batteries", ["battery"]),
        ("5G, 2.5G, 5GHz, 15G, 5g", ["5G"]),
        ("審核能力與核能", ["核能"]),
        ("人工智能體", ["人工智能"]),
        ("DNA合成 dna合成", ["DNA合成"]),
        ("NEURAL\nNETWORK", ["neural network"]),
        ("neural-network", ["neural network"]),
    ],
)
def test_phrases_are_meant_as_documented(text, wanted):
    assert phrases(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("boxes of chips", ["box", "chip"]),
        ("chip and dip", []),
        ("生物芯片与芯片", ["芯片"]),
        ("A.I. is deep learning", ["A.I.", "deep-learning"]),
        ("immunological tests; immunology of tests", ["immunolog* test"]),
    ],
)
def test_more_phrases(text, wanted):
    assert phrases(text, "b") == wanted


def test_places_are_of_the_text_as_given():
    text = "<p>The  Ｎeural\u200b Networks of 審核與核能"
    assert {text[start:end] for _, _, _, start, end in found([text])} == {"Ｎeural\u200b Networks", "核能"}


PIECES = [
    *(
        "AI",
        "ai",
        "neural network",
        "Neural-Networks",
        " of worms",
        "network",
        "photovoltaics",
        "batteries",
        "5G",
        "2.5G",
    ),
    *(
        "人工智能",
        "人工智慧",
        "擴大模型",
        "审核能力",
        "核能力",
        "DNA合成",
        "chip",
        "CHIPS",
        " and dip",
        "生物芯片",
        "box",
    ),
    *(" ", "-", "，", "的", "\u200b", "x", "😀", "<b>", "&amp;", "\n", "体系", "智能"),
]


@UNHURRIED
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), max_size=4))
def test_as_the_slow_way_finds_them(texts):
    wanted = {
        (number, code, *hit)
        for number, text in enumerate(texts)
        for code in WORDS
        for hit in slow_hits(
            [word for word in (*WORDS[code][0], *WORDS[code][1]) if "* " not in word],
            [*WITHOUT[code][0], *WITHOUT[code][1]],
            text,
        )
    }
    assert found(texts) == wanted


@UNHURRIED
@given(st.lists(st.sampled_from(PIECES), min_size=30, max_size=60).map("".join))
def test_a_long_text_in_pieces_is_as_a_whole(text):
    whole = found([text])
    small, leap = matching.PIECE, matching._LEAP
    matching.PIECE, matching._LEAP = 64, 40
    try:
        assert found([text]) == whole
    finally:
        matching.PIECE, matching._LEAP = small, leap


def test_ten_megabytes_in_one_cell():
    text = "x" * 5_000_000 + " AI " + "核" * 5_000_000 + " neural networks"
    assert {hit[2:] for hit in found(["", text, "AI"])} == {
        ("AI", 5_000_001, 5_000_003),
        ("neural network", 10_000_005, 10_000_020),
        ("AI", 0, 2),
    }


def test_a_taxonomy_without_phrases_finds_nothing():
    assert found(["AI"], taxonomy({"a": ([], [])}, {})) == set()


def test_phrases_with_nothing_in_them_are_told():
    matcher = Matcher.of(taxonomy({"a": (["*", " ", "AI"], ["\u200b"])}, {}))
    assert {text for _, text in matcher.empty} == {"*", " ", "\u200b"}
    assert [phrase.text for phrase in matcher.phrases] == ["AI"]


def test_texts_with_traditional_characters_are_counted_once():
    matcher = Matcher.of(taxonomy())
    ((_, traditional),) = matcher.find(["机器", "機器學習", "", "無"])
    assert np.array_equal(traditional, [1, 3])
