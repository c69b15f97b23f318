import numpy as np
import pytest

from tests.small import small_study
from xinzhi.core.errors import StudyError
from xinzhi.core.labels import panel
from xinzhi.data.country import write_study
from xinzhi.study.matching import settle
from xinzhi.study.measuring import load
from xinzhi.study.reading import read_study

HEAD = '[study]\ntitle = "x"\n[[source]]\nfile = "data.csv"\n'


def study_of(folder, index):
    return read_study(small_study(folder, study=HEAD + index))


def columns(**values):
    cells = np.stack([np.full((3, 2), value) for value in values.values()], axis=-1)
    return panel(cells, ["A", "B", "C"], [2020, 2021], list(values))


def test_a_tree_of_ones_own_is_taken_as_it_is(tmp_path):
    study = read_study(small_study(tmp_path))
    settled = settle(study, columns(a=1.0))
    assert settled.spec is study.spec.index
    assert (settled.matched, settled.missing) == ({}, ())


def test_no_index_is_a_fault(tmp_path):
    with pytest.raises(StudyError, match="no index"):
        settle(study_of(tmp_path, ""), columns(a=1.0))


def test_a_structure_is_matched_to_columns_that_have_data(tmp_path):
    study = study_of(tmp_path, '[index]\nstructure = "hong-2024"\nnormalise = "rank"\n')
    settled = settle(study, columns(rd_intensity_pct_gdp=2.0, internet_users_pct=np.nan, broadband_per100=20.0))
    assert settled.matched == {"rd_intensity": "rd_intensity_pct_gdp", "broadband": "broadband_per100"}
    assert "internet_users" in {leaf.code for leaf in settled.missing}
    assert {indicator.source for indicator in settled.spec.indicators} == set(settled.matched.values())
    assert settled.spec.normalise.name == "rank"
    assert {fault.severity for fault in settled.faults} == {"warning"}


def test_a_column_given_by_hand(tmp_path):
    index = '[index]\nstructure = "hong-2024"\n[index.match]\nrd_intensity = "mine / ours"\n'
    settled = settle(study_of(tmp_path, index), columns(mine=2.0, ours=4.0))
    (indicator,) = settled.spec.indicators
    assert (indicator.column, indicator.denominator) == ("mine", "ours")
    with pytest.raises(StudyError) as caught:
        settle(study_of(tmp_path, index), columns(mind=2.0, ours=4.0))
    assert {(fault.file, fault.column) for fault in caught.value.faults} >= {("study.toml", "index.match.rd_intensity")}


def test_nothing_matched_is_a_fault(tmp_path):
    with pytest.raises(StudyError) as caught:
        settle(study_of(tmp_path, '[index]\nstructure = "hong-2024"\n'), columns(a=1.0))
    assert "nothing-matched" in {fault.code for fault in caught.value.faults}


@pytest.mark.parametrize(
    ("line", "place", "said"),
    [
        ('normalise = "minmax"', "index.normalise", "min-max"),
        ('weigh = [{ method = "equal", level = 9 }]', "index", "level 9"),
        ("screen = { lest = 0.5 }", "index.screen.lest", "least"),
    ],
)
def test_changes_of_a_structure_are_checked_before_any_data_are_read(tmp_path, line, place, said):
    with pytest.raises(StudyError) as caught:
        study_of(tmp_path, f'[index]\nstructure = "hong-2024"\n{line}\n')
    (fault,) = caught.value.faults
    assert fault.column == place
    assert said in fault.en
    assert fault.row is not None


def test_the_index_of_a_study_is_the_matched_one(tmp_path):
    study = read_study(write_study(tmp_path / "country"))
    assert study.index == settle(study, load(study).panel).spec
    assert len(study.index.indicators) > 20
