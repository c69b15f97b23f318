import json

import numpy as np
import pandas as pd
import pytest

from tests.oracles import growth as slow
from xinzhi.core.errors import MethodError
from xinzhi.core.specs import FaultyValue
from xinzhi.structure.curves import growth_curve, growth_curves
from xinzhi.structure.growth_fits import Model, fit


def planted(curve, years, ceiling, rate, middle, seed=None, dispersion=0.0, background=0.0):
    mean = ceiling * np.diff(growth_curves.find(curve).function(np.arange(years + 1.0), rate, middle)) + background
    rng = np.random.default_rng(seed)
    if seed is None:
        counts = mean
    elif dispersion:
        counts = rng.poisson(rng.gamma(1 / dispersion, dispersion * mean))
    else:
        counts = rng.poisson(mean)
    return pd.Series(np.asarray(counts, dtype=float), index=2000 + np.arange(years), name="drones")


@pytest.mark.parametrize(("curve", "rate", "middle"), [("logistic", 0.5, 12), ("gompertz", 0.3, 9), ("bass", 0.4, 10)])
def test_a_curve_without_noise_is_found_again(curve, rate, middle):
    found = growth_curve(planted(curve, 25, 3000, rate, middle), curves=[curve], noise="poisson").fits.loc[curve]
    assert found["ceiling"] == pytest.approx(3000, rel=1e-3)
    assert found["rate"] == pytest.approx(rate, rel=1e-3)
    assert found["peak"] == pytest.approx(2000 + middle, abs=0.02)
    assert found["identified"]
    assert found["ceiling_low"] < 3000 < found["ceiling_high"]


def test_bass_is_its_closed_form():
    p, q, time = 0.02, 0.4, np.linspace(0, 20, 9)
    expected = (1 - np.exp(-(p + q) * time)) / (1 + q / p * np.exp(-(p + q) * time))
    assert growth_curves.find("bass").function(time, p + q, np.log(q / p) / (p + q)) == pytest.approx(expected)


def test_richards_holds_logistic_and_gompertz():
    time = np.linspace(0, 20, 9)
    curve = {name: growth_curves.find(name).function for name in ("richards", "logistic", "gompertz")}
    assert curve["richards"](time, 0.4, 9, 1.0) == pytest.approx(curve["logistic"](time, 0.4, 9))
    assert curve["richards"](time, 0.4, 9, 1e-7) == pytest.approx(curve["gompertz"](time, 0.4, 9), abs=1e-6)


@pytest.mark.parametrize("overdispersed", [False, True])
def test_the_likelihood_is_as_high_as_a_general_optimiser_gets(overdispersed):
    counts = planted("logistic", 18, 900, 0.5, 13, seed=4, dispersion=0.1 * overdispersed)
    found = fit(
        Model(growth_curves.find("logistic").function, 18, False, False), counts.to_numpy(), overdispersed=overdispersed
    )
    dispersion = found.dispersion if overdispersed else 0.0
    assert found.loglik == pytest.approx(slow.likeliest_logistic(counts.to_numpy(), dispersion), abs=2e-3)


def test_without_an_end_in_sight_no_ceiling_is_told():
    counts = planted("logistic", 18, 1e6, 0.3, 45, seed=1)
    found = growth_curve(counts)
    assert not found.fits["identified"].any()
    assert found.fits[["ceiling", "peak", "reached"]].isna().all().all()
    assert np.isinf(found.fits["ceiling_high"]).all()
    assert "no-ceiling" in [note.code for note in found.notes]
    assert "do not tell a ceiling" in repr(found)
    assert found.stages["probability"].idxmax() == "embryonic"


def test_stages_and_weights_are_shares():
    found = growth_curve(planted("logistic", 24, 4000, 0.5, 10, seed=2, dispersion=0.02))
    assert found.stages["probability"].sum() == pytest.approx(1)
    assert found.stages["probability"].idxmax() == "saturation"
    assert found.fits["weight"].sum() == pytest.approx(1)
    assert found.fits["aicc"].is_monotonic_increasing
    best = found.fits.loc["logistic"]
    assert best["aicc"] == pytest.approx(-2 * best["loglik"] + 8 + 2 * 4 * 5 / (24 - 5))


def test_forecasts_beside_what_happened():
    counts = planted("logistic", 23, 3000, 0.4, 12, seed=6)
    found = growth_curve(counts, through=2019, curves=["logistic"], noise="poisson")
    ahead = found.against(counts)
    assert ahead.index.tolist() == [2020, 2021, 2022]
    assert ahead["observed"].tolist() == counts.loc[2020:].tolist()
    assert (ahead["low"] <= ahead["median"]).all()
    assert (ahead["median"] <= ahead["high"]).all()
    assert ahead["mean"].to_numpy() == pytest.approx(
        3000 * np.diff(1 / (1 + np.exp(-0.4 * (np.arange(20, 24) - 12)))), rel=0.3
    )
    wide = found.forecast([2022], level=0.99)
    assert wide.loc[2022, "low"] <= ahead.loc[2022, "low"]
    assert wide.loc[2022, "total_high"] >= ahead["total_high"].iloc[-1]


def test_intervals_hold_planted_truths_about_as_often_as_they_say():
    """At a nominal 90 %: 24 series; fewer than 17 would be a chance of 1 in 100 even if they held only 86 %."""
    held = []
    for seed in range(24):
        counts = planted("logistic", 23, 2000, 0.5, 11, seed=seed, dispersion=0.05)
        found = growth_curve(counts, through=2019, curves=["logistic"], draws=800)
        row, ahead = found.fits.iloc[0], found.against(counts)
        held.append(
            [
                row["ceiling_low"] <= 2000 <= row["ceiling_high"],
                row["rate_low"] <= 0.5 <= row["rate_high"],
                row["peak_low"] <= 2011 <= row["peak_high"],
                ahead["inside"].iloc[0],
            ]
        )
    assert (np.sum(held, axis=0) >= 17).all()


def test_a_background_is_told_from_growth():
    counts = planted("logistic", 30, 3000, 0.6, 22, seed=3, background=25)
    without = growth_curve(counts, curves=["logistic"], noise="poisson").fits.iloc[0]
    found = growth_curve(counts, curves=["logistic"], noise="poisson", background=True, level=0.99).fits.iloc[0]
    assert found["background"] == pytest.approx(25, rel=0.15)
    assert found["aicc"] < without["aicc"]
    assert found["ceiling_low"] < 3000 < found["ceiling_high"]


def test_years_not_observed_are_skipped_and_gaps_refused():
    counts = planted("logistic", 20, 2000, 0.5, 10)
    holed = counts.copy()
    holed.iloc[[4, 11]] = np.nan
    whole, part = (growth_curve(each, curves=["logistic"], noise="poisson").fits.iloc[0] for each in (counts, holed))
    assert part["ceiling"] == pytest.approx(whole["ceiling"], rel=1e-3)
    dropped = counts.drop([2004, 2011])
    with pytest.raises(MethodError, match="2004, 2011"):
        growth_curve(dropped)
    left = growth_curve(dropped, gaps="unobserved", curves=["logistic"], noise="poisson").fits.iloc[0]
    assert left["loglik"] == pytest.approx(part["loglik"], abs=1e-6)


def test_a_curve_of_ones_own_and_one_topic_of_several():
    counts = planted("logistic", 20, 2000, 0.5, 10, seed=1)
    table = pd.DataFrame([counts, counts * 2], index=["a", "b"])

    def cauchy(time, rate, middle):
        return 0.5 + np.arctan(rate * (time - middle)) / np.pi

    found = growth_curve(table, topic="b", curves=[cauchy, "logistic"])
    assert set(found.fits.index) == {"cauchy", "logistic"}
    assert found.topic == "b"
    with pytest.raises(MethodError, match="topic = '…'"):
        growth_curve(table)
    with pytest.raises(FaultyValue, match="takes 2"):
        growth_curve(counts, curves=[lambda time, rate: time * rate])


def test_counts_that_cannot_be_fitted():
    counts = planted("logistic", 20, 2000, 0.5, 10, seed=1)
    with pytest.raises(MethodError, match="never counted"):
        growth_curve(counts * 0)
    with pytest.raises(MethodError, match="below zero"):
        growth_curve(counts - 50)
    with pytest.raises(MethodError, match="at least"):
        growth_curve(counts.iloc[8:12])
    with pytest.raises(MethodError, match="after 2019"):
        growth_curve(counts).forecast([2018])
    with pytest.raises(FaultyValue, match="level"):
        growth_curve(counts, level=90)


def test_the_record_is_enough_to_do_it_again():
    counts = planted("logistic", 20, 2000, 0.5, 10, seed=1)
    found, again = (growth_curve(counts, curves=["logistic"], seed=5) for _ in range(2))
    pd.testing.assert_frame_equal(found.to_frame(), again.to_frame())
    assert json.loads(found.record.to_json())["settings"]["noise"] == "negative-binomial"
    assert found.record.seed == 5
    assert found.fitted["count"].tolist() == counts.tolist()


def test_counts_of_words_are_refused():
    with pytest.raises(MethodError, match="counts must be numbers"):
        growth_curve({2000 + at: f"{at} or so" for at in range(8)})
