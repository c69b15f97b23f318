"""Asking for help must not load the heavy parts: a start that loads pandas cannot answer quickly."""

import subprocess
import sys

import pytest

import xinzhi

HEAVY = {"numpy", "pandas", "xarray", "scipy", "numba", "duckdb", "ibis", "pyarrow", "pydantic", "jinja2", "xlsxwriter"}


def loaded_after(code: str) -> set[str]:
    probe = f"import sys\n{code}\nprint('\\nloaded:' + ','.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("loaded:")[2].strip().split(","))


@pytest.mark.parametrize(
    "code",
    [
        "import xinzhi",
        "import xinzhi; xinzhi.StudyError, xinzhi.Fault, dir(xinzhi)",
        "import sys, xinzhi.cli\ntry: xinzhi.cli.main(['--help'])\nexcept SystemExit: pass",
    ],
    ids=["import", "errors", "help"],
)
def test_start_loads_nothing_heavy(code):
    assert not loaded_after(code) & HEAVY


def test_every_public_name_is_there():
    for name in xinzhi.__all__:
        assert getattr(xinzhi, name) is not None
    assert set(xinzhi.__all__) <= set(dir(xinzhi))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        xinzhi.nothing  # noqa: B018


def test_measure_is_both_a_verb_and_a_room():
    from xinzhi.measure import spec

    assert callable(xinzhi.measure)
    assert xinzhi.measure.spec is spec
