from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, precision_recall_fscore_support

import xinzhi as xz
from tests.data.recognise.recognising import records, taxonomy
from xinzhi.core.errors import MethodError

SMALL = taxonomy()
FRAME, LABELS = records(200)


def evaluated(frame=FRAME, labels=LABELS, **how):
    return xz.evaluate_recogniser(frame, labels, SMALL, text="title", draws=200, **how)


def test_scores_are_those_of_scikit_learn():
    frame, labels = records(300, seed=3)
    rng = np.random.default_rng(0)
    labels = [label if rng.random() < 0.8 else "chips;solar" for label in labels]
    report = xz.evaluate_recogniser(frame, labels, SMALL, text="title", draws=50)
    found = xz.recognise(frame, SMALL, text="title")
    held = {"solar": {"energy", "solar"}, "wind": {"energy", "wind"}, "chips": {"chips"}, "none": set()}
    truth = np.array(
        [[code in set().union(*(held[one] for one in label.split(";"))) for code in found.codes] for label in labels]
    )
    chosen = found.chosen.toarray()
    precision, recall, f1, support = precision_recall_fscore_support(truth, chosen, zero_division=np.nan)
    np.testing.assert_allclose(report.classes["precision"], precision)
    np.testing.assert_allclose(report.classes["recall"], recall)
    np.testing.assert_allclose(report.classes["f1"], f1)
    assert report.classes["labelled"].tolist() == support.tolist()
    leaves = [1, 2, 3]
    for average in ("micro", "macro"):
        wanted = precision_recall_fscore_support(truth[:, leaves], chosen[:, leaves], average=average)[:3]
        np.testing.assert_allclose(
            report.averages.loc[f"({average})", ["precision", "recall", "f1"]].astype(float), wanted
        )
    likely = found.probability.toarray()[:, leaves]
    assert report.brier == pytest.approx(brier_score_loss(truth[:, leaves].ravel(), likely.ravel()))
    nothing = ~chosen.any(axis=1)
    assert report.classes["missed_as_none"].tolist() == (truth & nothing[:, None]).sum(axis=0).tolist()
    assert report.classes["found_in_none"].tolist() == (chosen & ~truth.any(axis=1)[:, None]).sum(axis=0).tolist()
    assert report.folds is None


def test_a_trained_recogniser_does_better_than_words_alone_held_out():
    alone, trained = evaluated(), evaluated(reads="words")
    assert trained.averages.loc["(micro)", "f1"] > alone.averages.loc["(micro)", "f1"] + 0.1
    assert trained.brier < alone.brier
    assert trained.ece < alone.ece
    assert trained.folds == 5


def test_twins_never_straddle():
    """Labels that cannot be told from the text are not guessed, though every text is there twice."""
    rng = np.random.default_rng(1)
    letters = [" ".join("".join(rng.choice(list("bcdfgk"), 6)) for _ in range(4)) for _ in range(60)]
    frame = pd.DataFrame({"title": [*letters, *(text.upper() + "!" for text in letters)]})
    labels = [("solar", "none")[at] for at in rng.integers(2, size=60)] * 2
    report = evaluated(frame, labels, reads="words")
    assert report.texts == 60
    right = report.classes.loc["solar", "right"] + (
        120 - report.classes.loc["solar", ["labelled", "found"]].sum() + report.classes.loc["solar", "right"]
    )
    assert right / 120 < 0.75


def test_intervals_hold_the_estimate_and_shrink_with_records():
    def width(report):
        row = report.averages.loc["(micro)"]
        assert row["recall_low"] <= row["recall"] <= row["recall_high"]
        return row["recall_high"] - row["recall_low"]

    many = records(2_000)
    assert width(evaluated(*many)) < 0.5 * width(evaluated(*records(100)))


def test_twins_do_not_narrow_the_interval():
    once = evaluated()
    twice = evaluated(pd.concat([FRAME, FRAME]), LABELS * 2)
    columns = ["precision_low", "recall_low", "f1_high"]
    pd.testing.assert_frame_equal(once.classes[columns], twice.classes[columns])


def test_what_it_was_trained_on_is_left_out():
    model = xz.train_recogniser(FRAME, LABELS, SMALL, text="title")
    more, labels = records(100, seed=8)
    report = evaluated(pd.concat([FRAME, more]), LABELS + labels, model=model)
    assert report.records <= 100
    assert "seen-in-training" in {note.code for note in report.notes}
    assert report.averages.loc["(micro)", "f1"] > 0.9
    with pytest.raises(MethodError):
        evaluated(model=model)


def test_model_and_reads_together_are_refused():
    with pytest.raises(MethodError, match="either"):
        evaluated(model=xz.train_recogniser(FRAME, LABELS, SMALL, text="title"), reads="words")


def test_it_is_the_same_again_and_says_so():
    one, two = evaluated(reads="words", seed=4), evaluated(reads="words", seed=4)
    pd.testing.assert_frame_equal(one.to_frame(), two.to_frame())
    assert one.record == two.record
    for language, words in {
        "en": ("precision", "held out", "(micro)"),
        "zh": ("精确率", "轮流留出", "（微平均）"),
    }.items():
        said = one.say(language)
        assert all(word in said for word in words)
    assert str(one) == one.say()


def test_what_cannot_be_computed_is_not_a_number():
    report = evaluated(pd.DataFrame({"title": ["hotel", "restaurant", "x"]}), ["none", "none", "none"])
    assert report.classes[["precision", "recall", "f1"]].isna().all().all()
    assert report.averages[["precision", "recall", "f1"]].isna().all().all()
    assert report.brier == 0
    assert "nan" not in report.say()
