import errno
import time
from pathlib import Path

import pytest

from xinzhi.core.errors import StudyError
from xinzhi.study.checking import examine
from xinzhi.study.starting import demo_study, start


@pytest.mark.parametrize("template", ["provinces", "countries", "park", "simulation", "claims"])
def test_templates_are_sound_and_say_that_they_are_fictional(tmp_path, template):
    folder = tmp_path / "new"
    files = start(folder, template)
    assert "study.toml" in files
    assert set(files) == {file.name for file in folder.iterdir()}
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    checked = examine(folder)
    assert checked.runs, checked.faults
    text = (folder / "study.toml").read_text(encoding="utf-8")
    assert "fictional = true" in text
    assert "虚构" in text


def test_the_same_template_gives_the_same_bytes(tmp_path):
    for template in ("provinces", "countries", "park", "simulation", "claims"):
        one, two = (tmp_path / f"{template}{number}" for number in (1, 2))
        start(one, template)
        if template == "countries":
            time.sleep(1.1)  # a workbook may hold the second it was made in
        start(two, template)
        assert [f.read_bytes() for f in sorted(one.iterdir())] == [f.read_bytes() for f in sorted(two.iterdir())]


@pytest.mark.parametrize("kind", ["folder", "file", "link to nothing"])
def test_nothing_is_overwritten(tmp_path, kind):
    place = tmp_path / "mine"
    if kind == "folder":
        place.mkdir()
    elif kind == "file":
        place.write_text("mine")
    else:
        place.symlink_to(tmp_path / "nowhere")
    with pytest.raises(StudyError, match="already there"):
        start(place)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_place_where_nothing_can_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StudyError, match="cannot be made"):
        start(tmp_path / "file" / "new")


def test_a_drive_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "mkdir", absent)
    with pytest.raises(StudyError, match="cannot be made"):
        start(tmp_path / "drive" / "new")


def absent(path, *_args, **_options):
    raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(folder, *_):
        folder.mkdir()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("xinzhi.study.starting._fill", full)
    with pytest.raises(StudyError, match="cannot be made"):
        start(tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_the_demo_is_written_once(tmp_path):
    folder = demo_study(tmp_path / "demo")
    text = (folder / "study.toml").read_bytes()
    (folder / "study.toml").write_bytes(text + b"\n# mine\n")
    assert demo_study(folder) == folder
    assert (folder / "study.toml").read_bytes().endswith(b"# mine\n")
    (tmp_path / "other").mkdir()
    with pytest.raises(StudyError):
        demo_study(tmp_path / "other")
