"""Concordances: from tables, one after another, backwards, and what is carried through them."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from xinzhi.core.errors import DataError, MethodError
from xinzhi.structure.concordance import Concordance, carried
from xinzhi.structure.correspondences import concordance
from xinzhi.structure.links import Links

ROWS = pd.DataFrame(
    {
        "science": ["physics", "physics", "biology", "biology"],
        "technology": ["optics", "chips", "drugs", "optics"],
        "share": [0.25, 0.75, 0.9, 0.1],
    }
)
ON = pd.DataFrame(
    {
        "technology": ["chips", "drugs", "optics", "optics"],
        "industry": ["26", "21", "26", "32"],
        "share": [1, 1, 0.5, 0.5],
    }
)


def to_technology(rows=ROWS, **how):
    return concordance(rows, source="science", target="technology", share="share", **how)


def to_industry(rows=ON, **how):
    return concordance(rows, source="technology", target="industry", share="share", **how)


def links(table, periods=("all",)):
    values = tuple(sparse.csr_array(np.array(one, dtype=float)) for one in table)
    regions = np.array([f"r{at}" for at in range(values[0].shape[0])], dtype=object)
    return Links(values, regions, np.array(["biology", "physics"], dtype=object), tuple(periods))


def test_by_hand():
    found = to_technology()
    assert found.sources.tolist() == ["biology", "physics"]
    assert found.to_table().loc["physics"].to_dict() == {"chips": 0.75, "drugs": 0, "optics": 0.25}
    assert len(found.to_frame()) == 4
    assert "science → technology, 2 → 3 classes" in repr(found)


def test_what_is_carried_is_neither_made_nor_lost():
    moved = carried(links([[[10, 4], [0, 8], [0, 0]]]), to_technology())
    assert moved.links.activities.tolist() == ["chips", "drugs", "optics"]
    np.testing.assert_allclose(moved.links.at().toarray(), [[3, 9, 2], [6, 0, 2], [0, 0, 0]])
    assert moved.lost == 0
    assert moved.kept[0, :2].tolist() == [1, 1]
    assert np.isnan(moved.kept[0, 2])  # a region of nothing
    assert to_technology().carry(links([[[10, 4]]])).links.at().sum() == 14


def test_every_class_that_does_not_sum_to_one_is_named_with_its_sum():
    with pytest.raises(DataError) as caught:
        to_technology(ROWS.assign(share=[0.25, 0.7, 0.9, 0.2]))
    assert [fault.code for fault in caught.value.faults] == ["sum-not-one"] * 2
    assert "'biology' sum to 1.1" in caught.value.say()
    assert "“physics”的份额合计为 0.95" in caught.value.say("zh")
    assert to_technology(ROWS.assign(share=[0.25, 0.7, 0.9, 0.1]), tolerance=0.06).shares.sum() == pytest.approx(1.95)
    with pytest.raises(DataError, match="'physics' sum to 0,"):
        to_technology(ROWS.assign(share=[0, 0, 0.9, 0.1]))


def test_weights_and_bare_pairs_are_brought_to_one():
    assert to_technology(ROWS.assign(share=[1, 3, 9, 1]), weights=True).to_table().loc["physics", "chips"] == 0.75
    assert concordance(ROWS, source="science", target="technology").to_table().loc["biology", "drugs"] == 0.5


def test_rows_that_cannot_be_are_counted_with_the_first():
    wrong = pd.DataFrame(
        {
            "science": ["a", None, "a", "b", "b"],
            "technology": ["x", "x", " ", "x", "y"],
            "share": ["0.5", "0.5", "-0.5", "much", "inf"],
        }
    )
    with pytest.raises(DataError) as caught:
        to_technology(wrong)
    found = {fault.code: fault.row for fault in caught.value.faults}
    assert found == {"no-source": 2, "no-target": 3, "no-share": 4, "negative-share": 3, "infinite-share": 5}
    with pytest.raises(DataError, match="names a column 'field' that is not there"):
        concordance(ROWS, source="field", target="technology")


def test_tables_that_are_none():
    with pytest.raises(DataError, match="the column mixes kinds: str and int"):
        to_technology(ROWS.assign(science=["physics", 1, 1.0, "biology"]))
    with pytest.raises(DataError, match="there are no rows"):
        to_technology(ROWS.iloc[:0])
    with pytest.raises(DataError, match="'science' 2 times"):
        concordance(ROWS.set_axis(["science", "science", "share"], axis=1), source="science", target="technology")
    with pytest.raises(DataError, match="no option 'where'"):
        concordance(ROWS, source="science", target="technology", where={"share": "1"})
    unused = ROWS.assign(note=["a", 1, None, 2.5])
    assert to_technology(unused).to_table().equals(to_technology(ROWS).to_table())


def test_weights_of_nothing_are_told_as_such():
    with pytest.raises(DataError, match="the weights of 1 classes sum to 0: biology") as caught:
        to_technology(ROWS.assign(share=[1, 3, 0, 0]), weights=True)
    assert "权重合计为 0" in caught.value.say("zh")


def test_pairs_twice_are_added_up_and_told():
    twice = pd.concat([ROWS.assign(share=ROWS["share"] / 2)] * 2)
    found = to_technology(twice)
    assert found.to_table().loc["physics", "chips"] == 0.75
    assert [notice.code for notice in found.notices] == ["rows-added-up"]


def test_classes_unknown_on_either_side():
    with pytest.raises(DataError) as caught:
        to_technology(sources=["physics", "chemistry"], targets=["optics", "chips", "Drugs", "ships"])
    codes = {fault.code: fault.severity for fault in caught.value.faults}
    assert codes == {
        "unknown-source": "error",
        "no-entry-source": "error",
        "unknown-target": "error",
        "no-entry-target": "warning",
    }
    assert "'drugs' is written 'Drugs' there" in caught.value.say()
    assert [one.code for one in to_technology(targets=["optics", "chips", "drugs", "ships"]).notices] == [
        "no-entry-target"
    ]


def test_codes_of_numbers_are_the_same_in_every_form(tmp_path):
    table = pd.DataFrame({"from": [1, 2, 2], "to": ["01", "01", "02"], "share": [1, 0.5, 0.5]})
    path = tmp_path / "table.csv.gz"
    path.write_bytes(gzip.compress(table.to_csv(index=False).encode()))
    read = concordance(path, source="from", target="to", share="share")
    assert read.targets.tolist() == ["01", "02"]
    whole = concordance(table, source="from", target="to", share="share")
    pd.testing.assert_frame_equal(read.to_table(), whole.to_table())
    floats = concordance(table.assign(**{"from": [1.0, 2.0, 2.0]}), source="from", target="to", share="share")
    assert floats.sources.tolist() == ["1", "2"]
    assert list(read.record.inputs) == ["table.csv.gz"]


def test_one_after_another():
    both = to_technology().then(to_industry())
    assert (both.source, both.target) == ("science", "industry")
    assert both.to_table().loc["physics"].to_dict() == {"21": 0, "26": 0.875, "32": 0.125}


def test_a_class_in_between_without_a_way_on():
    short = to_industry(ON[ON["technology"] != "optics"])
    with pytest.raises(MethodError, match="no entry in the concordance to industry: optics"):
        to_technology().then(short)
    both = to_technology().then(short, unknown="rescale")
    assert both.to_table().loc["physics", "26"] == 1
    assert [notice.code for notice in both.notices] == ["rescaled"]
    only = to_technology().then(to_industry(ON[ON["technology"] == "drugs"]), unknown="rescale")
    assert only.sources.tolist() == ["biology"]
    assert "no-way" in [notice.code for notice in only.notices]


def test_editions_must_meet():
    first = to_technology(vintages=("2010", "2008"))
    with pytest.raises(MethodError, match="leads to technology 2008, the second starts from 2019"):
        first.then(to_industry(vintages=("2019", "")))
    assert first.then(to_industry(vintages=("2008", "Rev.2"))).vintages == ("2010", "Rev.2")
    assert first.then(to_industry()).vintages == ("2010", "")


def test_the_way_back_is_bayes():
    back = to_technology().inverse({"physics": 30, "biology": 10})
    assert back.to_table().loc["optics"].to_dict() == pytest.approx({"biology": 1 / 8.5, "physics": 7.5 / 8.5})
    one = to_technology().inverse([1, 0])
    assert one.sources.tolist() == ["drugs", "optics"]
    assert "chips" in one.notices[0].en
    with pytest.raises(MethodError, match="not all of them 0"):
        to_technology().inverse([0, 0])


def test_activities_without_an_entry_stop_the_work_or_are_told():
    short = to_technology(ROWS[ROWS["science"] == "physics"])
    given = links([[[1, 9], [2, 0]]])
    with pytest.raises(MethodError, match=r"1 activities have no entry .* 25\.00%"):
        carried(given, short)
    moved = carried(given, short, unknown="drop")
    assert moved.links.at().sum() + moved.unknown["value"].sum() == pytest.approx(12)
    assert moved.unknown.to_dict("list") == {
        "period": ["all"],
        "activity": ["biology"],
        "value": [3],
        "share": [0.25],
    }
    assert moved.kept.tolist() == [[0.9, 0.0]]
    assert [one.label for one in moved.links.dropped] == ["biology"]
    assert moved.links.notices[0].code == "no-entry"


def test_codes_of_another_classification_are_not_dropped():
    other = concordance(
        pd.DataFrame({"a": ["Physics", "0biology"], "b": ["x", "y"]}), source="a", target="b", vintages=("2010", "")
    )
    with pytest.raises(MethodError) as caught:
        carried(links([[[1, 9]]]), other, unknown="drop")
    assert caught.value.faults[0].code == "wrong-codes"
    assert "100.0%" in caught.value.say()
    assert "is written" in caught.value.say()
    assert "写作" in caught.value.say("zh")


def test_an_activity_nobody_has_needs_no_entry():
    moved = carried(links([[[0, 9]]]), to_technology(ROWS[ROWS["science"] == "physics"]))
    assert moved.links.at().sum() == 9


def test_a_concordance_for_each_period():
    later = to_technology(ROWS.assign(technology=["light", "chips", "drugs", "light"]))
    given = links([[[10, 4]], [[10, 4]]], (2000, 2010))
    moved = carried(given, {2000: to_technology(), 2010: later})
    assert moved.links.activities.tolist() == ["chips", "drugs", "light", "optics"]
    assert moved.links.at(2000).toarray().tolist() == [[3, 9, 0, 2]]
    assert moved.links.at(2010).toarray().tolist() == [[3, 9, 2, 0]]
    with pytest.raises(MethodError, match="2010"):
        carried(given, {2000: to_technology()})


def test_made_by_hand_it_is_checked_too():
    labels = np.array(["a"], dtype=object)
    with pytest.raises(DataError, match="'a' sum to 2"):
        Concordance(sparse.csr_array([[2.0]]), labels, labels, "x", "y")


def test_shares_below_nothing_are_refused_though_they_sum_to_one():
    with pytest.raises(DataError, match="the lowest is -1"):
        Concordance(sparse.csr_array([[2.0, -1.0]]), ROWS["science"].to_numpy()[:1], np.array(["x", "y"]), "s", "t")


def test_only_links_are_carried():
    with pytest.raises(MethodError, match="found DataFrame"):
        carried(ROWS, to_technology())


def test_the_published_tables_sum_to_one_and_meet(shared_data):
    def read(name, source, target):
        path = shared_data / "links" / f"concordance_{name}.csv"
        if not path.is_file():
            pytest.skip(f"no {path.name}")
        return concordance(path, source=source, target=target, share="share")

    science, industry = read("science_wipo35", "science", "wipo35"), read("wipo35_nace2", "wipo35", "nace2")
    both = science.then(industry)
    assert both.shares.shape == (27, 88)
    np.testing.assert_allclose(both.shares.sum(axis=1), 1, atol=1e-12)
    assert "01" in both.targets  # a code with its zero
    finer = read("science_ipc3", "science", "ipc3").then(read("ipc3_nace2", "ipc3", "nace2"), unknown="rescale")
    np.testing.assert_allclose(finer.shares.sum(axis=1), 1, atol=1e-12)
