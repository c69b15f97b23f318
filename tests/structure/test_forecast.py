"""The forecast of entry: what it learns, must not see and refuses; and the logit of what entry goes with."""

import numpy as np
import pandas as pd
import pytest

from xinzhi.core.errors import MethodError
from xinzhi.structure.drivers import drivers
from xinzhi.structure.forecast import backtest, forecast
from xinzhi.structure.logit import dummy_logit
from xinzhi.structure.prospects import NAMES_ZH


def world(periods=3, regions=40, activities=30, seed=1):
    """Regions in two families: what a region's family does is entered far more often than what the other does."""
    rng = np.random.default_rng(seed)
    kin = (np.arange(regions)[:, None] % 2) == (np.arange(activities)[None, :] % 2)
    held = rng.random((regions, activities)) < np.where(kin, 0.45, 0.08)
    made = {}
    for period in range(periods):
        made[2000 + 5 * period] = pd.DataFrame(
            held.astype(int), [f"r{at:02}" for at in range(regions)], [f"a{at:02}" for at in range(activities)]
        )
        held = np.where(held, rng.random(held.shape) < 0.9, rng.random(held.shape) < np.where(kin, 0.35, 0.03))
    return made


@pytest.fixture(scope="module")
def known():
    return forecast(world())


def test_every_feature_has_a_name_in_both_languages(known):
    assert {name for name in known.prospects.names if name not in NAMES_ZH} == set()
    assert len(set(NAMES_ZH.values())) == len(NAMES_ZH)


def test_it_beats_the_null_where_relatives_matter(known):
    tested = known.tested
    assert tested.scores["forecast"].auc > 0.7
    assert tested.leads["forecast"].verdict == "ahead"
    assert "Forecast beats diversity × ubiquity" in tested.say("en")
    assert "优于零模型" in tested.say("zh")
    assert tested.name == "2005 → 2010"
    assert list(tested.to_frame().method) == [
        "forecast",
        "diversity × ubiquity",
        "logit of diversity and ubiquity",
        "density",
    ]


def test_every_missing_link_has_a_probability(known):
    frame = known.to_frame()
    assert len(frame) == int((world()[2010].to_numpy() == 0).sum())
    assert frame.probability.between(0, 1, inclusive="neither").all()
    assert frame.probability.is_monotonic_decreasing
    assert "entries expected" in repr(known)


def test_it_is_the_same_again(known):
    np.testing.assert_array_equal(forecast(world()).probability, known.probability)


def test_the_test_is_not_seen_beforehand():
    """What is said of the last transition does not turn on how it ended."""
    ended = world()
    other = {**ended, 2010: ended[2010].iloc[::-1].set_axis(ended[2010].index)}
    np.testing.assert_array_equal(backtest(ended).probability, backtest(other).probability)


def test_the_order_of_regions_makes_no_difference(known):
    turned = {period: table.iloc[::-1] for period, table in world().items()}
    ours = known.to_frame().set_index(["region", "activity"]).probability
    theirs = forecast(turned).to_frame().set_index(["region", "activity"]).probability.reindex(ours.index)
    np.testing.assert_allclose(theirs, ours, atol=1e-3)


def test_two_periods_are_told_apart_by_folds_and_said():
    tested = backtest(world(2))
    assert "no earlier transition" in tested.how.en
    assert "无更早的转换" in tested.how.zh
    assert tested.leads["forecast"].difference > 0


def test_other_fields_teach_too():
    tested = backtest(world(2), learn_from=[world(2, seed=5), world(3, seed=6)])
    assert "3 transitions" in tested.how.en
    assert tested.scores["forecast"].auc > 0.65


def test_quotients_and_amounts_are_both_taken():
    rng = np.random.default_rng(3)
    amounts = {period: table * rng.gamma(2.0, size=table.shape) for period, table in world().items()}
    assert backtest(amounts).scores["forecast"].auc > 0.7
    quotients = {p: t.div(t.sum(axis=1), axis=0).div(t.sum() / t.to_numpy().sum(), axis=1) for p, t in amounts.items()}
    assert backtest(quotients, values="quotients").scores["forecast"].auc > 0.65


def test_a_region_with_one_activity_and_an_activity_everywhere_do_no_harm():
    made = world()
    for table in made.values():
        table.iloc[0] = 0
        table.iloc[:, 0] = 1
    found = forecast(made)
    assert np.isfinite(found.probability).all()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda made: {2000: made[2000]}, "too-few-periods"),
        (lambda made: dict.fromkeys(made, made[2000]), "nothing-to-learn"),
        (lambda made: dict.fromkeys(made, made[2000] * 0 + 1), "no-missing-links"),
        (lambda made: {**made, 2010: made[2010] * 0 + 1}, "no-missing-links"),
    ],
)
def test_what_cannot_be_forecast_is_refused_in_words(change, code):
    with pytest.raises(MethodError) as refusal:
        forecast(change(world()))
    assert refusal.value.faults[0].code == code
    assert refusal.value.faults[0].zh


def test_unequal_periods_are_told():
    made = world()
    made[2030] = made.pop(2010)
    assert "unequal-periods" in [note.code for note in forecast(made).notes]


def test_density_goes_with_entry():
    found = drivers(world(4))
    row = found.to_frame().set_index("column").loc["density"]
    assert row.coefficient > 0
    assert row.p < 0.05
    assert row.effect_low < row.effect < row.effect_high
    assert "one standard deviation more goes with +" in repr(found)
    assert drivers(world(4), "exit").observations > 0


def test_what_the_effects_tell_already_is_left_out():
    found = drivers(world(2))
    assert found.columns == ("density",)
    assert found.notes[0].code == "absorbed"


def test_no_entry_and_certain_outcomes_are_refused():
    with pytest.raises(MethodError) as refusal:
        drivers(dict.fromkeys([1, 2], world()[2000]))
    assert refusal.value.faults[0].code == "no-entry"
    x = np.linspace(-1, 1, 40)[:, None]
    with pytest.raises(MethodError) as refusal:
        dummy_logit(x, (x[:, 0] > 0).astype(float), [], [np.arange(40) % 4])
    assert refusal.value.faults[0].code == "separated"


def test_the_logit_agrees_with_statsmodels():
    sm = pytest.importorskip("statsmodels.api", reason="a peer to compare with, not needed by the project")
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, 8, 600), rng.integers(0, 9, 600)
    x = rng.normal(size=(600, 2))
    y = (rng.random(600) < 1 / (1 + np.exp(-(x @ [0.5, -0.4] + 0.3 * (a - 4))))).astype(float)
    ours = dummy_logit(x, y, [a, b], [a])
    design = np.hstack([x, a[:, None] == np.arange(8), b[:, None] == np.arange(1, 9)])
    theirs = sm.Logit(y, design).fit(disp=0, cov_type="cluster", cov_kwds={"groups": a})
    n, k = design.shape
    np.testing.assert_allclose(ours.coefficients, theirs.params[:2], rtol=1e-6)
    # Their errors also carry (n - 1) / (n - k), which is meant for least squares.
    np.testing.assert_allclose(
        np.sqrt(np.diag(ours.covariance)), theirs.bse[:2] / np.sqrt((n - 1) / (n - k)), rtol=1e-6
    )
    np.testing.assert_allclose(ours.effects, theirs.get_margeff().margeff[:2], rtol=1e-6)
    assert ours.loglikelihood == pytest.approx(theirs.llf)


def test_options_that_cannot_be():
    with pytest.raises(MethodError, match="values is one of: amounts, quotients"):
        forecast(world(), values="shares")
    with pytest.raises(MethodError, match="between 0 and 1"):
        backtest(world(), level=95)
    with pytest.raises(MethodError, match=r"learn_from is a list of links, such as \[links\]; found dict"):
        forecast(world(), learn_from=world())


def test_periods_in_which_nothing_can_enter_teach_nothing():
    tables = world(4)
    first, *rest = tables
    full = pd.DataFrame(1, tables[first].index, tables[first].columns)
    whole = forecast({1995: full, **tables})
    assert whole.record.settings["learned_from"] == "3 transitions"
    assert np.isfinite(whole.probability).all()
    with pytest.raises(MethodError, match="2010: every region has every activity"):
        backtest({**{at: tables[at] for at in (first, *rest[:1])}, 2010: full, 2015: tables[first]})
    with pytest.raises(MethodError, match="2010: no region has anything") as caught:
        backtest({**{at: tables[at] for at in (first, *rest[:1])}, 2010: full * 0, 2015: tables[first]})
    assert "没有任何地区" in caught.value.say("zh")
