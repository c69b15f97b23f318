"""The audit as a whole: all fifteen pitfalls, in both languages, on small, odd and real studies."""

import warnings

import numpy as np
import pytest

import xinzhi as xz
from tests.journeys.test_provinces import STUDY
from tests.study.auditing import a_run, columns
from xinzhi.core.errors import MethodError
from xinzhi.data.country import write_study
from xinzhi.study.audit import PITFALLS, Limits


def assert_complete(audited):
    """Every pitfall is there, in order, with words in both languages and no number that is not one."""
    assert sorted({finding.pitfall for finding in audited.findings}) == list(range(1, len(PITFALLS) + 1))
    assert [finding.pitfall for finding in audited.findings] == sorted(f.pitfall for f in audited.findings)
    for finding in audited.findings:
        for language in ("en", "zh"):
            said = finding.say(language)
            assert "nan" not in said.split()
            assert "None" not in said
        assert any("一" <= letter <= "鿿" for letter in finding.said.zh)
        assert not any("一" <= letter <= "鿿" for letter in finding.title.en)
        if finding.severity != "fine":
            assert finding.way_out.en != finding.way_out.zh


@pytest.fixture(scope="module")
def provinces(shared_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("audited")
    (folder / "panel.csv").write_bytes((shared_data / "china" / "province_sti_panel_2000_2019.csv").read_bytes())
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return xz.run(xz.read_study(folder))


def test_the_provincial_study(provinces):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        audited = xz.audit(provinces)
    assert_complete(audited)
    codes = {finding.code for finding in audited.findings}
    assert {"shared-parts", "zero-rule-moves-weights", "current-prices"} <= codes
    table = audited.to_frame()
    assert list(table.columns[:3]) == ["pitfall", "code", "severity"]
    assert len(table) == len(audited.findings)
    assert repr(audited).startswith("Audit: 15 pitfalls")
    assert len(repr(audited).splitlines()) <= 6 + len(audited.serious)


def test_the_run_is_left_as_it_is(provinces):
    before = provinces.index.stages.scores.copy()
    xz.audit(provinces)
    np.testing.assert_array_equal(provinces.index.stages.scores, before)


def test_the_model_country(tmp_path):
    assert_complete(xz.audit(xz.run(xz.read_study(write_study(tmp_path / "model")))))


@pytest.mark.parametrize(
    ("shape", "steps"),
    [
        ({"k": 1, "regions": 1, "years": 2}, {}),
        ({"k": 2, "regions": 2, "years": 1}, {}),
        ({"k": 3, "regions": 1, "years": 5}, {"weigh": "entropy"}),
        ({"k": 4, "regions": 6, "years": 3}, {"normalise": {"method": "z-score", "scope": "year"}}),
        ({"k": 4, "regions": 6, "years": 3}, {"weigh": {"method": "critic", "scope": "year"}}),
        ({"k": 4, "regions": 6, "years": 3}, {"aggregate": "benefit-of-the-doubt"}),
        ({"k": 4, "regions": 6, "years": 3}, {"aggregate": "topsis"}),
        ({"k": 4, "regions": 30, "years": 3}, {"weigh": {"method": "pca", "negative": "zero"}}),
        ({"k": 4, "regions": 6, "years": 3}, {"weigh": "effective-weight-optimised"}),
    ],
)
def test_small_and_odd_studies(shape, steps):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_complete(xz.audit(a_run(columns(**shape), **steps)))


def test_regions_and_years_without_any_value():
    values = columns(3, regions=6, years=5)
    for of in values.values():
        of[2] = np.nan
        of[:, 4] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_complete(xz.audit(a_run(values)))


def provincial(seed, common=0.6):
    """31 regions, 10 years, 12 ratios that share a factor and rise together: nothing is planted."""
    rng = np.random.default_rng(seed)
    factor, rise = rng.normal(size=(31, 1)), np.linspace(0, 6, 10)
    levels = (common * factor + np.sqrt(1 - common**2) * rng.normal(size=(31, 1)) for _ in range(12))
    return {
        code: 50 + 10 * of + rise + 1.5 * rng.normal(size=(31, 10))
        for code, of in zip("abcdefghijkl", levels, strict=True)
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_study_with_nothing_planted_has_no_serious_finding(seed):
    audited = xz.audit(a_run(provincial(seed), units=dict.fromkeys("abcdefghijkl", "%")))
    assert audited.serious == ()


def test_the_limits_are_said_to_be_judgements():
    audited = xz.audit(a_run(columns(3)))
    assert audited.say("en").endswith("no verdict.")
    assert "经验设定" in audited.say("zh")
    assert "judgements" in repr(audited)


def test_limits_are_set_by_name_and_kept_in_the_record():
    audited = xz.audit(a_run(columns(3)), moved_ranks=2, redundant=0.8)
    assert audited.record.operation == "audit"
    assert audited.record.settings["limits"] == Limits(moved_ranks=2, redundant=0.8).model_dump()


@pytest.mark.parametrize("limits", [{"no_such": 1}, {"redundant": 1.5}])
def test_a_limit_that_cannot_be_is_refused(limits):
    with pytest.raises(MethodError):
        xz.audit(a_run(columns(3)), **limits)
