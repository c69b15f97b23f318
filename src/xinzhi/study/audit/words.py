"""What the columns of a finding's numbers are called where people read them."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["text", "number", "share"]


class Head(NamedTuple):
    """What a column is called, and whether its numbers are shares of one."""

    en: str
    zh: str
    kind: Kind = "number"


# The columns of the findings' numbers.
HEADS: dict[str, Head] = {
    "indicator": Head("Indicator", "指标"),
    "node": Head("Part of the index", "所属节点"),
    "element": Head("Element", "维度"),
    "region": Head("Region", "地区"),
    "next": Head("Next in rank", "后一位"),
    "best_name": Head("Strongest indicator", "最强指标"),
    "worst_name": Head("Weakest indicator", "最弱指标"),
    "note": Head("Note", "说明"),
    "time": Head("Year", "年份"),
    "nominal": Head("Nominal weight", "名义权重", "share"),
    "over_siblings": Head("Weight over mean of the others", "权重与其余同级指标均值之比"),
    "effective": Head("Effective weight", "有效权重", "share"),
    "effective_ratio": Head("Effective weight (correlation ratio)", "有效权重（相关比）", "share"),
    "effective_over_nominal": Head("Effective over nominal", "有效权重与名义权重之比"),
    "effective_weight": Head("Weight in the index", "总权重", "share"),
    "cv": Head("Coefficient of variation", "变异系数"),
    "total": Head("Undivided total", "未相对化的总量"),
    "r": Head("Correlation", "相关系数"),
    "group": Head("Group", "组别"),
    "nearest": Head("Closest indicator", "相关最强的指标"),
    "vif": Head("Variance inflation", "方差膨胀因子"),
    "column": Head("Column", "数据列"),
    "role": Head("Role", "用途"),
    "formula": Head("Formula", "计算口径"),
    "unit": Head("Unit", "单位"),
    "size": Head("Size variable", "规模变量"),
    "decades": Head("Orders of magnitude", "相差数量级"),
    "share_of_scale": Head("Share of the scale made by one cell", "单个数据占标尺的份额", "share"),
    "share_of_region": Head("Share made by its region", "所在地区占标尺的份额", "share"),
    "largest_change": Head("Largest change of a score", "得分最大变动"),
    "mean_change": Head("Mean change of a score", "得分平均变动"),
    "largest_rank_change": Head("Largest change of a rank", "位次最大变动"),
    "mean_score": Head("Mean score", "平均得分"),
    "mean_score_pooled": Head("Mean score, years pooled", "平均得分（各年合并）"),
    "skip": Head("Zeros skipped", "略去零值"),
    "replace 1e-5": Head("Zeros replaced by 1e-5", "零值替换为 1e-5"),
    "shift 1e-4": Head("Shifted by 1e-4", "平移 1e-4"),
    "shift 0.01": Head("Shifted by 0.01", "平移 0.01"),
    "shift 1": Head("Shifted by 1", "平移 1"),
    "half-minimum": Head("Half the minimum", "最小值之半"),
    "movement": Head("Range over the rules", "各规则间极差"),
    "missing": Head("Missing", "缺失占比", "share"),
    "filled": Head("Filled", "填补占比", "share"),
    "rank": Head("Rank", "位次"),
    "rank_changed": Head("Rank after", "变动后位次"),
    "rank_best": Head("Best rank", "最好位次"),
    "rank_worst": Head("Worst rank", "最差位次"),
    "rank_range": Head("Range of ranks", "位次极差"),
    "rank_arithmetic": Head("Rank, arithmetic mean", "位次（算术平均）"),
    "rank_geometric": Head("Rank, geometric mean", "位次（几何平均）"),
    "places": Head("Places moved", "位次变动"),
    "gap": Head("Gap of scores", "得分差"),
    "largest_change_of_gap": Head("Largest change of the gap", "得分差最大变动"),
    "swaps": Head("Indicators that swap them", "可使名次互换的指标数"),
    "normalisation": Head("Normalisation", "标准化"),
    "aggregation": Head("Aggregation", "合成"),
    "weighting": Head("Weighting", "赋权"),
    "cv_first": Head("Coefficient of variation, first year", "变异系数（首年）"),
    "cv_last": Head("Coefficient of variation, last year", "变异系数（末年）"),
    "slope": Head("Slope a year", "年均变动"),
    "sd_slope": Head("Slope of the standard deviation", "标准差的年均变动"),
    "best": Head("Best value (of 100)", "最高值（百分制）"),
    "worst": Head("Lowest value (of 100)", "最低值（百分制）"),
    "apart": Head("Difference", "差值"),
    "mean": Head("Mean", "均值"),
    "form": Head("Form", "模型形式"),
    "c_min": Head("Lowest coupling degree", "耦合度最低值"),
    "c_median": Head("Median coupling degree", "耦合度中位数"),
    "c_max": Head("Highest coupling degree", "耦合度最高值"),
    "systems": Head("Systems", "系统"),
    "zero_region_years": Head("Region-years at zero", "取值为零的地区年份数"),
    "years_scored": Head("Years with a score", "有得分的年数"),
}

_NAME = Head("Name", "名称", "text")
_TONGUES = {"en": ("English", "英文"), "zh": ("Chinese", "中文")}


def head(column: str) -> Head:
    """A column of ``Finding.numbers``; one that has no words goes by its own name."""
    if column in HEADS:
        return HEADS[column]
    stem, _, tongue = column.rpartition("_")
    if tongue in _TONGUES and stem:
        of, (en, zh) = _NAME if stem == "name" else head(stem.removesuffix("_name")), _TONGUES[tongue]
        return Head(f"{of.en} ({en})", f"{of.zh}（{zh}）", "text")
    plain = column.replace("_", " ")
    return Head(plain, plain)
