"""Looking at data and index: description, correlation, profiles, contributions, what-if.

Every function returns tidy rows with names in both languages, or a small frozen result with ``to_frame``.
"""

from xinzhi.measure.analysis.comparison import LeftOut, compare, compare_versions, leave_one_out
from xinzhi.measure.analysis.contributions import contributions, contributions_to_change, contributions_to_gap
from xinzhi.measure.analysis.correlation import (
    correlation_flags,
    correlations,
    cronbach,
    denominator_correlations,
    principal_components,
)
from xinzhi.measure.analysis.profiles import results, strengths, unit_summary, weaknesses
from xinzhi.measure.analysis.statistics import availability, availability_by_element, describe, trends

__all__ = [
    "LeftOut",
    "availability",
    "availability_by_element",
    "compare",
    "compare_versions",
    "contributions",
    "contributions_to_change",
    "contributions_to_gap",
    "correlation_flags",
    "correlations",
    "cronbach",
    "denominator_correlations",
    "describe",
    "leave_one_out",
    "principal_components",
    "results",
    "strengths",
    "trends",
    "unit_summary",
    "weaknesses",
]
