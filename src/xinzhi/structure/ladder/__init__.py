"""The industry ladder: future, strategic emerging, leading and pillar industries in turn, and those off it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xinzhi.data.industries import Industries
    from xinzhi.structure.ladder.rungs import Ladder, LadderSpec


def ladder(
    industries: Industries,
    spec: LadderSpec | None = None,
    *,
    relative_advantage: Any = None,
    relatedness: Any = None,
    linkages: Any = None,
    technology: Any = None,
) -> Ladder:
    """The rung of each industry of each region in each year: future, strategic emerging, leading, pillar, or off it.

    ``spec.way`` is "rule" (thresholds, read from the top; see ``structure.ladder.rule``) or "hidden-markov" (a model
    with probabilities). What the table does not hold may be given by industry, region × industry, or with years, as
    a Series with levels of these names or a labelled array: ``relative_advantage`` (1: as specialised as the
    economy), ``relatedness``, ``technology`` (any unit: it counts beside the economy's average), and ``linkages``,
    the result of ``linkages(...)`` or a table with ``backward`` and ``forward`` (1: the average industry).

    A criterion that the data do not allow is left out and named among the notes; an industry whose growth or size is
    not known is not placed. Raises ``DataError`` where the measure of size is not there, ``MethodError`` for
    arguments that do not fit.
    """
    from xinzhi.structure.ladder.criteria import Arguments
    from xinzhi.structure.ladder.rungs import LadderSpec

    spec = LadderSpec() if spec is None else spec
    given = Arguments.of(industries, relative_advantage, relatedness, linkages, technology)
    if spec.way == "hidden-markov":
        from xinzhi.structure.ladder.hidden import hidden

        return hidden(industries, spec, given)
    from xinzhi.structure.ladder.rule import rule

    return rule(industries, spec, given)
