import pytest

import xinzhi as xz
from tests.small import small_study
from xinzhi.core.errors import StudyError
from xinzhi.study.measuring import inputs_of, load
from xinzhi.study.reading import read_study
from xinzhi.study.running import run


def regions(folder, about):
    return list(load(read_study(small_study(folder, about=about))).panel.region.values)


def test_regions_are_kept_and_dropped_by_name(tmp_path):
    assert regions(tmp_path, 'keep_regions = ["West", "South"]') == ["West", "South"]
    assert regions(tmp_path, 'drop_regions = ["North"]') == ["East", "West", "South"]


def test_regions_of_a_gazetteer_by_any_of_their_names(tmp_path):
    data = "region,year,a,b,c,d\n" + "".join(
        f"{name},{year},{i},{2 * i + year % 3},{i * i},{9 - i}\n"
        for i, name in enumerate(["北京", "上海市", "Guangdong", "西藏"], start=1)
        for year in (2020, 2021)
    )
    about = 'regions = "china-provinces"\ndrop_regions = ["Tibet", "310000"]'
    panel = load(read_study(small_study(tmp_path, about=about, data=data))).panel
    assert set(panel.region.values) == {"110000", "440000"}


@pytest.mark.parametrize(
    ("about", "code"),
    [
        ('keep_regions = ["Wast"]', "unknown-region"),
        ('drop_regions = ["East", "West", "North", "South"]', "no-region-left"),
    ],
)
def test_what_cannot_be_kept_is_said(tmp_path, about, code):
    with pytest.raises(StudyError) as caught:
        regions(tmp_path, about)
    assert [fault.code for fault in caught.value.faults] == [code]
    if code == "unknown-region":
        assert "West" in caught.value.faults[0].en


def test_the_stages_are_told_in_their_order(tmp_path):
    told = []
    run(read_study(small_study(tmp_path)), tell=told.append)
    assert told == ["load", "measure", "audit", "dynamics"]


def test_the_record_says_all_that_went_in(tmp_path):
    (tmp_path / "map.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    study = read_study(small_study(tmp_path, index='[report]\nmap = "map.geojson"'))
    result = run(study)
    assert set(result.record.inputs) == {"study.toml", "data.csv", "map.geojson"}
    assert result.record.inputs == inputs_of(study, result.data)
    assert result.record.settings["study"] == study.text
    assert result.record.settings["index"]["normalise"]["method"] == "min-max"


def test_the_library_does_what_the_command_line_does(tmp_path):
    """The five lines of the design, written out."""
    study = xz.read_study(small_study(tmp_path))
    data = xz.load(study)
    index = xz.measure(data.panel, study.index)
    assert (index.scores == xz.run(study).index.scores).all()
    assert xz.check(study) == ()
    assert xz.write(xz.run(study)).name == "0001"
