"""What tables are about and what their columns mean, in both languages, where that is known."""

from __future__ import annotations

import re
from functools import cache

Words = dict[str, str]

# Columns of the index's own tables, and of many others.
_COMMON = {
    "region": ("Region, its code", "地区代码"),
    "region_name_en": ("Region", "地区（英文）"),
    "region_name_zh": ("Region in Chinese", "地区"),
    "time": ("Year", "年份"),
    "year": ("Year", "年份"),
    "element": ("Element of the index, its code", "指数要素代码"),
    "name_en": ("Name", "名称（英文）"),
    "name_zh": ("Name in Chinese", "名称"),
    "level": ("Level in the index, counted from the indicators", "在指数中的层级（自指标起计）"),
    "parent": ("The element it is part of; empty for the index itself", "上级要素代码；总指数为空"),
    "score": ("Score", "得分"),
    "rank": ("Rank among the regions of the year, 1 is best", "当年各地区中的名次，1 为最优"),
    "draw": ("Number of the version", "方案序号"),
    "part": ("What the version is drawn for", "方案所属的抽样部分"),
    "rank_shift": ("Mean shift of ranks from the study as it stands", "相对本研究的平均位次变动"),
    "leave_out": ("What is left out", "剔除的对象"),
    "present": ("Whether the region has the activity", "地区是否具备该活动"),
    "other": ("The other activity, its code", "另一活动代码"),
    "tree": ("Whether the tie is in the spanning tree", "关联是否在最大生成树内"),
    "change": ("Entered or left", "进入或退出"),
}
_CHOICE = re.compile(r"(impute|normalise|weigh|zeros|treat|aggregate|noise)(\.(.+))?")
_CHOICES = {
    "impute": ("How gaps are filled", "缺失值填补方法"),
    "treat": ("How outliers are treated", "异常值处理方法"),
    "normalise": ("How indicators are normalised", "标准化方法"),
    "weigh": ("How indicators are weighed", "赋权方法"),
    "zeros": ("What is done with zeros", "零值处理方法"),
    "aggregate": ("How scores are aggregated", "合成方法"),
    "noise": ("What a weight is multiplied by", "权重的扰动倍数"),
}
_TITLES = {
    "scores": ("Scores and ranks", "得分与名次"),
    "draws": ("Versions of the study", "本研究的各方案"),
    "emergence-measures": ("Topics: marks of emergence", "主题：涌现指标"),
    "emergence-topics": ("Topics: onset and growth", "主题：起点与增长"),
    "emergence-counts": ("Topics: counts by year", "主题：历年数量"),
    "growth-curves": ("Topics: growth curves", "主题：增长曲线"),
    "forecasts": ("Topics: the next years", "主题：未来数年"),
    "choke-points": ("Dependency by good", "各产品的对外依存度"),
    "choke-regions": ("Dependency by region", "各地区的对外依存度"),
    "digital-levels": ("The digital in the real economy", "数实融合"),
    "digital-industries": ("How digital industries are", "各产业的数字化份额"),
    "digital-innovation": ("Digital innovation", "数字技术创新"),
    "digital-fields": ("Digital codes in other fields", "其他领域中的数字技术"),
    "ladder-rungs": ("Industries on their rungs", "产业梯级"),
    "ladder-reasons": ("Why industries stand there", "产业梯级的依据"),
    "records-report": ("Records: what was found", "记录：清洗结果"),
    "records-classes": ("Records: their classes", "记录：所属的类"),
    "records-evaluation": ("Records: how right recognition is", "记录：识别评估"),
}
_KINDS = {
    "periods": ("periods", "各时期"),
    "regions": ("regions", "地区"),
    "activities": ("activities", "活动"),
    "pairs": ("regions and activities", "地区与活动"),
    "ties": ("ties between activities", "活动间关联"),
    "rates": ("rates of entry and exit", "进入率与退出率"),
    "changes": ("entries and exits", "进入与退出"),
    "forecast": ("how well entries are foretold", "进入预测的评估"),
    "standing": ("standing against the frontier", "与前沿的差距"),
    "closer": ("coming closer to the frontier", "向前沿靠近"),
}
_DYNAMICS = {
    "density": ("Density of the scores", "得分的核密度"),
    "distribution": ("The distribution year by year", "历年分布"),
    "classes": ("Classes of the Markov chain", "马尔可夫链的类型"),
    "transitions": ("Transitions between classes", "类型间转移"),
    "mobility": ("Mobility", "流动性"),
    "moves": ("Moves of regions between classes", "各地区的类型转移"),
    "inequality": ("Inequality year by year", "历年不平等程度"),
    "dagum": ("Dagum's decomposition", "Dagum 分解"),
    "dagum-groups": ("Dagum's decomposition: within groups", "Dagum 分解：组内"),
    "dagum-pairs": ("Dagum's decomposition: between groups", "Dagum 分解：组间"),
    "convergence": ("Convergence", "收敛"),
}
_WORLDS = {
    "start": ("What the worlds began from", "模拟起点"),
    "national": ("Outcomes of the country", "全国结果"),
    "differences": ("What each policy changed", "政策效应"),
    "regions": ("Outcomes of regions", "地区结果"),
    "industries": ("Industries of one run", "一次运行中的产业"),
    "rungs": ("Shares of the rungs", "各梯级的比重"),
    "births": ("Industries born", "新生产业"),
    "incidence": ("How discoveries and start-ups ended", "发现与创业企业的结局"),
    "spending": ("What each lever spent", "政策支出"),
    "facts": ("Known facts and those of the worlds", "典型事实对照"),
    "claims": ("The paper's claims put to the model", "论文论断的检验"),
    "posterior": ("Knobs inferred", "参数推断"),
    "moments": ("Moments of the data and of fresh runs", "数据与新运行的矩"),
    "heldout": ("What was held out, foretold", "留出检验"),
}
_UNITS = {"time": "year", "year": "year", "onset": "year", "begins": "year", "trough": "year"}


def title(table: str, folder: str = "") -> Words:
    """What a table in a folder of a run is about; the table's own name where nothing else is known."""
    if table in _TITLES:
        return _both(_TITLES[table])
    if folder == "dynamics":
        return _both(_DYNAMICS.get(table.removeprefix("dynamics-"), (table, table)))
    if folder == "simulation":
        en, zh = _WORLDS.get(table.removeprefix("simulate_"), (table, table))
        return {"en": f"Worlds: {en[0].lower()}{en[1:]}", "zh": f"模拟：{zh}"}
    space, _, kind = table.rpartition("-")
    if space and kind in _KINDS and not table.startswith(("ladder-", "fusion-", "records-")):
        en, zh = _KINDS[kind]
        return {"en": f"{space}: {en}", "zh": f"{space}：{zh}"}
    for family, en, zh in (("ladder", "The ladder", "产业梯级"), ("fusion", "Fusion", "融合")):
        if table.startswith(f"{family}-"):
            rest = table.removeprefix(f"{family}-").replace("-", " ")
            return {"en": f"{en}: {rest}", "zh": f"{zh}：{rest}"}
    return {"en": table, "zh": table}


def meaning(table: str, column: str, folder: str = "") -> Words:
    """What a column of a table in a folder means; its own name where nothing else is known."""
    if table in ("scores", "draws"):
        choice = _CHOICE.fullmatch(column)
        if choice and table == "draws":
            en, zh = _CHOICES[choice[1]]
            return {"en": f"{en} ({choice[3]})" if choice[3] else en, "zh": f"{zh}（{choice[3]}）" if choice[3] else zh}
        if table == "draws" and (cell := re.fullmatch(r"(.+):(-?\d+)", column)):
            return {"en": f"Score of {cell[1]} in {cell[2]}", "zh": f"{cell[1]} {cell[2]} 年得分"}
        return _both(_COMMON.get(column, (column, column)))
    known = _heads(folder if folder in ("dynamics", "simulation") else _family(table)) | (
        {"year": ("Year", "年份")} if column == "year" else {}
    )
    return _both(known.get(column) or _COMMON.get(column) or (column, column))


def unit(column: str) -> str | None:
    """The unit of a column where every table has the same."""
    return _UNITS.get(column)


def _family(table: str) -> str:
    for family, starts in (
        ("ladder", ("ladder-",)),
        ("records", ("records-",)),
        ("digital", ("digital-",)),
        ("dependency", ("choke-",)),
        ("emergence", ("emergence-", "growth-curves", "forecasts")),
    ):
        if table.startswith(starts):
            return family
    return "structure"


@cache
def _heads(family: str) -> dict[str, tuple[str, str]]:
    # The workbook's heads; they come with the sciences, which take a second to load.
    from xinzhi.study import dependency_sheets, digital_sheets, emergence_sheets, structure_sheets
    from xinzhi.study.dynamics import sheets as dynamics_sheets
    from xinzhi.study.ladder import sheets as ladder_sheets
    from xinzhi.study.records import sheets as records_sheets
    from xinzhi.study.simulation import sheets as simulation_sheets

    return {
        "structure": structure_sheets.HEADS,
        "dynamics": dynamics_sheets.HEADS,
        "ladder": ladder_sheets.HEADS,
        "records": records_sheets.HEADS,
        "digital": digital_sheets.HEADS,
        "dependency": dependency_sheets.HEADS,
        "emergence": emergence_sheets.HEADS,
        "simulation": simulation_sheets.HEADS,
    }[family]


def _both(words: tuple[str, str]) -> Words:
    return {"en": words[0], "zh": words[1]}
