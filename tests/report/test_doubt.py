"""What the page says of how sure an index is, against the versions themselves."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from tests.report.runs import a_run
from xinzhi.report import payload
from xinzhi.report.doubt import MOST_VERSIONS
from xinzhi.report.versions import version

VARIED = {
    "normalise": ["min-max", "z-score"],
    "weigh": {1: ["given", {"method": "entropy", "zeros": "rescale"}]},
    "noise": {"level": 1, "share": 0.2},
    "error": {"*": 0.01},
    "leave_out": ["technology_0", "digital"],
    "draws": 400,
}
FOLLOW = ({"statistic": "coefficient-of-variation"}, {"statistic": "trend"})
CLAIM = (
    {"statistic": "mean", "holds": "rises"},
    {"statistic": "rank", "region": "Beijing", "holds": "at-most", "value": 10, "says": "Beijing is in the top ten"},
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    return a_run(folder, years=3, missing=0.02, varied=VARIED, follow=FOLLOW, claim=CLAIM)


@pytest.fixture(scope="module")
def document(run):
    return json.loads(json.dumps(payload(run), allow_nan=False))


def bytes_of(packed: str, kind: str = "u1") -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed), dtype=kind)


def test_intervals_are_those_of_the_draws(run, document):
    sure = document["sureness"]
    short = bytes_of(sure["cells"]).reshape(-1, 3)
    cells = np.pad(short, ((0, 0), (1, 0))).view("<f4").reshape(len(run.doubt.regions), len(run.doubt.times), 5)
    table = run.doubt.intervals(0.9)
    for at, name in ((0, "rank_low"), (1, "rank_median"), (2, "rank_high"), (4, "share_scored")):
        expected = table[name].to_numpy().reshape(cells.shape[:2])
        np.testing.assert_allclose(cells[..., at], expected, rtol=2e-5)
    assert sure["top"] == 5
    ranks = run.doubt.ranks.values
    scored = np.isfinite(ranks).any(axis=0)
    share = (ranks <= 5).sum(axis=0)[scored] / np.isfinite(ranks).sum(axis=0)[scored]
    np.testing.assert_allclose(cells[..., 3][scored], share, rtol=2e-5)
    assert np.isnan(cells[..., 3][~scored]).all()


def test_effects_are_in_the_order_of_the_factors(run, document):
    table = run.doubt.effects().to_frame()
    told = document["sureness"]["effects"]
    assert [factor["name"] for factor in document["sureness"]["factors"]] == list(table["factor"])
    assert [one["total"] for one in told] == pytest.approx(list(table["total"]), rel=1e-5)
    assert all(one["totalLow"] <= one["totalHigh"] for one in told)


def test_choices_are_called_what_readers_call_them(run, document):
    factors = {factor["name"]: factor for factor in document["sureness"]["factors"]}
    assert factors["normalise"]["versions"][1] == {"en": "z-score", "zh": "Z 分数标准化"}
    assert factors["weigh.1"]["versions"][1] == {"en": "entropy (zeros=rescale)", "zh": "熵值法（zeros=rescale）"}
    assert factors["leave_out"]["versions"][1] == {"en": "New technology, reading 1", "zh": "新技术指标1"}
    assert "20 %" in factors["noise.1"]["how"]["en"]
    assert factors["error"]["versions"] == []


@pytest.mark.parametrize(
    ("factor", "label", "zh"),
    [
        ("impute", "linear + group-median (by=zone)", "线性插值 + 分组中位数填补（by=zone）"),
        ("impute", "none", "不填补"),
        ("zeros", "shift (eps=0.01)", "整体平移（eps=0.01）"),
        ("base_period", "2011-2015", "2011-2015"),
        ("stated", "set 2", "方案 2"),
        ("leave_out", "-", "不剔除"),
        ("aggregate.3", "my_function", "my_function"),
    ],
)
def test_a_version_by_its_term(run, factor, label, zh):
    assert version(factor, label, run.doubt.plan).zh == zh


def test_draws_without_effects_have_none(tmp_path):
    made = a_run(tmp_path, years=2, varied={"normalise": ["min-max", "rank"], "effects": False})
    assert payload(made)["sureness"]["effects"] is None


def test_statistics_come_with_their_intervals(run, document):
    course, number = document["followed"]
    assert course["years"] == [int(year) for year in run.index.times]
    assert number["years"] is None
    table = run.followed[0].intervals(0.9)
    assert course["low"] == pytest.approx(list(table["low"]), rel=1e-5)
    assert course["nominal"] == pytest.approx(list(table["nominal"]), rel=1e-5)
    assert len(number["nominal"]) == 1


def test_a_curve_is_thinned_evenly_and_keeps_its_ends(run, document):
    for verdict, told in zip(run.verdicts, document["claims"], strict=True):
        margins = bytes_of(told["curve"]["margins"], "<f4")
        everything = np.sort(verdict.margins[~np.isnan(verdict.margins)])
        assert len(margins) == MOST_VERSIONS < len(everything)
        assert (np.diff(margins) >= 0).all()
        np.testing.assert_allclose(margins[[0, -1]], everything[[0, -1]], rtol=1e-6)
        held = bytes_of(told["curve"]["holds"])
        assert held.mean() == pytest.approx(told["share"], abs=2 / MOST_VERSIONS)
        own = np.float32(verdict.nominal_margin)
        assert (margins < own).sum() <= told["curve"]["below"] <= (margins <= own).sum()


def test_a_curve_shows_what_each_version_chose(run, document):
    factors = document["sureness"]["factors"]
    told = document["claims"][0]["curve"]
    picks = bytes_of(told["picks"]).reshape(-1, len(factors))
    margins = bytes_of(told["margins"], "<f4")
    found = {tuple(row) for row in np.column_stack([margins, picks[:, 0]]).astype(np.float32)}
    own = {tuple(row) for row in np.column_stack([run.verdicts[0].margins, run.doubt.picks[:400, 0]]).astype("f4")}
    assert factors[0]["name"] == "error"
    assert (picks[:, 0] == 255).all(), "an error has no version to show"
    assert {at for at, _ in found} <= {at for at, _ in own}
    normalise = [factor["name"] for factor in factors].index("normalise")
    own = {
        tuple(row) for row in np.column_stack([run.verdicts[0].margins, run.doubt.picks[:400, normalise]]).astype("f4")
    }
    assert {tuple(row) for row in np.column_stack([margins, picks[:, normalise]]).astype("f4")} <= own


def test_breakers_name_their_factor(run, document):
    for verdict, told in zip(run.verdicts, document["claims"], strict=True):
        assert len(told["breakers"]) == len(verdict.breakers)
        names = [document["sureness"]["factors"][one["factor"]]["name"] for one in told["breakers"]]
        assert names == list(verdict.breakers["factor"])
    assert document["claims"][1]["title"]["en"] == "Beijing is in the top ten"


def test_a_run_in_which_nothing_varies_has_values_and_no_intervals(tmp_path):
    document = payload(a_run(tmp_path, years=3, follow=FOLLOW))
    assert document["sureness"] is None
    assert document["claims"] == []
    assert [one["varied"] for one in document["followed"]] == [False, False]
    assert all(low is None for one in document["followed"] for low in one["low"])
    assert all(np.isfinite(value) for value in document["followed"][1]["nominal"])


def test_versions_stay_out_of_the_page(run, document):
    sizes = {name: len(json.dumps(document[name])) for name in ("sureness", "followed", "claims")}
    assert sizes["sureness"] < 6_000 + 20 * len(run.doubt.regions) * len(run.doubt.times)
    assert sizes["claims"] < 8_000 * len(run.verdicts)
