"""What documents say, in both languages; sentences that the page says too are worded as it words them."""

from __future__ import annotations

from xinzhi.core.errors import Language
from xinzhi.report.documents.simulated_words import SIMULATED

_WORDS: dict[str, tuple[str, str]] = {
    # --- Heads
    "abstract": ("Findings", "主要发现"),
    "data": ("Data", "数据"),
    "methods": ("Methods", "方法"),
    "results": ("Results", "结果"),
    "sureness": ("How sure the ranking is", "排名有多可靠"),
    "audit": ("Audit", "审计"),
    "structure": ("Structure and industries", "产业结构与产业梯级"),
    "dynamics": ("Dynamics", "动态演进"),
    "appendixTable": ("The indicators of the index", "指数的指标"),
    "appendix": ("Appendix: indicators", "附录：指标"),
    "record": ("Record", "运行记录"),
    "references": ("References", "参考文献"),
    "sources": ("Sources", "数据来源"),
    "coverage": ("Coverage", "数据覆盖"),
    "repairs": ("Repairs", "数据修复"),
    "notice": ("Notice", "说明"),
    "notices": ("Worth knowing", "提示"),
    "steps": ("Steps and formulas", "步骤与公式"),
    "weights": ("Structure and weights", "指标体系与权重"),
    "treated": ("Treated indicators", "经异常值处理的指标"),
    "omitted": ("Left out", "未纳入的内容"),
    "ranking": ("Ranking", "排名"),
    "years": ("Scores over the years", "历年得分"),
    "map": ("Where", "空间分布"),
    "claims": ("Claims", "论断"),
    "follow": ("Statistics", "统计量"),
    "pageOnly": ("In the page only", "仅见于网页报告"),
    # --- Labels
    "figure": ("Figure", "图"),
    "table": ("Table", "表"),
    "page": ("{n} / {all}", "第 {n} 页，共 {all} 页"),
    "made": ("Computed with Xinzhi {version}.", "由 Xinzhi {version} 计算。"),
    "fictional": (
        "Fictional data. Regions and figures were made up to show the software; they are of no real place.",
        "虚构数据。地区与数值均为演示软件而生成，不代表任何真实地区。",
    ),
    "source": ("Source: {sources}. Computed with Xinzhi {version}.", "资料来源：{sources}。由 Xinzhi {version} 计算。"),
    "sourceFictional": ("Fictional data. Computed with Xinzhi {version}.", "虚构数据。由 Xinzhi {version} 计算。"),
    "firstRows": (
        "The first {n} of {all} rows; the results of the run hold all.",
        "共{all}行，此处列出前{n}行，其余见运行结果。",
    ),
    "region": ("Region", "地区"),
    "rank": ("Rank", "位次"),
    "score": ("Score", "得分"),
    "change": ("Since {first}", "较{first}年"),
    "interval": ("{level} interval of the rank", "位次的 {level} 区间"),
    "name": ("Name", "名称"),
    "code": ("Code", "代码"),
    "unit": ("Unit", "单位"),
    "direction": ("Direction", "方向"),
    "weight": ("Weight", "权重"),
    "share": ("Share in its parent", "在上级中的权重"),
    "effective": ("Weight in the index", "在指数中的权重"),
    "computedFrom": ("Computed from", "取值"),
    "element": ("Under", "所属"),
    "indicator": ("Indicator", "指标"),
    "file": ("File", "文件"),
    "rows": ("Rows", "行数"),
    "encoding": ("Encoding", "编码"),
    "digest": ("SHA-256", "SHA-256"),
    "citation": ("Citation", "引用"),
    "was": ("As given", "原文"),
    "now": ("Read as", "读作"),
    "why": ("Why", "原因"),
    "times": ("Times", "次数"),
    "lowered": ("Lowered", "下调"),
    "raised": ("Raised", "上调"),
    "transformed": ("Transformed", "变换"),
    "choice": ("Choice", "选择"),
    "versions": ("Versions", "方案"),
    "first": ("First order", "一阶效应"),
    "total": ("Total", "总效应"),
    "statistic": ("Statistic", "统计量"),
    "year": ("Year", "年份"),
    "asItStands": ("As it stands", "研究原方案"),
    "claim": ("Claim", "论断"),
    "holdsIn": ("Holds in versions", "成立的版本占比"),
    "definedIn": ("Can be judged in", "可判断的版本占比"),
    "holds": ("holds", "成立"),
    "fails": ("does not hold", "不成立"),
    "cannotSay": ("cannot be said", "无法判断"),
    "pitfall": ("Pitfall", "问题"),
    "verdict": ("Finding", "检查结果"),
    "serious": ("serious", "严重"),
    "worth-knowing": ("worth knowing", "提示"),
    "fine": ("fine", "未见问题"),
    "wayOut": ("What to try", "建议"),
    "skew": ("Skewness", "偏度"),
    "kurtosis": ("Kurtosis", "峰度"),
    "observed": ("Observed", "实测"),
    "filled": ("Filled in", "填补"),
    "missingShort": ("Missing", "缺失"),
    "lowest": ("low", "低"),
    "highest": ("high", "高"),
    # --- Findings
    "measured": ("{index} is made of {elements}.", "{index}由{elements}构成。"),
    "facts": (
        "It covers {regions} regions over {years} with {indicators} indicators; {observed} of the cells were observed.",
        "覆盖{regions}个地区、{years}年、{indicators}项指标，{observed}的数据为实测值。",
    ),
    "lead": (
        "{leader} leads in {year} with {score}, {gap} ahead of {second} ({secondScore}).",
        "{year}年，{leader}以{score}居首，比第二位{second}（{secondScore}）高{gap}。",
    ),
    "leadTie": ("{leaders} share first place in {year} with {score}.", "{year}年，{leaders}以{score}并列第一。"),
    "leadAlone": (
        "{leader} is the only region with a score in {year}: {score}.",
        "{year}年仅{leader}有得分：{score}。",
    ),
    "leadNone": ("No region has a score.", "没有地区取得得分。"),
    "sure": (
        "Over {n} versions of the index, {leader}’s rank in {year} lies between {low} and {high} ({level} interval).",
        "在指数的{n}个版本中，{leader}{year}年的位次介于第{low}至第{high}位（{level} 区间）。",
    ),
    "sureSame": (
        "Over {n} versions of the index, {leader}’s rank in {year} stays at {low} ({level} interval).",
        "在指数的{n}个版本中，{leader}{year}年的位次保持在第{low}位（{level} 区间）。",
    ),
    "rise": (
        "From {first} to {last}, {region} rose most: its score went from {from_} to {to}, its rank from {rankFrom} to "
        "{rankTo}.",
        "{first}—{last}年，{region}升幅最大：得分由{from_}升至{to}，位次由第{rankFrom}位变为第{rankTo}位。",
    ),
    "riseRank": (
        "From {first} to {last}, {region} climbed most places, from {rankFrom} to {rankTo}; scores of different years "
        "are not compared here.",
        "{first}—{last}年，{region}位次上升最多，由第{rankFrom}位升至第{rankTo}位；本指数不同年份的得分不作比较。",
    ),
    "riseUneven": (
        "But {first} rests on {few} indicators and {last} on {many}, so part of the change is a change of "
        "what is measured.",
        "但{first}年只有{few}个指标有数据，{last}年有{many}个，变化中有一部分来自测度内容的变化。",
    ),
    "trendUneven": (
        "Fewer indicators have data in {years} ({least} to {most} over the years), so changes there are "
        "partly changes of what is measured.",
        "{years}年有数据的指标较少（各年为{least}至{most}个），其间的变化有一部分来自测度内容的变化。",
    ),
    "leadSpace": (
        "{what}: {regions} regions and {activities} activities; {leaders} are the most complex.",
        "{what}：{regions}个地区、{activities}项活动；复杂度最高的是{leaders}。",
    ),
    "leadSpacePlain": (
        "{what}: {regions} regions and {activities} activities.",
        "{what}：{regions}个地区、{activities}项活动。",
    ),
    "leadSpaceUnsure": (
        "{what}: {regions} regions and {activities} activities. The ranks of complexity do not hold up: draws agree "
        "with them only to {rho}.",
        "{what}：{regions}个地区、{activities}项活动。复杂度位次不稳定，重抽样与其一致程度仅为 {rho}。",
    ),
    "claimed": (
        "Claims of this study: {n} made, {hold} borne out as it stands, {robust} in at least nine of ten versions.",
        "本研究的{n}项论断中，{hold}项在研究原方案下成立，{robust}项在至少九成版本中成立。",
    ),
    "missingCells": (
        "Of the {cells} values behind the index, {observed} were observed, {filled} filled in and {missing} are "
        "missing.",
        "指数所用的{cells}个数据中，实测{observed}，填补{filled}，缺失{missing}。",
    ),
    "missingNone": ("All {cells} values behind the index were observed.", "指数所用的{cells}个数据全部为实测值。"),
    "missingRegions": ("Without a score in {year}: {regions}.", "{year}年没有得分的地区：{regions}。"),
    "missingIndicators": (
        "The structure has {n} more indicators for which there are no data.",
        "该指标体系另有{n}个指标没有数据。",
    ),
    # --- Data
    "sourcesSay": ("The study rests on {n} files.", "本研究使用{n}个数据文件。"),
    "sourcesTable": ("Data files", "数据文件"),
    "coverageFigure": (
        "Share of regions with data, by indicator and year",
        "各指标、各年有数据地区的占比",
    ),
    "coverageAlt": (
        "Each row is an indicator, each column a year; {observed} of the cells were observed.",
        "每行一项指标，每列一年；实测数据占{observed}。",
    ),
    "coverageNote": (
        "Each cell fills from below: dark is observed, light is filled in, empty is missing.",
        "每格自下而上：深色为实测，浅色为填补，空白为缺失。",
    ),
    "repairsTable": ("Repaired on reading", "读取时的修复"),
    # --- Methods
    "stepsIntro": (
        "The steps follow in the order of the work, each with its formula and the options in force.",
        "以下按计算次序列出各步骤、公式及所用选项。",
    ),
    "notation": ("Notation. ", "符号说明。"),
    "notationIndex": (
        "i and l are cells, each a region r in a year t; j, m and q are indicators, or at higher levels the "
        "elements under one parent, k of them. x is a value, x′ one after treatment, z a score on the common "
        "scale, w a weight (weights under one parent add up to 1), s the score of the parent. d is +1 where more "
        "is better and −1 where less is; n counts observed cells and O is their set, within the group g where "
        "there is one; a and b are the observed years nearest before and after, or the limits of winsorising; a "
        "bar is a mean, σ a standard deviation, R a range (in principal components the correlations), γ skewness "
        "and kurtosis. What is missing is left out of a sum, and the weights of the rest are renormalised, unless "
        "an option says otherwise. Upright words are options, whose values stand under the formula.",
        "i、l 为单元，即某地区 r 在某年 t；j、m、q 为指标，在更高层级为同一上级之下的 k 个元素。x"
        " 为数值，x′ 为异常值处理后的数值，z 为统一量纲后的得分，w 为权重（同一上级之下权重之和为 1），"
        "s 为上级的得分。d 在正向时为 +1，逆向时为 −1；n 为实测单元数，O 为实测单元的集合，有分组时"
        "限于所在组 g；a、b 为公式所涉年份之前与之后最近的实测年份，在缩尾中为上下限；上横线为均值，σ 为标"
        "准差，R 为极差（主成分中为相关系数矩阵），γ 为偏度与峰度。求和时略去缺失值，其余权重重新归一，另有选"
        "项说明者除外。正体词为选项，取值列于公式之下。",
    ),
    "denominate": ("Denomination", "相对化"),
    "screen": ("Screening", "筛选"),
    "impute": ("Filling of gaps", "缺失值填补"),
    "treat": ("Treatment of outliers", "异常值处理"),
    "normalise": ("Normalisation", "标准化"),
    "weigh": ("Weighting", "赋权"),
    "aggregate": ("Aggregation", "合成"),
    "presence": ("Presence", "具备判定"),
    "complexity": ("Complexity", "复杂度"),
    "relatedness": ("Relatedness", "关联度"),
    "density": ("Density", "关联密度"),
    "level": ("level", "层级"),
    "levelOne": ("indicators", "指标层"),
    "levelN": ("level {n}", "第{n}层"),
    "levelAll": ("all levels", "各层"),
    "scope": ("yardstick", "标准范围"),
    "pooled": ("all years pooled", "各年合并"),
    "yearly": ("each year alone", "逐年"),
    "base": ("base period {first}–{last}", "基期{first}—{last}年"),
    "onlyFor": ("Only for {what}.", "仅用于{what}。"),
    "options": ("Options: {options}.", "选项：{options}。"),
    "weightsTable": ("Elements and their weights", "各元素的权重"),
    "weightsYear": ("Weights change by the year; these are of {year}.", "权重逐年变化，此处为{year}年的权重。"),
    "treatedNone": ("No indicator was treated for outliers.", "没有指标经过异常值处理。"),
    "treatedTable": ("Cells treated for outliers", "经异常值处理的单元数"),
    "omittedTable": ("Left out, and why", "未纳入的内容及原因"),
    "linksSay": (
        "{title}: {regions} regions and {activities} activities, periods {periods}.",
        "{title}：{regions}个地区、{activities}项活动，时期为{periods}。",
    ),
    # --- Results
    "rankingTable": ("{what}, {year}: ranking", "{year}年{what}：排名"),
    "rankingFigure": ("{what}, {year}", "{year}年{what}"),
    "rankingParts": (
        "A bar’s length is the score, its pieces what each part adds.",
        "条形长度为得分，各色段为各组成部分对得分的贡献。",
    ),
    "rankingAlt": ("Bars from the highest score down: {leaders}.", "条形图，由高到低：{leaders}。"),
    "yearsTable": ("{what} by year", "历年{what}"),
    "trendFigure": ("{what}, {first}–{last}", "{first}—{last}年{what}"),
    "trendNote": (
        "Coloured lines are the five regions ranked first in the last year, grey lines all others.",
        "彩色线为末年位居前五的地区，灰线为其他地区。",
    ),
    "trendAlt": ("Lines of the scores of all regions by year; {leaders}.", "各地区历年得分折线；{leaders}。"),
    "trendRefused": (
        "No trend is drawn and no years are set side by side: these steps take their yardstick from each year alone, "
        "so scores of two years cannot be compared: {steps}.",
        "不绘制趋势，也不并列各年得分：以下步骤逐年取标准，两年的得分不可比：{steps}。",
    ),
    "mapFigure": ("{what} of the regions, {year}", "{year}年各地区{what}"),
    "mapTiles": (
        "A tile for each region, of equal size and roughly where it lies; this is no map of boundaries.",
        "图块示意图：每个地区占一个等大的方块，按大致方位排列，并非行政区划图。",
    ),
    "mapAlt": ("Regions coloured by score; highest: {leaders}.", "按得分着色的地区图；最高：{leaders}。"),
    "mapAbsent": ("Not on the map: {regions}.", "未在图上的地区：{regions}。"),
    # --- Sureness
    "varied": (
        "The index was computed in {n} versions. Each draws anew every choice that could well have been made "
        "otherwise.",
        "指数共计算{n}个版本，每个版本对本可另作选择的环节重新抽取。",
    ),
    "variedTable": ("Choices that were varied", "变动的选择"),
    "shift": (
        "On average over all versions, years and regions a rank lies {shift} places from that of the study as it "
        "stands.",
        "就全部版本、年份和地区平均而言，位次与研究原方案相差{shift}位。",
    ),
    "width": (
        "In {year} the {level} interval of a rank is {width} places wide in the median; it is widest for {region}: "
        "from {low} to {high}.",
        "{year}年，位次的 {level} 区间宽度的中位数为{width}位；区间最宽的是{region}：第{low}至第{high}位。",
    ),
    "intervalsFigure": ("Rank intervals of the regions, {year}", "{year}年各地区位次区间"),
    "intervalsNote": (
        "The bar holds {level} of {n} versions, the tick is their median, the dot is the study as it stands.",
        "横条为{n}个版本中{level}所处的范围，竖线为中位数，圆点为研究原方案。",
    ),
    "intervalsAlt": ("Intervals of the ranks: {leaders}.", "位次区间：{leaders}。"),
    "effectsTable": ("Which choice moves the ranks", "哪些选择影响位次"),
    "effectsNote": (
        "Shares of the variance of the mean rank shift, with {level} intervals where they are estimated.",
        "对平均位次变动方差的解释份额；括号内为 {level} 区间（精确值无区间）。",
    ),
    "followTable": ("Statistics of the index", "指数的统计量"),
    "followNote": (
        "As the study stands; in brackets the {level} interval over the versions.",
        "研究原方案的数值；括号内为各版本的 {level} 区间。",
    ),
    "followNominal": ("As the study stands.", "研究原方案的数值。"),
    "allYears": ("all years", "全部年份"),
    "claimsTable": ("Claims over the versions of the index", "各论断在指数各版本中的成立情况"),
    # --- Audit
    "auditIntro": (
        "The study was held against {n} pitfalls that keep coming back in published indices: {serious} serious, "
        "{worth} worth knowing, {fine} fine. A finding is a reason to look, not a verdict.",
        "对照已发表指数中反复出现的{n}类问题逐一检查：严重{serious}类，提示{worth}类，未见问题{fine}类。"
        "检查结果是需要核查的线索，而不是定论。",
    ),
    "auditTable": ("Pitfalls", "各类问题"),
    # --- Dynamics
    "gini": ("Gini", "基尼系数"),
    "theil": ("Theil T", "泰尔指数 T"),
    "variation": ("Coefficient of variation", "变异系数"),
    "theilBetween": ("Theil, between groups", "泰尔：组间"),
    "theilWithin": ("Theil, within groups", "泰尔：组内"),
    "dagumWithin": ("Dagum, within", "Dagum：组内"),
    "dagumBetween": ("Dagum, net between", "Dagum：组间净值"),
    "dagumTransvariation": ("Dagum, transvariation", "Dagum：超变密度"),
    "inequalityTable": ("{what}: how unequal the regions are", "{what}：地区差异"),
    "fromClass": ("From class", "原类型"),
    "moves": ("Moves", "转移次数"),
    "longRun": ("In the long run", "长期分布"),
    "mobilityTable": ("Chances of moving between classes within a year", "年际类型转移概率"),
    "mobilityNote": (
        "Classes from the lowest (1) up; columns are the class a year later.",
        "类型由低（1）到高；各列为次年类型。",
    ),
    "convergence": ("Convergence", "收敛类型"),
    "sigma": ("σ convergence", "σ 收敛"),
    "absolute-beta": ("absolute β convergence", "绝对 β 收敛"),
    "conditional-beta": ("conditional β convergence", "条件 β 收敛"),
    "estimate": ("Estimate", "估计值"),
    "error": ("Standard error", "标准误"),
    "p": ("p", "p 值"),
    "interval95": ("Interval", "区间"),
    "halfLife": ("Half-life, years", "半衰期（年）"),
    "convergenceTable": ("Do regions grow more alike?", "地区是否趋同"),
    # --- Structure
    "spaceTable": ("Regions in {what}, {period}", "{what}中的各地区（{period}）"),
    "diversity": ("Diversity", "多样性"),
    "complexityRank": ("Complexity rank", "复杂度位次"),
    "complexityOf": ("Complexity", "复杂度"),
    "outlook": ("Outlook", "前景"),
    "emergenceTable": ("Topics that emerge: {what}", "涌现的主题：{what}"),
    "dependencyTable": ("Choke points: {what}, {period}", "卡脖子环节：{what}（{period}）"),
    "ladderTable": ("Industries by rung: {what}, {year}", "各级产业数：{what}（{year}年）"),
    "recordsTable": ("Records that were counted", "计数的微观记录"),
    "digitalTable": ("The digital in the real economy, {period}", "数实融合（{period}）"),
    "topic": ("Topic", "主题"),
    "recordsOf": ("Records", "记录"),
    "onset": ("Onset", "起点"),
    "stage": ("Stage", "阶段"),
    "emergenceSay": (
        "{n} of {all} topics emerge by the study’s threshold.",
        "按研究的阈值，{all}个主题中有{n}个正在涌现。",
    ),
    "goods": ("Goods", "品类数"),
    "chokes": ("Choke points", "卡脖子环节数"),
    "dependencyShare": ("Dependency", "对外依存度"),
    "inChokes": ("Supply in choke points", "卡脖子环节占供给"),
    "chokeNote": (
        "A choke point has a dependency of at least {dependency} and sources as concentrated as an HHI of {hhi}.",
        "对外依存度不低于{dependency}且来源集中度（HHI）不低于 {hhi} 者为卡脖子环节。",
    ),
    "rung": ("Rung", "梯级"),
    "industries": ("Industries", "产业数"),
    "largest": ("Largest", "规模居前者"),
    "coordination": ("Coordination", "耦合协调度"),
    "removed": ("Repeats left out", "剔除的重复"),
    "counted": ("Counted", "计入"),
    "pageOnlySay": (
        "The page of this run, report.html, also has what this document has no place for: {what}.",
        "本次运行的网页报告 report.html 另有本文未收录的内容：{what}。",
    ),
    # --- Record
    "recordIntro": (
        "The record holds the version, all settings and a digest of every input; with the same files it repeats the "
        "run exactly. It stands beside the page as record.json.",
        "记录包含版本、全部设置及各输入文件的摘要；使用相同文件即可完全重现本次运行。记录见网页报告旁的 record.json。",
    ),
    "repeatBy": ("To repeat: {command}", "重现方法：{command}"),
    "versionIs": ("Xinzhi {version}; seed {seed}.", "Xinzhi {version}；随机种子 {seed}。"),
    "versionOnly": ("Xinzhi {version}.", "Xinzhi {version}。"),
    "digestsTable": ("Digests of the inputs", "输入文件摘要"),
    "unshown": (
        "The fonts of this document lack {n} characters that stand in its texts; each is printed as its code, such as "
        "{example}: {codes}.",
        "本文所用字体缺少文中的{n}个字符，均以其编码印出（如 {example}）：{codes}。",
    ),
    # --- Parts of the payload that are in the page only
    "part-fusion": ("fusion of the stages of the chain", "各环节的融合"),
    "part-numbers": ("numbers behind findings worth knowing", "各项提示的数据依据"),
    "part-profiles": ("profiles of single regions", "各地区概况"),
    **SIMULATED,
}


def say(language: Language, word: str, /, **blanks: object) -> str:
    """A word or sentence with its blanks filled. What fills a blank is never read for blanks of its own."""
    text = _WORDS[word][0 if language == "en" else 1]
    return text.format(**{name: str(value) for name, value in blanks.items()}) if blanks else text
