"""Where the phrases of a taxonomy stand in texts: all phrases at once, in one pass over the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from xinzhi.data.numbers import Ints
from xinzhi.data.recognise.folding import END, Folded, fold, fold_one, in_word, is_digit, is_han, is_small
from xinzhi.data.recognise.segmenting import parted
from xinzhi.data.records import Bools
from xinzhi.data.taxonomies import Taxonomy

PIECE = 1 << 20  # characters read at a time; a longer text is read in pieces
_LEAP = 400  # characters that two pieces of a text share, more than any phrase is long
_CLOSED, _OPEN, _WHOLE = range(3)  # a phrase as it is, one with its ending open, one with a star within


@dataclass(frozen=True)
class Phrase:
    """A phrase of one or several classes, or one that ``blanks`` words out for them; classes by their place."""

    text: str
    classes: tuple[int, ...]
    blanks: bool

    @property
    def capital(self) -> bool:
        """Whether it is meant in capitals: it has letters, and none of them is small."""
        return self.text == self.text.upper() != self.text.lower()


@dataclass(frozen=True)
class Hits:
    """Phrases found: of which text, which phrase, for which class, from where to where in what was given."""

    text: Ints
    phrase: Ints
    of: Ints
    start: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.text)

    def take(self, which: Any) -> Hits:
        """Some of them."""
        return Hits(*(getattr(self, name)[which] for name in self.__annotations__))

    @classmethod
    def join(cls, parts: Iterable[Hits]) -> Hits:
        """All of them one after the other."""
        every = list(parts)
        empty = np.zeros(0, dtype=np.int64)
        return cls(*(np.concatenate([empty, *(getattr(part, name) for part in every)]) for name in cls.__annotations__))


@dataclass(frozen=True)
class Matcher:
    """All phrases of a taxonomy, ready to be looked for. ``empty`` are phrases with nothing in them to find."""

    phrases: tuple[Phrase, ...]
    empty: tuple[tuple[str, str], ...]
    _automaton: Any
    _first: Ints  # of each form that is looked for, its first line in _which and _how; the next form's ends them
    _which: Ints
    _how: Ints
    _whole: tuple[re.Pattern[str] | None, ...] = field(repr=False)

    @classmethod
    def of(cls, taxonomy: Taxonomy) -> Matcher:
        """The phrases of a taxonomy. The way a phrase is meant is told by ``Phrases``."""
        import ahocorasick_rs

        phrases, empty = _phrases(taxonomy)
        forms: dict[str, list[tuple[int, int]]] = {}
        whole: list[re.Pattern[str] | None] = []
        for number, phrase in enumerate(phrases):
            head, star, rest = fold_one(phrase.text).partition("*")
            how = _WHOLE if rest.strip() else _OPEN if star else _CLOSED
            parts = [re.escape(part) for part in (head + star + rest).split("*")]
            whole.append(re.compile(r"[^\W_]*".join(parts) + r"(?:e?s)?(?![^\W_])") if how == _WHOLE else None)
            for form in (head,) if star else _with_plural(head):
                forms.setdefault(form, []).append((number, how))
        counts = [len(lines) for lines in forms.values()]
        lines = [line for found in forms.values() for line in found]
        automaton = ahocorasick_rs.AhoCorasick(list(forms), matchkind=ahocorasick_rs.MatchKind.Standard)
        return cls(
            tuple(phrases),
            tuple(empty),
            automaton if forms else None,
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            np.array([number for number, _ in lines], dtype=np.int64),
            np.array([how for _, how in lines], dtype=np.int64),
            tuple(whole),
        )

    @cached_property
    def _capital(self) -> Bools:
        return np.array([one.capital for one in self.phrases], dtype=bool)

    @cached_property
    def _length(self) -> Ints:
        return np.array([len(fold_one(one.text)) for one in self.phrases], dtype=np.int64)

    def find(self, texts: Sequence[str]) -> Iterator[tuple[Hits, Ints]]:
        """The hits in a list of texts, a batch at a time, with the texts in it that hold traditional characters.

        A word of a class counts once where several of its phrases overlap: the longest does. Words that touch a phrase
        of the class's ``without`` do not count.
        """
        for numbers, pieces, begins, firsts, lasts in _batches(texts):
            folded = fold(END.join(pieces))
            offsets = np.concatenate([[0], np.cumsum([len(piece) + 1 for piece in pieces])]).astype(np.int64)
            of_piece = np.searchsorted(offsets, folded.place[folded.traditional], side="right") - 1
            traditional = np.unique(numbers[of_piece])
            if self._automaton is None:
                yield Hits.join([]), traditional
                continue
            phrase, start, end = self._sound(folded)
            piece = np.searchsorted(offsets, folded.place[start], side="right") - 1
            to = folded.place[end - 1] + 1 - offsets[piece]
            hits = self._spread(piece, phrase, folded.place[start] - offsets[piece], to)
            piece = hits.text
            hits = replace(
                hits, text=numbers[piece], start=hits.start + begins[piece], end=hits.end + begins[piece]
            ).take((hits.start >= firsts[piece]) & (hits.start < lasts[piece]))
            yield hits, traditional

    def _sound(self, folded: Folded) -> tuple[Ints, Ints, Ints]:
        """Phrases in a folded text that stand there the way they are meant, with where."""
        found = np.array(
            self._automaton.find_matches_as_indexes(folded.text, overlapping=True), dtype=np.int64
        ).reshape(-1, 3)
        form, start, end = found.T
        many = np.diff(self._first)[form]
        line = np.repeat(self._first[form] - (np.cumsum(many) - many), many) + np.arange(many.sum())
        start, end = np.repeat(start, many), np.repeat(end, many)
        phrase = self._which[line]
        how = self._how[line]
        if (among := how == _WHOLE).any():
            end = _to_the_end(self._whole, folded.text, phrase, start, end, among)
        word = np.concatenate([in_word(folded.codes), [False]])
        if (among := how == _OPEN).any():
            stops = np.flatnonzero(~word)
            end = np.where(among, stops[np.searchsorted(stops, end)], end)
        good = (end > start) & _apart(word, folded, start, end)
        small = np.concatenate([[0], np.cumsum(is_small(folded.cased))])
        upto = np.minimum(end, start + self._length[phrase])  # the s of a plural may be small
        good &= ~self._capital[phrase] | (small[upto] == small[start])
        han = np.concatenate([is_han(folded.codes), [False]])
        doubtful = good & ((han[start] & han[start - 1] & (start > 0)) | (han[end - 1] & han[end]))
        for hit in np.flatnonzero(doubtful).tolist():
            good[hit] = not parted(folded.text, int(start[hit]), int(end[hit]))
        return phrase[good], start[good], end[good]

    def _spread(self, text: Ints, phrase: Ints, start: Ints, end: Ints) -> Hits:
        """Hits for each class of their phrases, without those blanked out and those within a longer one."""
        many = np.array([len(one.classes) for one in self.phrases], dtype=np.int64)[phrase]
        line = np.repeat(np.arange(len(phrase)), many)
        of = np.array([own for one in phrase.tolist() for own in self.phrases[one].classes], dtype=np.int64)
        hits = Hits(text[line], phrase[line], of, start[line], end[line])
        blanks = np.array([one.blanks for one in self.phrases], dtype=bool)[hits.phrase]
        if blanks.any():
            hits = _unblanked(hits.take(~blanks), hits.take(blanks))
        return _longest(hits)


def _phrases(taxonomy: Taxonomy) -> tuple[list[Phrase], list[tuple[str, str]]]:
    """The phrases of a taxonomy with the classes they tell, and those with nothing in them, with their class."""
    classes: dict[tuple[str, bool], dict[int, None]] = {}
    empty = []
    for place, own in enumerate(taxonomy.classes):
        for blanks, phrases in ((False, own.words), (True, own.without)):
            for text in dict.fromkeys((*phrases.en, *phrases.zh)):
                if fold_one(text).strip("* "):
                    classes.setdefault((text, blanks), {})[place] = None
                else:
                    empty.append((own.code, text))
    return [Phrase(text, tuple(of), blanks) for (text, blanks), of in classes.items()], empty


def _with_plural(phrase: str) -> tuple[str, ...]:
    """A folded phrase and the plural of its last word."""
    if not re.search(r"[a-z0-9]$", phrase):
        return (phrase,)
    more = [phrase + "s"]
    if re.search(r"(?:s|x|z|ch|sh)$", phrase):
        more.append(phrase + "es")
    if re.search(r"[^aeiou]y$", phrase):
        more.append(phrase[:-1] + "ies")
    return phrase, *more


def _batches(texts: Sequence[str]) -> Iterator[tuple[Ints, list[str], Ints, Ints, Ints]]:
    """Pieces of texts to be read at a time: of which text, the piece, where it begins there, and what of it counts."""
    batch: list[tuple[int, str, int, int, int]] = []
    size = 0
    for number, text in enumerate(texts):
        for begin in range(0, len(text), PIECE):
            first = max(0, begin - _LEAP)
            piece = text[first : begin + PIECE + _LEAP].replace(END, " ")
            batch.append((number, piece, first, begin - first, begin - first + PIECE))
            size += len(piece)
            if size >= PIECE:
                yield _laid(batch)
                batch, size = [], 0
    if batch:
        yield _laid(batch)


def _laid(batch: list[tuple[int, str, int, int, int]]) -> tuple[Ints, list[str], Ints, Ints, Ints]:
    numbers, pieces, begins, firsts, lasts = zip(*batch, strict=True)
    whole = (np.array(part, dtype=np.int64) for part in (numbers, begins, firsts, lasts))
    number, begin, first, last = whole
    return number, list(pieces), begin, first, last


def _to_the_end(
    patterns: Sequence[re.Pattern[str] | None], text: str, phrase: Ints, start: Ints, end: Ints, among: Bools
) -> Ints:
    """Ends of phrases with a star within, of those whose beginning was found; the start where the rest is not there."""
    end = end.copy()
    for hit in np.flatnonzero(among).tolist():
        pattern = patterns[phrase[hit]]
        found = pattern.match(text, start[hit]) if pattern else None
        end[hit] = found.end() if found else start[hit]
    return end


def _apart(word: Bools, folded: Folded, start: Ints, end: Ints) -> Bools:
    """Whether no letter or digit goes on where a phrase begins or ends with one; 5G is not in 2.5G either."""
    before = np.where(start > 0, word[start - 1], False)
    goes_on = (word[start] & before) | (word[end - 1] & word[end])
    digit = is_digit(folded.codes)
    point = (folded.codes == ord(".")) | (folded.codes == ord(","))
    decimal = digit[start] & (start > 1) & point[start - 1] & digit[start - 2]
    apart: Bools = ~goes_on & ~decimal
    return apart


def _unblanked(hits: Hits, blanks: Hits) -> Hits:
    """The hits that no blanked-out phrase of their text and class touches."""
    spans: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for text, of, start, end in zip(blanks.text, blanks.of, blanks.start, blanks.end, strict=True):
        spans.setdefault((int(text), int(of)), []).append((int(start), int(end)))
    told = {key: _merged(found) for key, found in spans.items()}
    width = int(max(hits.of.max(initial=0), blanks.of.max(initial=0))) + 1
    maybe = np.isin(hits.text * width + hits.of, np.unique(blanks.text * width + blanks.of))
    keep = np.ones(len(hits), dtype=bool)
    for hit in np.flatnonzero(maybe).tolist():
        firsts, lasts = told[int(hits.text[hit]), int(hits.of[hit])]
        near = int(np.searchsorted(lasts, hits.start[hit], side="right"))
        keep[hit] = near == len(firsts) or firsts[near] >= hits.end[hit]
    return hits.take(keep)


def _merged(spans: list[tuple[int, int]]) -> tuple[Ints, Ints]:
    """Spans that do not overlap and cover the same, in order."""
    firsts: list[int] = []
    lasts: list[int] = []
    for start, end in sorted(spans):
        if lasts and start <= lasts[-1]:
            lasts[-1] = max(lasts[-1], end)
        else:
            firsts.append(start)
            lasts.append(end)
    return np.array(firsts, dtype=np.int64), np.array(lasts, dtype=np.int64)


def _longest(hits: Hits) -> Hits:
    """The hits that are not within another of the same text and class."""
    if not len(hits):
        return hits
    hits = hits.take(np.lexsort((-hits.end, hits.start, hits.of, hits.text)))
    group = np.concatenate([[0], np.cumsum((np.diff(hits.text) != 0) | (np.diff(hits.of) != 0))])
    reach = hits.end + group * (int(hits.end.max()) + 1)
    before = np.concatenate([[-1], np.maximum.accumulate(reach)[:-1]])
    first = np.concatenate([[True], np.diff(group) != 0])
    return hits.take(first | (reach > before))
