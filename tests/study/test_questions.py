"""What a study asks in vain is told at once, each at its line, before anything is varied."""

import pytest

from tests.doubting import ASKED, FOLLOW, VARY
from tests.small import small_study
from xinzhi.core.errors import StudyError
from xinzhi.study.checking import check
from xinzhi.study.reading import read_study
from xinzhi.study.running import run


def claim(**said):
    lines = [f"{key} = {value}" for key, value in ({"statistic": '"rank"', "region": '"East"'} | said).items()]
    return "\n".join(["[[claim]]", *lines, ""])


FALLS = {"holds": '"falls"'}
# What is written, the code that is answered, and the line it stands on among the lines added.
IN_VAIN = {
    "one version": ('[vary]\nnormalise = ["min-max"]\n', "nothing-varies", 1),
    "nothing varies": ("[vary]\ndraws = 20\n", "nothing-varies", 1),
    "a level of weights": (VARY.replace("share", "level = 3, share"), "no-such-level", 7),
    "a level of versions": (VARY.replace('["given", "equal"]', '{ 8 = ["given", "equal"] }'), "no-such-level", 6),
    "a class of errors": (VARY + "error = { zz = 0.1 }\n", "unknown-error-class", 8),
    "an indicator": (VARY + 'leave_out = ["zz"]\n', "unknown-node", 8),
    "a claim without versions": (claim(**FALLS), "claim-without-vary", 1),
    "a claim's region": (VARY + claim(region='"Esst"', holds='"falls"'), "unknown-region", 8),
    "a claim's year": (VARY + claim(holds='"below"', value=3, year=1999), "unknown-time", 8),
    "a claim's years": (VARY + claim(**FALLS, years=[2019, 2022]), "unknown-time", 8),
    "a claim's years the wrong way round": (VARY + claim(**FALLS, years=[2022, 2020]), "years-out-of-order", 8),
    "a claim without a value": (VARY + claim(holds='"above"'), "claim-without-value", 8),
    "a claim of nothing known": (VARY + claim(holds='"drops"'), "bad-value", 11),
    "a followed statistic": ('[[follow]]\nstatistic = "ginni"\n', "unknown-method", 1),
    "an option": (FOLLOW + '[[follow]]\nstatistic = "gini"\nepsilon = 1\n', "bad-option", 6),
    "an option that is needed": ('[[follow]]\nstatistic = "score"\n', "bad-option", 1),
    "a coordinate": ('[[follow]]\nstatistic = "dagum-within"\ngroups = "zone"\n', "unknown-group", 1),
    "neighbours": ('[[follow]]\nstatistic = "moran"\n', "no-neighbours-known", 1),
}


@pytest.mark.parametrize("name", IN_VAIN)
def test_it_is_told_with_its_line_and_neither_checked_nor_run(tmp_path, name):
    written, code, line = IN_VAIN[name]
    folder = small_study(tmp_path, index=written)
    (fault, *more) = [fault for fault in check(folder) if fault.severity == "error"]
    assert (fault.code, fault.file) == (code, "study.toml")
    before = len(small_text(folder).partition(written)[0].splitlines())
    assert fault.row == before + line
    assert {other.code for other in more} <= {code}
    with pytest.raises(StudyError) as caught:
        run(read_study(folder))
    assert caught.value.faults[0] == fault


def small_text(folder):
    return (folder / "study.toml").read_text(encoding="utf-8")


def test_all_of_it_is_told_at_once(tmp_path):
    written = (
        VARY.replace("share", "level = 7, share")
        + 'error = { zz = 0.1 }\nleave_out = ["zz"]\n'
        + '[[follow]]\nstatistic = "rank"\nregion = "Nowhere"\n'
        + claim(region='"Wst"', holds='"falls"', years=[2019, 2030])
    )
    faults = check(small_study(tmp_path, index=written))
    assert [(fault.code, fault.column) for fault in faults] == [
        ("no-such-level", "vary.noise"),
        ("unknown-node", "vary.leave_out"),
        ("unknown-error-class", "vary.error"),
        ("unknown-region", "follow.1"),
        ("unknown-region", "claim.1"),
        ("unknown-time", "claim.1"),
        ("unknown-time", "claim.1"),
    ]
    assert all(fault.row for fault in faults)


def test_choices_that_do_not_go_together_are_named(tmp_path):
    folder = small_study(tmp_path, index=VARY + 'aggregate = ["arithmetic", "geometric"]\n')
    (fault,) = check(folder)
    assert (fault.file, fault.column) == ("study.toml", "vary")
    assert "aggregate = geometric" in fault.en
    assert "aggregate = geometric" in fault.zh
    with pytest.raises(StudyError) as caught:
        run(read_study(folder))
    assert [(fault.code, fault.column) for fault in caught.value.faults] == [(fault.code, "vary")]


def test_combinations_that_cannot_be_counted(tmp_path):
    (fault,) = check(small_study(tmp_path, index=VARY + 'sampling = "factorial"\n'))
    assert (fault.code, fault.column) == ("not-countable", "vary")
    assert fault.row


def test_a_study_that_can_be_answered_has_nothing_to_say(tmp_path):
    assert check(small_study(tmp_path, index=ASKED)) == ()
