"""The fault of scores that a method cannot take, with the positions of those scores."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from xinzhi.core.specs import FaultyValue


class Unfit(FaultyValue):
    """Scores that a method cannot take.

    ``where`` is true at the scores at fault, in the shape the method was given: (..., units, k). Methods know
    positions only; whoever knows the labels can name the regions and indicators.
    """

    def __init__(self, code: str, en: str, zh: str, where: npt.NDArray[np.bool_]) -> None:
        self.where = where
        super().__init__(code, en, zh)
