"""What the server's tests share."""

from __future__ import annotations

import pytest

from tests.web.served import client, run_hostile, run_small


@pytest.fixture(scope="package")
def shelf_folder(tmp_path_factory):
    """A folder of two studies, each run once; one of them has a variant."""
    folder = tmp_path_factory.mktemp("studies")
    study = run_small(folder / "Small One")
    text = (study / "study.toml").read_text(encoding="utf-8")
    (study / "ranked.toml").write_text(text.replace("[index]", '[index]\nnormalise = "rank"'), encoding="utf-8")
    run_hostile(folder / "hostile")
    return folder


@pytest.fixture(scope="package")
def app(shelf_folder):
    from xinzhi.web.app import create_app

    return create_app([shelf_folder])


@pytest.fixture(scope="package")
def web(app):
    with client(app) as asked:
        yield asked
