from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xinzhi as xz
from tests.data.recognise.recognising import records, taxonomy
from xinzhi.core.errors import DataError, MethodError

# The first example reads dictionaries.
UNHURRIED = settings(deadline=None)

SMALL = taxonomy()


def recognised(texts, of=SMALL, **how):
    return xz.recognise(pd.DataFrame({"text": pd.Series(texts, dtype=object)}), of, text="text", **how)


def codes_of(faults):
    return {fault.code for fault in faults}


def test_words_and_codes_by_the_prior():
    frame = pd.DataFrame(
        {
            "id": ["a", "b", "c", "d"],
            "title": ["Solar photovoltaics", "a semiconductor", "hotel", None],
            "ipc": ["H02S 40/44; G06F 3/01", "", "H01L21/027|H01L 29/00", None],
        }
    )
    found = xz.recognise(frame, SMALL, text=["title"], codes={"ipc": "ipc"}, ids="id")
    expected = pd.DataFrame(0.0, index=list("abcd"), columns=["energy", "solar", "wind", "chips"])
    expected.loc["a", ["energy", "solar"]] = 1 - 0.3**2 * 0.2
    expected.loc["b", "chips"], expected.loc["c", "chips"] = 0.7, 0.8
    np.testing.assert_allclose(found.probability.toarray(), expected, atol=1e-12)
    assert found.classes == [("energy", "solar"), ("chips",), ("chips",), ()]
    assert found.outcome.tolist() == ["classes", "classes", "classes", "unread"]
    np.testing.assert_allclose(found.none, [0.3**2 * 0.2, 0.3, 0.2, np.nan], atol=1e-12)
    assert not found.calibrated
    evidence = found.evidence[found.evidence["id"] == "a"]
    assert set(evidence.loc[evidence["class"] == "solar", "found"].dropna()) == {"Solar", "photovoltaics"}
    assert "ipc H02S 40/44" in set(evidence["what"])
    rows = found.to_frame()
    assert rows.loc[rows["id"] == "d", "class"].tolist() == ["unread"]
    assert rows.loc[rows["id"] == "d", "probability"].isna().all()
    assert rows.loc[rows["id"] == "c", "because"].tolist() == ["ipc H01L21/027; ipc H01L 29/00"]


def test_what_is_in_a_class_is_in_those_above_it_once():
    found = recognised(["solar solar energy"])
    np.testing.assert_allclose(found.probability.toarray()[0], [1 - 0.3**2, 0.7, 0, 0])
    assert found.evidence.set_index(["class", "what"]).loc[("solar", "solar"), "times"] == 2


@pytest.mark.parametrize(
    "make", [pd.DataFrame, pl.DataFrame, pa.table, lambda cells: __import__("ibis").memtable(pd.DataFrame(cells))]
)
def test_any_table(make):
    found = xz.recognise(make({"t": ["solar", "", "x"], "i": [3, 1, 2]}), SMALL, text="t", ids="i")
    assert dict(zip(found.ids, found.outcome.tolist(), strict=True)) == {3: "classes", 1: "unread", 2: "none"}


def test_records_of_another_room(tmp_path):
    from xinzhi.data.micro.records import records as micro_records

    file = tmp_path / "firms.csv"
    file.write_text("firm,scope\na,solar\nb,hotel\n", encoding="utf-8")
    found = xz.recognise(micro_records(file, unit="firm"), SMALL, text="scope", ids="firm")
    assert dict(zip(found.ids, found.outcome.tolist(), strict=True)) == {"a": "classes", "b": "none"}


HOSTILE = [
    None,
    float("nan"),
    "",
    "  \ufeff\u200b ",
    12,
    3.5,
    "=HYPERLINK(\"http://x\",\"solar\")",
    "😀太陽能🤖",
    "<p>so<b>lar</b></p>",
    "\ufeffsolar",
    "\x00chip\x00",
    "光伏與光伏",
    b"wind turbine",
    True,
]  # fmt: skip


def test_hostile_cells_are_read_or_told():
    found = recognised(HOSTILE)
    got = dict(enumerate(found.classes))
    wanted = {6: ("energy", "solar"), 7: ("energy", "solar"), 8: ("energy", "solar"), 9: ("energy", "solar")}
    wanted |= {10: ("chips",), 11: ("energy", "solar"), 12: ("energy", "wind")}
    assert {at: classes for at, classes in got.items() if classes} == wanted
    assert found.outcome[:4].tolist() == ["unread"] * 4
    assert {"blank-texts", "traditional-characters"} <= codes_of(found.notes)
    assert all(note.en and note.zh for note in found.notes)
    assert len(set(found.to_frame()["id"])) == len(HOSTILE)


def test_a_cell_of_ten_megabytes_is_read_and_told():
    found = recognised(["a" * 10_000_000 + " 太陽能", "solar"])
    assert found.classes == [("energy", "solar")] * 2
    assert found.evidence["start"].max() == 10_000_001
    assert "long-texts" in codes_of(found.notes)


def test_numbers_blanks_and_unreadable_codes_are_told():
    frame = pd.DataFrame({"text": [1.5, 2.0, 3.0], "naics": [334413.0, 722511.0, np.nan], "ipc": ["?!", "H02S", "zz"]})
    found = xz.recognise(frame, SMALL, text="text", codes={"naics2017": "naics", "ipc": "ipc"})
    assert found.classes == [("chips",), ("energy", "solar"), ()]
    assert {"not-text", "codes-as-numbers", "unreadable-codes"} <= codes_of(found.notes)


def test_repeated_ids_are_told():
    frame = pd.DataFrame({"id": ["a", "a"], "text": ["solar", "chip"]})
    found = xz.recognise(frame, SMALL, text="text", ids="id")
    assert codes_of(found.notes) == {"repeated-ids"}
    assert found.classes == [("energy", "solar"), ("chips",)]


def test_everything_wrong_with_the_columns_at_once():
    with pytest.raises(DataError) as refused:
        xz.recognise(pd.DataFrame({"text": ["x"]}), SMALL, text=["titel", "tex"], codes={"upc": "code"}, ids="who")
    assert sorted(fault.code for fault in refused.value.faults) == ["unknown-column"] * 4 + ["unknown-scheme"]
    assert "text" in refused.value.say()
    with pytest.raises(DataError) as nothing:
        xz.recognise(pd.DataFrame({"text": ["x"]}), SMALL)
    assert codes_of(nothing.value.faults) == {"nothing-to-read"}


@pytest.mark.parametrize("threshold", [0.0, 1.0, -1, 7])
def test_a_threshold_is_a_probability(threshold):
    with pytest.raises(MethodError, match="threshold"):
        recognised(["x"], threshold=threshold)


def test_a_taxonomy_of_ones_own_from_a_file(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        '\ufefftitle = "Mine"\nabout = "a"\nsource = "s"\nwording = ["zh"]\n'
        '[[class]]\ncode = "tea"\nname = "茶"\nwords.zh = ["茶叶"]\n[[class]]\ncode = "q"\nname = "Q"\n'
        'topics = ["quantum"]\n',
        encoding="utf-8",
    )
    found = recognised(["茶葉 and quantum computers"], file)
    assert found.classes == [("tea", "q")]
    assert found.taxonomy.code == "mine"


BAD = """title = "Mine"
about = 3
wording = ["fr"]
odd = true
[[class]]
code = "a"
name = "A"
parent = "b"
codes.ipc = ["nonsense!"]
[[class]]
code = "a"
name = 5
words = ["x"]
"""


def test_a_faulty_taxonomy_is_reported_in_full(tmp_path):
    file = tmp_path / "bad.toml"
    file.write_text(BAD, encoding="utf-8")
    with pytest.raises(DataError) as refused:
        recognised(["x"], file)
    places = {fault.column for fault in refused.value.faults}
    assert {"about", "source", "wording.1", "odd", "classes.2.name", "classes.2.words"} <= places
    assert all(fault.file == "bad.toml" and fault.zh for fault in refused.value.faults)
    sound = {"title": "t", "about": "a", "source": "s", "wording": ["en"], "code": "m"}
    doubled = [{"code": "a", "name": "A", "parent": "b", "codes": {"ipc": ["!"]}}, {"code": "a", "name": "B"}]
    with pytest.raises(DataError) as refused:
        recognised(["x"], sound | {"class": doubled})
    said = refused.value.say()
    assert "twice" in said
    assert "parent 'b'" in said
    assert "'!'" in said


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"title = ", b""])
def test_a_file_that_is_no_taxonomy(tmp_path, content):
    (tmp_path / "no.toml").write_bytes(content)
    with pytest.raises(DataError):
        recognised(["x"], tmp_path / "no.toml")
    with pytest.raises(DataError):
        recognised(["x"], tmp_path / "none.toml")


def test_an_unknown_taxonomy_is_refused_with_near_names():
    with pytest.raises(MethodError, match="future-industries"):
        recognised(["x"], "future-industry")


def test_phrases_and_classes_that_cannot_be_found_are_told():
    own = {"title": "t", "about": "a", "source": "s", "wording": ["en"], "code": "m"}
    found = recognised(
        ["x"], own | {"class": [{"code": "a", "name": "A", "words": {"en": [" "]}}, {"code": "b", "name": "B"}]}
    )
    assert {"empty-phrases", "classes-without-words"} <= codes_of(found.notes)
    assert found.outcome.tolist() == ["none"]


def test_it_says_what_it_did_in_both_languages():
    found = recognised(["solar", "x", None])
    for language in ("en", "zh"):
        assert len(found.say(language).splitlines()) == 6
    assert str(found) == found.say()
    assert "1" in found.say("zh").splitlines()[2]
    assert found.record.operation == "recognise"
    assert found.counts.to_dict() == {"energy": 1, "solar": 1, "wind": 0, "chips": 0}


TEXTS = st.lists(
    st.lists(st.sampled_from(["solar", "光伏", "芯片", "wind turbines", "hotel", "的", "能源"]), max_size=4).map(
        " ".join
    ),
    min_size=1,
    max_size=8,
)


@UNHURRIED
@given(TEXTS, st.randoms(use_true_random=False))
def test_the_order_of_records_and_columns_does_not_matter(texts, random):
    frame = pd.DataFrame({"a": texts, "b": texts[::-1], "i": range(len(texts))})
    order = list(range(len(texts)))
    random.shuffle(order)
    found = xz.recognise(frame, SMALL, text=["a", "b"], ids="i")
    moved = xz.recognise(frame.iloc[order][["i", "b", "a"]], SMALL, text=["a", "b"], ids="i")
    assert (moved.probability.toarray() == found.probability.toarray()[order]).all()
    turned = xz.recognise(frame, SMALL, text=["b", "a"], ids="i")
    np.testing.assert_allclose(turned.probability.toarray(), found.probability.toarray(), atol=1e-12)
    assert turned.outcome.tolist() == found.outcome.tolist()


@UNHURRIED
@given(TEXTS)
def test_a_class_that_nothing_speaks_for_changes_nothing(texts):
    found, more = recognised(texts), recognised(texts, taxonomy(more=True))
    own = [at for at, code in enumerate(more.codes) if code != "more"]
    assert (more.probability.toarray()[:, own] == found.probability.toarray()).all()
    assert more.counts["more"] == 0


@UNHURRIED
@given(TEXTS)
def test_no_class_is_less_probable_than_one_below_it(texts):
    likely = recognised(texts).probability.toarray()
    assert (likely[:, 0] >= likely[:, 1] - 1e-12).all()
    assert (likely[:, 0] >= likely[:, 2] - 1e-12).all()
    assert ((likely >= 0) & (likely < 1)).all()


def test_records_without_labels_are_all_there():
    frame, labels = records(60)
    found = xz.recognise(frame, SMALL, text=["title", "n"], ids="id")
    assert list(dict.fromkeys(found.to_frame()["id"])) == frame["id"].tolist()
    assert set(found.outcome.tolist()) == {"classes", "none"}
    assert len(labels) == len(found.classes)
