from __future__ import annotations

import pytest

from xinzhi.data.recognise.segmenting import parted, words


def test_words_of_two_languages():
    assert list(words("基于ai的量子计算机 gene editing、3d打印")) == [
        *("基于", "ai", "的", "量子", "计算机", "gene", "editing", "3d", "打印")
    ]
    assert list(words("—…，😀")) == []


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("审核能力建设", "核能"),
        ("氢能够用于", "氢能"),
        ("扩大模型规模", "大模型"),
        ("人工智能体育", "智能体"),
        ("建设智能体系", "智能体"),
        ("教育种类", "育种"),
        ("防水培训", "水培"),
    ],
)
def test_a_word_that_takes_a_character_away(text, phrase):
    start = text.index(phrase)
    assert parted(text, start, start + len(phrase))


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("核能发电", "核能"),
        ("发展核能源", "核能"),
        ("氢能产业", "氢能"),
        ("训练大模型", "大模型"),
        ("多智能体系统", "智能体"),
        ("合成生物学", "合成生物"),
        ("基因组学研究", "基因组"),
        ("风力发电机", "风力发电"),
        ("量子计算机", "量子计算"),
    ],
)
def test_a_word_that_goes_on(text, phrase):
    start = text.index(phrase)
    assert not parted(text, start, start + len(phrase))
