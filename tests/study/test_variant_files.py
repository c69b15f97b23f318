"""A variant is a study file of another name beside study.toml: read, checked, run and repeated like it."""

from __future__ import annotations

import json

import pytest

from tests.small import small_study
from xinzhi.core.errors import StudyError
from xinzhi.study.checking import examine
from xinzhi.study.outputs import write
from xinzhi.study.reading import read_study
from xinzhi.study.repeating import repeat
from xinzhi.study.running import run


def variant(folder, text, name="等权.toml"):
    file = small_study(folder) / name
    file.write_text((folder / "study.toml").read_text(encoding="utf-8").replace(*text), encoding="utf-8")
    return file


def test_a_variant_runs_beside_the_study_and_its_record_names_the_real_file(tmp_path):
    file = variant(tmp_path, ("[index]", '[index]\nnormalise = "z-score"'))
    main, other = (write(run(read_study(path))) for path in (tmp_path, file))
    assert [main.name, other.name] == ["0001", "0002"]
    inputs = [json.loads((path / "record.json").read_text(encoding="utf-8"))["inputs"] for path in (main, other)]
    assert [sorted(one) for one in inputs] == [["data.csv", "study.toml"], ["data.csv", "等权.toml"]]
    assert inputs[1]["等权.toml"] == read_study(file).digest


def test_a_run_of_a_variant_repeats_when_its_file_has_changed_or_gone(tmp_path):
    file = variant(tmp_path, ("[index]", '[index]\nnormalise = "z-score"'))
    made = write(run(read_study(file)))
    file.unlink()
    assert repeat(made).same


def test_a_run_of_a_variant_is_not_repeated_where_data_have_changed(tmp_path):
    made = write(run(read_study(variant(tmp_path, ("", "")))))
    data = tmp_path / "data.csv"
    data.write_text(data.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(Exception, match="changed since the run") as refused:
        repeat(made)
    assert [fault.file for fault in refused.value.faults] == ["data.csv"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (("[index]", '[index]\nnormalise = "z-scores"'), "unknown-method"),
        (("[index]", "[index"), "not-toml"),
        (("[index]", '[vary]\nnormalise = ["min-max", "nonsense"]\n[index]'), "unknown-method"),
        (('code = "a"', 'code = "no_such_column"'), None),
        (("[study]", '[study]\ndrop_regions = ["Nowhere"]'), "unknown-region"),
        (("[index]", '[index]\nstructure = "hong-2024"'), None),
        (('title = { en = "Small", zh = "小" }', ""), "missing-key"),
        (("[index]", '[report]\nmap = "no.json"\n[index]'), "no-such-file"),
    ],
)
def test_faults_of_a_variant_name_its_own_file(tmp_path, text, code):
    faults = examine(variant(tmp_path, text)).faults
    errors = [fault for fault in faults if fault.severity == "error"]
    assert errors
    assert "study.toml" not in {fault.file for fault in errors}
    if code:
        assert [fault.file for fault in errors if fault.code == code] == ["等权.toml"]


def test_questions_that_cannot_be_answered_are_placed_in_the_variant(tmp_path):
    claim = '[vary]\nnoise = { share = 0.2 }\n[[claim]]\nsays = "x"\nstatistic = "rank"\nregion = "Atlantis"\n'
    claim += 'holds = "at-most"\nvalue = 3\n[index]'
    with pytest.raises(StudyError) as refused:
        run(read_study(variant(tmp_path, ("[index]", claim))))
    assert {(fault.file, fault.column) for fault in refused.value.faults} == {("等权.toml", "claim.1")}
