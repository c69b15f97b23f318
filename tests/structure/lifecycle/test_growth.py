"""Growth to a ceiling: planted curves and dates are found, growth without end is not given one."""

import numpy as np
import pytest

import xinzhi as xz
from tests.structure.lifecycle.planted import made
from xinzhi.core.errors import MethodError
from xinzhi.structure.curves import growth_curves

TIME = np.arange(36)


def curve(name, rate, middle, ceiling=1000.0):
    """Sizes in the middle of the years: half a year after each begins."""
    return ceiling * growth_curves.find(name).function(TIME + 0.5, rate, middle)


@pytest.mark.parametrize(
    ("name", "rate", "middle"), [("logistic", 0.3, 16.0), ("gompertz", 0.15, 12.0), ("bass", 0.3, 9.0)]
)
def test_planted_curves_are_chosen_and_their_dates_held(name, rate, middle):
    rng = np.random.default_rng(1)
    sizes = curve(name, rate, middle) * np.exp(rng.normal(0, 0.03, (5, len(TIME))))
    found = xz.growth_paths(made({"output": sizes}))
    best = found.fits.groupby("industry").first()
    assert (best["curve"] == name).sum() >= 4
    assert found.series["saturating"].all()
    rows = found.fits[found.fits["curve"] == name]
    ends = 1977.5 + middle
    assert ((rows["inflection_low"] <= ends) & (ends <= rows["inflection_high"])).sum() >= 3
    assert ((rows["ceiling_low"] <= 1000) & (rows["ceiling_high"] >= 1000)).sum() >= 3
    assert (rows["takeoff"] < rows["saturation"]).all()


def test_growth_without_end_is_given_no_ceiling():
    rng = np.random.default_rng(2)
    sizes = 10 * np.exp(0.05 * TIME + 0.03 * rng.normal(size=(4, len(TIME))))
    found = xz.growth_paths(made({"output": sizes}))
    assert not found.series["saturating"].any()
    assert found.series["saturation"].isna().all()
    assert "not-saturating" in {note.code for note in found.notes}
    logistic = found.fits[found.fits["curve"] == "logistic"]
    assert logistic["ceiling"].isna().all()
    assert np.isinf(logistic["ceiling_high"]).all()


def test_weights_add_up_and_the_fall_after_the_peak_is_left_out():
    sizes = curve("logistic", 0.4, 12.0)
    sizes[25:] = sizes[24] * 0.9 ** np.arange(1, 12)
    found = xz.growth_paths(made({"output": [sizes]}))
    assert found.series["through"].item() == 2002
    assert found.fits["weight"].sum() == pytest.approx(1.0)
    assert len(str(found).splitlines()) == 5


def test_short_and_constant_series_are_named_and_nothing_else_refused():
    sizes = np.vstack([curve("logistic", 0.3, 16.0), np.full(36, 5.0), np.append(TIME[:4] + 1.0, np.full(32, np.nan))])
    found = xz.growth_paths(made({"output": sizes}))
    assert found.series["industry"].tolist() == ["i000"]
    assert "too-few-years" in {note.code for note in found.notes}
    with pytest.raises(MethodError, match="no series"):
        xz.growth_paths(made({"output": sizes[1:]}))
