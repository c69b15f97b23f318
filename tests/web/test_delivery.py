"""Content is packed where that pays, and made once."""

from xinzhi.web.delivery import KEPT, Content, Kept


def test_only_what_shrinks_in_good_time_is_packed():
    small, middling, large = b"{}", b"{}" * 5_000, b"{}" * 5 * 2**20
    packed = [Content.of(one, "application/json", "tag").packed for one in (small, middling, large)]
    assert [one is None for one in packed] == [True, False, True]


def test_the_document_of_thousands_of_regions_is_made_once():
    kept, made = Kept(), []

    def make():
        made.append(1)
        return Content.of(bytes(20 * 2**20), "application/json", "tag")

    assert kept.get_or("run", make) is kept.get_or("run", make)
    assert made == [1]


def test_what_would_push_everything_out_is_not_kept():
    kept = Kept()
    kept.get_or("small", lambda: Content.of(b"{}", "application/json", "a"))
    kept.get_or("huge", lambda: Content.of(bytes(KEPT), "application/json", "b"))
    assert kept.get("huge") is None
    assert kept.get("small") is not None
