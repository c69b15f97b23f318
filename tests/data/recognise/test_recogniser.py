from __future__ import annotations

import io
import pickle
import zipfile

import numpy as np
import pandas as pd
import pytest

import xinzhi as xz
from tests.data.recognise.recognising import records, taxonomy
from xinzhi.core.errors import DataError, MethodError

SMALL = taxonomy()
FRAME, LABELS = records()
NEW, TRUTH = records(200, seed=9, known=0.0)


class Bags:
    """An encoder for the tests: how often each letter is in a text."""

    def encode(self, texts):
        return np.array(
            [[text.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz片硅晶旅餐叶塔"] for text in texts]
        )


def trained(**how):
    return xz.train_recogniser(FRAME, LABELS, SMALL, text="title", ids="id", **how)


def accuracy(found, truth):
    return np.mean(
        [(classes[-1] if classes else "none") == label for classes, label in zip(found.classes, truth, strict=True)]
    )


def test_it_learns_words_that_the_taxonomy_does_not_know():
    words_alone = xz.recognise(NEW, SMALL, text="title")
    assert set(words_alone.outcome.tolist()) == {"none"}
    found = xz.recognise(NEW, SMALL, text="title", model=trained())
    assert found.calibrated
    assert accuracy(found, TRUTH) > 0.95
    learned = found.evidence[found.evidence["kind"] == "learned"]
    assert {"irradiance", "硅片"} <= set(learned["what"])
    assert all(row.found.lower() == row.what for row in learned.dropna().itertuples() if " " not in row.what)


def test_it_can_learn_from_embeddings():
    model = trained(reads="embeddings", encoder=Bags())
    assert accuracy(xz.recognise(NEW, SMALL, text="title", model=model), TRUTH) > 0.8


def test_with_evidence_alone_probabilities_are_the_share_that_was_right():
    frame = pd.DataFrame({"t": ["solar"] * 1 + [f"solar n{at}" for at in range(99)] + [f"x{at}" for at in range(100)]})
    labels = ["solar"] * 60 + ["none"] * 140
    model = xz.train_recogniser(frame, labels, SMALL, text="t", reads="evidence")
    found = xz.recognise(pd.DataFrame({"t": ["solar", "other", ""]}), SMALL, text="t", model=model)
    likely = found.probability.toarray()
    assert likely[0, 1] == pytest.approx(0.6, abs=0.03)
    assert likely[1, 1] < 0.01
    assert (likely[2] == 0).all()
    assert found.outcome.tolist() == ["classes", "none", "unread"]


def test_a_class_with_few_labels_falls_back_on_its_words():
    labels = ["none" if label == "wind" and at > 20 else label for at, label in enumerate(LABELS)]
    model = xz.train_recogniser(FRAME, labels, SMALL, text="title", ids="id")
    assert "wind" in model.say().splitlines()[-1]
    assert "wind" in model.say("zh").splitlines()[-1]
    found = xz.recognise(pd.DataFrame({"t": ["wind turbine 风电"]}), SMALL, text="t", model=model)
    assert found.probability.toarray()[0, 2] > 0.3


def test_the_order_of_records_does_not_matter():
    order = np.random.default_rng(4).permutation(len(FRAME))
    moved = xz.train_recogniser(FRAME.iloc[order], [LABELS[at] for at in order], SMALL, text="title", ids="id")
    found, again = (xz.recognise(NEW, SMALL, text="title", model=model) for model in (trained(), moved))
    np.testing.assert_allclose(found.probability.toarray(), again.probability.toarray(), atol=1e-6)


def test_a_class_that_no_record_has_changes_no_other():
    more = xz.train_recogniser(FRAME, LABELS, taxonomy(more=True), text="title")
    found = xz.recognise(NEW, SMALL, text="title", model=trained()).probability.toarray()
    again = xz.recognise(NEW, taxonomy(more=True), text="title", model=more)
    own = [at for at, code in enumerate(again.codes) if code != "more"]
    np.testing.assert_allclose(again.probability.toarray()[:, own], found, atol=1e-6)
    assert again.counts["more"] == 0


def test_no_class_is_less_probable_than_one_below_it():
    likely = xz.recognise(NEW, SMALL, text="title", model=trained()).probability.toarray()
    assert (likely[:, [0]] >= likely[:, 1:3]).all()


@pytest.mark.parametrize("how", [{}, {"reads": "evidence"}, {"reads": "embeddings", "encoder": Bags()}])
def test_it_is_the_same_from_its_file(tmp_path, how):
    model = trained(**how)
    path = model.save(tmp_path / "model")
    again = xz.Recogniser.load(path, encoder=how.get("encoder"))
    assert again.digest == model.digest
    found, same = (xz.recognise(NEW, SMALL, text="title", model=one) for one in (model, again))
    assert (found.probability.toarray() == same.probability.toarray()).all()
    assert found.record == same.record


def test_its_file_holds_nothing_that_runs(tmp_path):
    path = trained().save(tmp_path / "model.npz")
    with zipfile.ZipFile(path) as held:
        for name in held.namelist():
            np.lib.format.read_array(io.BytesIO(held.read(name)), allow_pickle=False)


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("something in the file was run",))


def _with(tmp_path, **changes):
    path = trained().save(tmp_path / "model.npz")
    with np.load(path) as held:
        arrays = {name: held[name] for name in held.files} | changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def test_a_file_that_is_no_recogniser_is_refused(tmp_path):
    for name, content in {"text": b"hello", "empty": b"", "pickle": pickle.dumps(Bomb())}.items():
        (tmp_path / name).write_bytes(content)
    bomb = np.empty(1, dtype=object)
    bomb[0] = Bomb()
    paths = [
        *(tmp_path / name for name in ("text", "empty", "pickle", "absent")),
        _with(tmp_path, head=bomb),
    ]
    for path in paths:
        with pytest.raises(DataError, match="no recogniser"):
            xz.Recogniser.load(path)
    for number, changes in enumerate(
        [
            {"weights": np.ones((2, 2))},
            {"idf": None},
            {"base": np.full(4, np.nan)},
            {"trained": np.array([0, 1, 2, 99])},
            {"head": np.frombuffer(b'{"format": 99}', dtype=np.uint8)},
        ]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(DataError, match="no recogniser"):
            xz.Recogniser.load(_with(folder, **changes))


def test_labels_at_fault_are_told_at_once():
    with pytest.raises(DataError) as refused:
        xz.train_recogniser(
            FRAME, {"r0": "sollar;nothing", "r1": ["chip"], "r2": "solar", "q": "solar"}, SMALL, text="title", ids="id"
        )
    assert sorted(fault.code for fault in refused.value.faults) == ["labels-without-record"] + ["unknown-class"] * 3
    assert "Try: solar" in refused.value.say()


def test_labels_by_id_need_not_be_for_all():
    some = {f"r{at}": [label] if label != "none" else "none" for at, label in enumerate(LABELS) if at % 2}
    model = xz.train_recogniser(FRAME, some, SMALL, text="title", ids="id")
    assert len(model.seen) == len({" ".join(title.split()) for title in FRAME["title"][1::2]})


@pytest.mark.parametrize(
    ("labels", "how"),
    [
        (["solar"], {}),
        ([None] * 240, {}),
        (LABELS, {"reads": "tea leaves"}),
        (LABELS, {"reads": "embeddings"}),
        (LABELS, {"reads": "embeddings", "encoder": object()}),
    ],
)
def test_what_cannot_be_learned_is_refused(labels, how):
    with pytest.raises(MethodError) as refused:
        xz.train_recogniser(FRAME, labels, SMALL, text="title", **how)
    assert refused.value.say("zh") != refused.value.say("en")


def test_an_encoder_that_gives_no_numbers_is_refused():
    class Broken:
        def encode(self, texts):
            return np.full((len(texts), 2), np.nan)

    with pytest.raises(MethodError, match="encoder"):
        trained(reads="embeddings", encoder=Broken())


def test_a_recogniser_of_another_taxonomy_is_refused():
    with pytest.raises(MethodError, match="trained for the classes of 'small'"):
        xz.recognise(NEW, "emerging-2023", text="title", model=trained())


def test_blank_labelled_records_are_left_out_and_told():
    frame = pd.concat([FRAME, pd.DataFrame({"id": ["e"], "title": [" "]})])
    model = xz.train_recogniser(frame, [*LABELS, "solar"], SMALL, text="title", ids="id")
    assert "labelled-but-blank" in {note.code for note in model.notes}


def test_a_sentence_transformer_from_a_folder(tmp_path):
    transformers = pytest.importorskip("sentence_transformers", reason="needs the extra 'embeddings'")
    from sentence_transformers.sentence_transformer import modules
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = sorted({word for title in FRAME["title"] for word in title.split()})
    tokens = {token: at for at, token in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words])}
    tokenizer = Tokenizer(WordLevel(tokens, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]")
    size = BertConfig(
        vocab_size=len(tokens), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    BertModel(size).save_pretrained(tmp_path / "bert", safe_serialization=True)
    fast.save_pretrained(tmp_path / "bert")
    inner = modules.Transformer(str(tmp_path / "bert"))
    whole = transformers.SentenceTransformer(modules=[inner, modules.Pooling(16)])
    whole.save(str(tmp_path / "tiny"))
    model = trained(reads="embeddings", encoder=str(tmp_path / "tiny"))
    again = xz.Recogniser.load(model.save(tmp_path / "model"))
    assert again.encoder == str(tmp_path / "tiny")
    found = xz.recognise(NEW, SMALL, text="title", model=again)
    assert len(found.classes) == len(NEW)
