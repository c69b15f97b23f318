"""Cut the fonts of this folder out of Noto CJK: ``python make_fonts.py SERIF.ttc SERIF_BOLD.ttc SANS.ttc``.

The Simplified Chinese face of each collection is kept to the characters that studies are written with. What is cut
away is what a document does not need (hints, vertical setting, features of layout); outlines are those of the source.
Equal collections give equal bytes with equal versions of fonttools.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent
FILES = ("serif.otf", "serif-bold.otf", "sans.otf")
FACE = "CJK SC"

# Latin with its accents, Greek, Cyrillic, punctuation, currencies, arrows, mathematics, numbers in circles, frames,
# CJK punctuation and kana, full-width forms.
BLOCKS = (
    *((0x20, 0x7F), (0xA0, 0x180), (0x2B0, 0x300), (0x370, 0x400), (0x400, 0x460), (0x1E00, 0x1F00)),
    *((0x2010, 0x2028), (0x2030, 0x2060), (0x2070, 0x20D0), (0x2100, 0x2300), (0x2460, 0x2600), (0x2605, 0x2607)),
    *((0x3000, 0x3100), (0xFF00, 0xFFF0)),
)
# Characters of names of people and places that are newer than GB 2312.
NAMES = "镕喆堃頔翀赟旻昉昇烜瑄珺玥犇骉嫚彧暐沄洺浛浥湉湙燊瑀璟皞硚祎禛竑粿翯芃莀衎谞贇飏龑浐"


def characters() -> frozenset[str]:
    """All of GB 2312, the common half of Big5, the blocks above, and every Chinese character of the package itself."""
    return frozenset([*_coded("gb2312", 0xA1, 0xF7), *_coded("big5", 0xA4, 0xC6), *_blocks(), *_own(), *NAMES])


def _coded(codec: str, first: int, last: int) -> Iterator[str]:
    for high in range(first, last + 1):
        for low in range(0x40, 0xFF):
            # The common characters of Big5 end within the last row.
            if codec == "big5" and (high, low) > (0xC6, 0x7E):
                return
            try:
                yield bytes((high, low)).decode(codec)
            except UnicodeDecodeError:
                continue


def _blocks() -> Iterator[str]:
    for first, beyond in BLOCKS:
        yield from map(chr, range(first, beyond))


def _own() -> Iterator[str]:
    package = FOLDER.parents[2]
    for kind in ("*.py", "*.toml", "*.json", "*.csv", "*.txt"):
        for file in package.rglob(kind):
            yield from (one for one in file.read_text(encoding="utf-8") if "㐀" <= one <= "鿿")


def main(paths: list[str]) -> None:
    """Write the three fonts beside this script."""
    from fontTools import subset
    from fontTools.ttLib import TTCollection

    wanted = sorted(map(ord, characters()))
    for path, name in zip(paths, FILES, strict=True):
        fonts = TTCollection(path, lazy=True).fonts
        font = next(one for one in fonts if str(one["name"].getDebugName(1)).endswith(FACE))
        options = subset.Options()
        options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
        options.layout_features, options.hinting, options.notdef_outline = [], False, True
        options.recalc_timestamp = False
        options.drop_tables += ["VORG", "vhea", "vmtx", "GSUB", "GPOS", "GDEF", "BASE"]
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=wanted)
        cutter.subset(font)
        font.save(FOLDER / name, reorderTables=True)
        print(name, len(font.getBestCmap()), "characters,", (FOLDER / name).stat().st_size, "bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
