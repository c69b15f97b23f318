import pytest

from tests.small import STUDY, small_study
from xinzhi.core.errors import StudyError
from xinzhi.study.reading import read_study, readable_part


def refused(folder):
    with pytest.raises(StudyError) as caught:
        read_study(folder)
    return caught.value.faults


def write(folder, text, encoding="utf-8"):
    (folder / "study.toml").write_bytes(text.encode(encoding))
    return folder


def test_reads_from_the_folder_and_from_the_file(tmp_path):
    folder = small_study(tmp_path)
    study = read_study(folder)
    assert study == read_study(folder / "study.toml") == read_study(str(folder))
    assert study.folder == folder
    assert study.spec.title.zh == "小"
    assert [indicator.code for indicator in study.spec.index.indicators] == ["a", "b", "c", "d"]


def test_a_faulty_part_does_not_make_its_list_too_short(tmp_path):
    text = '[study]\ntitle = "Small"\n\n[[source]]\nfil = "data.csv"\n'
    assert {fault.column for fault in refused(write(tmp_path, text))} == {"source.1.fil", "source.1.file"}


def test_every_fault_at_once_each_with_its_line(tmp_path):
    text = """\
[study]
titel = "Small"
regions = "china"
years = [2019, 2010]

[[source]]
file = "data.csv"

[[source]]
file = "more.csv"
layuot = "long"

[index]
elements = [ { code = "top" } ]
indicators = [
  { code = "a", parent = "top" },
  { code = "b", parent = "top", directoin = -1 },
]
normalise = { method = "min-mx" }
"""
    found = {(fault.code, fault.column): fault for fault in refused(write(tmp_path, text))}
    lines = {place: fault.row for (_, place), fault in found.items()}
    assert lines == {
        "study.title": 1,
        "study.titel": 2,
        "study.regions": 3,
        "study.years": 4,
        "source.2.layuot": 11,
        "index.indicators.2.directoin": 17,
        "index.normalise": 19,
    }
    assert "title" in found["unknown-key", "study.titel"].en
    assert "layout" in found["unknown-key", "source.2.layuot"].zh
    assert "direction" in found["unknown-key", "index.indicators.2.directoin"].en
    assert "min-max" in found["unknown-method", "index.normalise"].en
    assert all(fault.file == "study.toml" for fault in found.values())


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('{ code = "two", parent = "index" }', '{ code = "two", parent = "indx" }', "orphan"),
        ('{ code = "one", parent = "index" }', '{ code = "one", parent = "one" }', "cycle"),
        ('code = "d"', 'code = "a"', "duplicate-code"),
        ('{ code = "one", parent = "index" }', '{ code = "one" }', "no-single-top"),
        ("weight = 0.75", "weight = -0.75", "bad-value"),
        ("weight = 0.75", "weight = nan", "bad-value"),
        ("weight = 0.75", "weight = 0.65", "weights-do-not-add-up"),
        ('{ code = "index", name', '{ code = "index", weight = 0, name', None),
    ],
)
def test_a_tree_that_is_none(tmp_path, old, new, code):
    text = STUDY.format(about="", source="", index="")
    assert old in text
    folder = write(tmp_path, text.replace(old, new))
    if code is None:
        assert read_study(folder)
    else:
        assert code in {fault.code for fault in refused(folder)}


def test_not_toml_names_the_line(tmp_path):
    (fault,) = refused(write(tmp_path, '[study]\ntitle = "x\n'))
    assert (fault.code, fault.file, fault.row) == ("not-toml", "study.toml", 2)


def test_not_utf8_names_the_line(tmp_path):
    (fault,) = refused(write(tmp_path, '[study]\ntitle = "x"\nnote = "指数"\n', encoding="gb18030"))
    assert (fault.code, fault.row) == ("not-utf8", 3)


def test_a_byte_order_mark_does_no_harm(tmp_path):
    text = STUDY.format(about="", source="", index="")
    assert read_study(write(tmp_path, text, encoding="utf-8-sig")).spec.title.en == "Small"


@pytest.mark.parametrize("text", ["", "[study]\n", '[study]\ntitle = "x"\nsource = []\n', 'study = 3\nsource = "x"\n'])
def test_too_little_is_said_so(tmp_path, text):
    assert refused(write(tmp_path, text))


def test_no_study_there(tmp_path):
    for path in (tmp_path, tmp_path / "nothing", tmp_path / "study.toml"):
        (fault,) = refused(path)
        assert fault.code == "no-study"


def test_a_folder_named_like_the_study_file(tmp_path):
    (tmp_path / "study.toml").mkdir()
    assert refused(tmp_path)[0].code == "no-study"


def test_years_and_regions(tmp_path):
    faults = refused(small_study(tmp_path, about='keep_regions = ["East"]\ndrop_regions = ["East"]'))
    assert [fault.code for fault in faults] == ["kept-and-dropped"]


def test_a_structure_takes_changes_of_method(tmp_path):
    text = STUDY.format(about="", source="", index="").partition("[index]")[0]
    text += '[index]\nstructure = "hong-2024"\nnormalise = "rank"\n[index.match]\nrd_intensity = "a"\n'
    chosen = read_study(write(tmp_path, text)).spec.index
    assert (chosen.structure, chosen.match, chosen.changes) == (
        "hong-2024", {"rd_intensity": "a"}, {"normalise": "rank"}
    )  # fmt: skip
    faults = refused(write(tmp_path, text.replace("structure", "structure = 'hong'\nstrukture", 1)))
    assert {fault.column for fault in faults} == {"index.structure", "index.strukture"}
    assert all("hong-2024" in fault.en or "structure" in fault.en for fault in faults)


def test_a_faulty_index_leaves_the_data_readable(tmp_path):
    folder = small_study(tmp_path, index='normalise = "nothing"')
    refused(folder)
    part = readable_part(folder)
    assert part is not None
    assert part.spec.index is None
    assert part.spec.source[0].file == "data.csv"
    assert readable_part(write(tmp_path, "[study")) is None


def test_the_map_must_be_in_the_study(tmp_path):
    folder = small_study(tmp_path / "study")
    (tmp_path / "map.geojson").write_text("{}")
    (folder / "link.geojson").symlink_to(tmp_path / "map.geojson")
    (folder / "own.geojson").write_text("{}")
    study = read_study(folder)
    assert study.path("own.geojson").is_file()
    for name in ("../map.geojson", "link.geojson", "nowhere.geojson", str(tmp_path / "map.geojson")):
        with pytest.raises(StudyError):
            study.path(name)
