"""Shakeouts: planted ones are dated, dips and the economy's course are not taken for them."""

import numpy as np
import pytest

import xinzhi as xz
from tests.structure.lifecycle.planted import cycle, grown, made, wandering


def of(found, basis="number"):
    return found.found[found.found["basis"] == basis].reset_index(drop=True)


def test_planted_shakeouts_are_dated_and_their_dates_held():
    rng = np.random.default_rng(7)
    rates = cycle((16, 10, 18), (0.07, 0.0, -0.06)) + wandering(rng, (60, 44), 0.025, 0.3)
    rows = of(xz.shakeouts(made({"firms": grown(rates)}), walks=99))
    dated = rows[rows["status"] == "shakeout"]
    assert len(dated) >= 55
    assert ((dated["low"] <= 2005) & (dated["high"] >= 2005)).mean() >= 0.8
    assert abs(dated["onset"].astype(float) - 2005).median() <= 2


def test_recession_dips_recover_and_are_no_shakeouts():
    rates = np.full(44, 0.02)
    rates[22:25], rates[25:29] = -0.15, 0.12
    rows = of(xz.shakeouts(made({"firms": grown(rates)[None]}), walks=99))
    assert rows["status"].tolist() == ["recovered"]


def test_a_fall_of_the_whole_economy_is_told_apart_by_the_share():
    rng = np.random.default_rng(3)
    common = cycle((20, 24), (0.03, -0.04)) + wandering(rng, (1, 44), 0.01, 0.0)
    rates = common + wandering(rng, (12, 44), 0.004, 0.0)
    rates[0, 26:] -= 0.05
    found = xz.shakeouts(made({"firms": grown(rates)}), walks=199)
    assert (of(found)["status"] == "shakeout").all()
    share = of(found, "share")
    assert share.loc[0, "status"] == "shakeout"
    assert share.loc[0, "low"] <= 2005 <= share.loc[0, "high"]
    assert not share.loc[1:, "status"].isin(["shakeout", "begun-before"]).any()
    assert of(found)["defended"].tolist() == [True] + [False] * 11


def test_entry_that_dries_up_is_told_from_exits_that_rise():
    before, during = (0.12, 0.06), (0.04, 0.10)
    firms = [[1000.0], [1000.0]]
    entries, exits = [[np.nan], [np.nan]], [[np.nan], [np.nan]]
    for year in range(36):
        for at in range(2):
            entry, exit_ = before
            if year >= 16:  # the first loses its entrants, the second its members
                entry, exit_ = (during[0], before[1]) if at == 0 else (before[0], 0.16)
            base = firms[at][-1]
            entries[at].append(base * entry)
            exits[at].append(base * exit_)
            firms[at].append(base * (1 + entry - exit_))
    employment = np.array(firms) ** 0.2 * 100
    found = of(xz.shakeouts(made({"firms": firms, "entries": entries, "exits": exits, "employment": employment})))
    assert found["onset"].tolist() == [1995, 1995]
    np.testing.assert_allclose(found["entry_share"], [1.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(found["entry_during"], [0.04, 0.12])
    assert found["kind"].tolist() == ["selection", "selection"]
    np.testing.assert_allclose(found["size_change"], -0.8 * np.log(1 - found["fall"]), rtol=0.2)


def test_false_alarms_of_random_walks_are_counted_rightly():
    rng = np.random.default_rng(11)
    found = xz.shakeouts(made({"firms": grown(rng.normal(0, 0.04, (200, 44)))}), draws=19, walks=199)
    chance = found.chance.loc["number"]
    assert 0.6 <= chance["by_chance"] / max(chance["fell"], 1) <= 1.6
    assert (of(found)["p"] <= 0.05).mean() <= 0.1
    assert of(found)["defended"].sum() <= 2


def test_a_fall_that_starts_with_the_record_has_no_onset():
    found = xz.shakeouts(made({"firms": grown(np.full(30, -0.05))[None]}))
    assert of(found)["status"].tolist() == ["begun-before"]
    assert of(found)["onset"].isna().all()
    assert {"begun-before", "no-others"} <= {note.code for note in found.notes}
    assert of(found, "share")["status"].tolist() == ["not-told"]


def test_exits_beyond_what_there_was_are_noted_and_not_used():
    firms = grown(cycle((12, 12), (0.05, -0.06)))[None]
    exits = np.full(firms.shape, 50.0)
    exits[0, 15] = 1e6
    found = xz.shakeouts(made({"firms": firms, "entries": np.full(firms.shape, 60.0), "exits": exits}))
    (note,) = [note for note in found.notes if note.code == "exits-exceed-stock"]
    assert "i000 1993" in note.en
    assert of(found)["exit_during"].item() < 1


def test_a_constant_series_and_one_that_ends_in_nothing():
    firms = np.vstack([np.full(24, 30.0), np.append(grown(cycle((10, 10), (0.05, -0.02)))[:20], np.zeros(4))])
    found = xz.shakeouts(made({"firms": firms}))
    rows = of(found)
    assert rows["status"].tolist() == ["none", "shakeout"]
    assert rows.loc[1, "fall"] > 0.5
    assert "zero-number" in {note.code for note in found.notes}


@pytest.mark.parametrize("fall", [0.3, 0.5])
def test_the_size_of_the_fall_is_as_stated(fall):
    rates = cycle((12, 12), (0.05, np.log(1 - 0.4) / 12))
    rows = of(xz.shakeouts(made({"firms": grown(rates)[None]}), fall=fall))
    assert rows["fall"].item() == pytest.approx(0.4)
    assert rows["status"].item() == ("shakeout" if fall < 0.4 else "none")


def test_the_industries_of_the_united_states_as_told_in_the_docs(shared_data):
    import pandas as pd

    table = pd.read_csv(shared_data / "us" / "bds2022_vcn3.csv").astype({"vcnaics3": str})
    measures = {"firms": "firms", "establishments": "estabs", "employment": "emp"}
    measures |= {"entries": "estabs_entry", "exits": "estabs_exit"}
    found = xz.shakeouts(xz.industries(table, industry="vcnaics3", period="year", measures=measures))
    rows = of(found).set_index("industry")
    assert rows.index[rows["defended"]].tolist() == ["313", "315", "322", "323", "333", "334", "443", "451", "515"]
    assert rows.loc[["517", "532"], "onset"].tolist() == [2001, 1989]
    assert rows.index[rows["defended"] & (rows["kind"] == "selection")].tolist() == ["451", "515"]
    assert rows.loc["519", "status"] == "none"
    assert (rows.loc[rows["defended"], "entry_share"] > 0.75).all()
