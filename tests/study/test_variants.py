"""Variants: what changes mean for an index, and the study file that says them."""

from __future__ import annotations

import tomllib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.small import small_study
from xinzhi.core.errors import MethodError, StudyError
from xinzhi.measure.composite import measure
from xinzhi.study.matching import settle
from xinzhi.study.measuring import load, measured
from xinzhi.study.reading import read_study
from xinzhi.study.starting import demo_study, start
from xinzhi.study.variants import Changes, changed, checked_name, in_full, variant, write_variant

ENTROPY = 'weigh = [{ method = "entropy", level = 1 }, "equal"]  # 熵值法 entropy'


def opened(folder):
    study = read_study(folder)
    return study, load(study).panel


def under(folder, said):
    study, panel = opened(folder)
    return changed(settle(study, panel).spec, panel, Changes.of(said))


def shares(spec, panel):
    index = measure(panel, spec)
    return dict(zip(index.tree.codes, index.stages.weights, strict=True))


def codes_of(refused):
    return {(fault.code, fault.column) for fault in refused.value.faults}


@pytest.mark.parametrize(
    "said",
    [
        {"normalise": "z-score", "weigh": "critic"},
        {"normalise": {"method": "min-max", "to": [0.01, 1], "scope": "year"}},
        {"normalise": {"method": "min-max", "only": {"a": "rank"}}},
        {"weigh": ["critic"]},
        {"weigh": [{"method": "entropy", "level": 1, "zeros": "shift", "eps": 0.001}, "equal"]},
        {"aggregate": [{"method": "geometric", "level": 3}, "arithmetic"], "normalise": {"method": "min-max", "to": [1, 2]}},  # noqa: E501
        {"aggregate": {"method": "arithmetic", "least": 0.75}},
        {"weights": {"a": 0.1, "b": 0.9}},
        {"weights": {"one": 30, "two": 70}, "weigh": "critic"},
        {"weights": {"a": 1, "b": 0}, "normalise": "rank"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("weigh", ["", ENTROPY, 'weigh = { method = "entropy", flat = true }'])
def test_the_file_of_a_variant_gives_the_numbers_that_the_changes_gave(tmp_path, said, weigh):
    study, panel = opened(small_study(tmp_path, index=weigh))
    made = changed(settle(study, panel).spec, panel, Changes.of(said))
    write_variant(variant(study, panel, Changes.of(said), name="other"))
    run = measured(read_study(tmp_path / "other.toml"))
    assert run.index.spec == made.spec
    np.testing.assert_allclose(run.index.scores, measure(panel, made.spec).scores, rtol=0, atol=1e-12)
    assert (tmp_path / "study.toml").read_text(encoding="utf-8") == study.text


def test_stated_weights_leave_other_families_and_levels_as_they_were(tmp_path):
    study, panel = opened(small_study(tmp_path, index=ENTROPY))
    spec = settle(study, panel).spec
    before, made = shares(spec, panel), under(tmp_path, {"weights": {"a": 0.2, "b": 0.8}})
    after = shares(made.spec, panel)
    assert (after["a"], after["b"]) == (0.2, 0.8)
    assert {code: after[code] for code in ("c", "d", "one", "two")} == pytest.approx(
        {code: before[code] for code in ("c", "d", "one", "two")}, abs=1e-15
    )
    assert [in_full(one) for one in made.spec.weigh] == [{"method": "given", "level": 1}, {"method": "equal"}]


def test_stated_weights_stand_on_top_of_the_other_changes(tmp_path):
    _, panel = opened(small_study(tmp_path, index=ENTROPY))
    other = under(tmp_path, {"weigh": ["critic"], "normalise": "rank"})
    both = under(tmp_path, {"weigh": ["critic"], "normalise": "rank", "weights": {"a": 0.2, "b": 0.8}})
    found, kept = shares(other.spec, panel), shares(both.spec, panel)
    assert kept["c"] == pytest.approx(found["c"], abs=1e-15)
    assert (kept["a"], kept["b"]) == (0.2, 0.8)
    assert both.spec.weighing(2).method == "critic"


def test_where_weights_were_stated_only_the_named_ones_change(tmp_path):
    small_study(tmp_path)
    made = under(tmp_path, {"weights": {"a": 0.5, "b": 0.5}})
    assert made.weights == {"a": 0.5, "b": 0.5}
    assert made.said == {}


def test_flat_weights_are_frozen_at_every_level(tmp_path):
    study, panel = opened(small_study(tmp_path, index='weigh = { method = "entropy", flat = true }'))
    before = shares(settle(study, panel).spec, panel)
    after = shares(under(tmp_path, {"weights": {"a": 0.5, "b": 0.5}}).spec, panel)
    assert {code: after[code] for code in "cd"} == pytest.approx({code: before[code] for code in "cd"}, abs=1e-15)
    assert after["one"] == pytest.approx(before["one"], abs=1e-15)


def test_what_a_method_leaves_unsaid_stays_as_the_study_has_it(tmp_path):
    small_study(tmp_path, index='normalise = { method = "min-max", to = [1, 2], scope = "year" }')
    assert in_full(under(tmp_path, {"normalise": "rank"}).spec.normalise) == {"method": "rank", "scope": "year"}
    own = under(tmp_path, {"normalise": {"method": "min-max", "scope": "pooled"}}).spec.normalise
    assert in_full(own) == {"method": "min-max", "to": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("said", "code", "place"),
    [
        ({"weights": {"a": 0.2}}, "weights-of-part", "changes.weights"),
        ({"weights": {"a": 0.2, "b": 0.2}}, None, None),
        ({"weights": {"a": 0.2, "b": 0.3}}, "weights-do-not-add-up", "changes.weights"),
        ({"weights": {"a": 0, "b": 0}}, "weights-all-zero", "changes.weights"),
        ({"weights": {"nobody": 1}}, "unknown-node", "changes.weights"),
        ({"weights": {"index": 1}}, "unknown-node", "changes.weights"),
        ({"weights": {"a": -1, "b": 2}}, "bad-value", "changes.weights.a"),
        ({"weights": {"a": float("nan"), "b": 1}}, "bad-value", "changes.weights.a"),
        ({"weights": {"a": 1e308, "b": 1e308}}, "bad-value", "changes.weights.a"),
        ({"weights": []}, "bad-value", "changes.weights"),
        ({"normalise": "z-scores"}, "unknown-method", "changes.normalise"),
        ({"normalise": {"method": "min-max", "too": 1}}, "bad-option", "changes.normalise"),
        ({"normalise": {"method": "min-max", "only": {"zz": "rank"}}}, "unknown-indicator", "changes"),
        ({"weigh": []}, "bad-value", "changes.weigh"),
        ({"weigh": [{"method": "equal", "level": 9}]}, "no-such-level", "changes"),
        ({"aggregate": [{"method": "arithmetic", "level": 1}]}, "bad-value", "changes.aggregate.1.level"),
        ({"impute": "linear"}, "unknown-key", "changes.impute"),
    ],
)
def test_changes_that_do_not_fit_are_refused_with_their_place(tmp_path, said, code, place):
    small_study(tmp_path)
    if code is None:
        assert under(tmp_path, said).weights == said["weights"]
        return
    with pytest.raises(StudyError) as refused:
        under(tmp_path, said)
    assert (code, place) in codes_of(refused)


def test_weights_of_each_year_cannot_stand_beside_stated_ones(tmp_path):
    small_study(tmp_path, index='weigh = [{ method = "entropy", scope = "year", level = 1 }, "equal"]')
    with pytest.raises(StudyError) as refused:
        under(tmp_path, {"weights": {"a": 0.5, "b": 0.5}})
    assert codes_of(refused) == {("weights-change-by-year", "changes.weights")}
    assert under(tmp_path, {"weights": {"a": 0.5, "b": 0.5, "c": 0.5, "d": 0.5}}).spec.weigh[0].method == "given"


def test_a_zero_rule_that_enters_the_score_cannot_be_frozen(tmp_path):
    small_study(tmp_path, index='weigh = { method = "entropy", zeros = "shift", eps = 0.01, in_score = true }')
    with pytest.raises(StudyError) as refused:
        under(tmp_path, {"weights": {"a": 0.5, "b": 0.5}})
    assert codes_of(refused) == {("weights-in-score", "changes.weights")}


def test_choices_that_cannot_be_measured_say_so(tmp_path):
    small_study(tmp_path, index=ENTROPY)
    with pytest.raises(MethodError):
        under(tmp_path, {"normalise": "z-score", "weights": {"a": 0.5, "b": 0.5}})


# --- The file -------------------------------------------------------------------------------------------------


def test_the_file_keeps_comments_and_order_and_says_where_it_comes_from(tmp_path):
    study, panel = opened(small_study(tmp_path, index=f"# 方法 methods\n{ENTROPY}\n\n# 末尾 the end"))
    made = variant(study, panel, Changes.of({"weigh": "critic", "normalise": "rank"}), name="另一方案")
    assert made.file == "另一方案.toml"
    first, second, *rest = made.text.splitlines()
    assert "study.toml" in first and "study.toml" in second and study.digest[:12] in second
    assert "normalise, weigh" in second
    text = "\n".join(rest)
    assert 'weigh = "critic"  # 熵值法 entropy' in text
    assert "# 方法 methods" in text and text.rstrip().endswith("# 末尾 the end")
    assert '[index]\nnormalise = "rank"\n' in text
    assert made.spec.title.model_dump() == {"en": "Small · 另一方案", "zh": "小 · 另一方案"}
    was, now = tomllib.loads(study.text), tomllib.loads(made.text)
    assert {key for key in was if was[key] != now[key]} == {"study", "index"}


@pytest.mark.parametrize("template", ["provinces", "demo"])
def test_templates_have_variants_with_their_comments(tmp_path, template):
    folder = tmp_path / "study"
    demo_study(folder) if template == "demo" else start(folder, "provinces")
    study, panel = opened(folder)
    settled = settle(study, panel).spec
    family = settled.tree.families[0]
    codes = [settled.tree.codes[at] for at in family.children]
    stated = {code: (10 if at else 100 - 10 * (len(codes) - 1)) for at, code in enumerate(codes)}
    said = {"weights": stated, "aggregate": "geometric", "normalise": {"method": "min-max", "to": [1, 2]}}
    made = variant(study, panel, Changes.of(said), name="v")
    again = variant(made, panel, Changes.of({"weights": dict.fromkeys(codes, 1)}), name="w")
    assert settle(again, panel).spec.aggregate == settle(made, panel).spec.aggregate
    lost = set(map(str.strip, study.text.splitlines())) - set(map(str.strip, made.text.splitlines()))
    assert not [line for line in lost if line.startswith("#")]


@pytest.mark.parametrize("form", ["inline", "dotted", "subtable", "arrays", "crlf", "spaced"])
def test_a_file_written_in_another_way_is_followed_or_written_anew(tmp_path, form):
    folder = small_study(tmp_path)
    file = folder / "study.toml"
    text = file.read_text(encoding="utf-8")
    head, _ = text.split("[index]\n")
    said = tomllib.loads(text)["index"]
    nodes = {kind: [{k: v for k, v in one.items() if k != "name"} for one in said[kind]] for kind in said}

    def line(one):
        return "{ " + ", ".join(f'{k} = "{v}"' if isinstance(v, str) else f"{k} = {v}" for k, v in one.items()) + " }"

    lists = {kind: "[" + ", ".join(map(line, nodes[kind])) + "]" for kind in nodes}
    tables = "".join(
        f"[[index.{kind}]]\n" + "".join(f"{k} = {v!r}\n" for k, v in one.items())
        for kind in nodes for one in nodes[kind]
    )  # fmt: skip
    written = {
        "inline": f"index = {{ elements = {lists['elements']}, indicators = {lists['indicators']} }}\n" + head,
        "dotted": f"index.elements = {lists['elements']}\nindex.indicators = {lists['indicators']}\n" + head,
        "subtable": f"{head}[index]\nelements = {lists['elements']}\nindicators = {lists['indicators']}\n"
        '[index.normalise]\nmethod = "min-max"\nto = [1, 2]\n',
        "arrays": head + tables,
        "crlf": text,
        "spaced": text.replace("[index]", "  [ index ]  # the index"),
    }[form]
    file.write_bytes(written.replace("\n", "\r\n").encode("utf-8-sig") if form == "crlf" else written.encode())
    study, panel = opened(folder)
    changes = {"weights": {"a": 0.5, "b": 0.5}, "normalise": "rank", "aggregate": ["arithmetic"], "weigh": ["equal"]}
    changes |= {"weights": {"a": 0.4, "b": 0.6}}
    made = variant(study, panel, Changes.of(changes), name="v")
    assert in_full(settle(made, panel).spec.normalise) == {"method": "rank"}
    assert settle(made, panel).spec.tree.given[:2] == pytest.approx([0.4, 0.6])
    if form == "crlf":
        assert made.text.count("\r\n") == made.text.count("\n")


def test_nothing_changed_is_no_variant(tmp_path):
    study, panel = opened(small_study(tmp_path))
    for said in ({}, {"normalise": "min-max"}, {"weights": {"a": 0.25, "b": 0.75}}, {"aggregate": ["arithmetic"]}):
        with pytest.raises(StudyError) as refused:
            variant(study, panel, Changes.of(said), name="v")
        assert codes_of(refused) == {("nothing-changes", "changes")}


@pytest.mark.parametrize("name", ["a", "v2", "等权", "high-tech_2", "Ä1", "9", "x" * 60])
def test_names_that_do(name):
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", " ", "-a", "_a", "a b", "a.b", "../a", "a/b", "a\\b", "study", "STUDY", "con", "Nul", "COM1", "lpt9", "x" * 61,
     "a\0", "a\n", "\u202eabc", "a\ud800", "²", "a²", "Ⅷ", "a:b", "a*", "日\u0301"],
)  # fmt: skip
def test_names_that_do_not(name):
    with pytest.raises(StudyError) as refused:
        checked_name(name)
    assert codes_of(refused) == {("bad-name", "name")}


def test_a_variant_is_never_written_over_another_file(tmp_path):
    study, panel = opened(small_study(tmp_path))
    made = variant(study, panel, Changes.of({"normalise": "rank"}), name="High")
    write_variant(made)
    for name in ("High", "HIGH", "high"):
        with pytest.raises(StudyError) as refused:
            write_variant(variant(study, panel, Changes.of({"normalise": "z-score"}), name=name))
        assert codes_of(refused) == {("variant-exists", "name")}
    assert (tmp_path / "High.toml").read_text(encoding="utf-8") == made.text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["High.toml", "data.csv", "study.toml"]


def test_of_several_who_write_one_name_at_once_one_does(tmp_path):
    study, panel = opened(small_study(tmp_path))
    methods = ["rank", "z-score", "min-max", "rank"] * 2
    made = [
        variant(study, panel, Changes.of({"normalise": {"method": one, "scope": "year"}}), name="v") for one in methods
    ]

    def write(one):
        try:
            write_variant(one)
        except StudyError:
            return None
        return one.text

    with ThreadPoolExecutor(8) as pool:
        written = [text for text in pool.map(write, made) if text]
    assert [(tmp_path / "v.toml").read_text(encoding="utf-8")] == written


def test_weights_beside_a_tree_of_the_catalogue_name_whole_families(tmp_path):
    study, panel = opened(demo_study(tmp_path / "demo"))
    made = variant(study, panel, Changes.of({"weights": {"basic_research": 0.1, "rd_intensity": 0.2,
                   "researchers": 0.3, "researcher_share": 0.4}}), name="v")  # fmt: skip
    file = study.folder / "part.toml"
    file.write_text(made.text.replace("rd_intensity = 0.2, ", ""), encoding="utf-8")
    with pytest.raises(StudyError) as refused:
        settle(read_study(file), panel)
    assert [(fault.code, fault.file, fault.column) for fault in refused.value.faults] == [
        ("weights-of-part", "part.toml", "index.weights")
    ]
    assert refused.value.faults[0].row is not None
    file.write_text(made.text.replace("rd_intensity = 0.2, ", "nonsense = 0.2, "), encoding="utf-8")
    with pytest.raises(StudyError) as refused:
        read_study(file)
    assert {fault.code for fault in refused.value.faults} == {"unknown-node"}
