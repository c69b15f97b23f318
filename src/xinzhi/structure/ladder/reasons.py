"""Why an industry stands on its rung, in words: what it meets and misses, and by how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.specs import Text
from xinzhi.structure.ladder.criteria import CRITERIA
from xinzhi.structure.ladder.readings import YEARLY, YEARLY_CRITERION
from xinzhi.structure.ladder.rungs import CRITERION, RUNG_NAMES, RUNGS, TIME, LadderSpec

if TYPE_CHECKING:
    from xinzhi.structure.ladder.rungs import Ladder

KNOWN = {**CRITERIA, YEARLY: YEARLY_CRITERION}


def reasons(ladder: Ladder, region: str, industry: str, year: int) -> tuple[Text, ...]:
    """One sentence on the rung and how sure it is, then one for each criterion. Raises ``MethodError``."""
    series, time = _place(ladder, region, industry, year)
    chances = ladder.probability.values[series, time]
    told = dict(zip(ladder.evidence[CRITERION].values.tolist(), ladder.evidence.values[series, time], strict=True))
    found = [_verdict(ladder, chances)]
    if ladder.way == "hidden-markov":
        found.append(_modelled(ladder))
    if told.get("upgraded") == 1.0 and not np.isnan(chances).any():
        found.append(_upgraded(ladder, told, int(chances.argmax())))
    found += [_criterion(name, value, ladder.spec) for name, value in told.items() if not np.isnan(value)]
    lacking = [name for name in CRITERIA if np.isnan(told.get(name, np.nan))]
    if lacking:
        found.append(
            Text(
                en="not told by the data: " + ", ".join(CRITERIA[name].text.en for name in lacking),
                zh="数据未能说明：" + "、".join(CRITERIA[name].text.zh for name in lacking),
            )
        )
    return tuple(found)


def _place(ladder: Ladder, region: str, industry: str, year: int) -> tuple[int, int]:
    coords = ladder.probability
    there = (coords["region"].values == region) & (coords["industry"].values == str(industry))
    years = coords[TIME].values
    if not there.any() or year not in years:
        regions = sorted(set(coords["region"].values.tolist()))[:5]
        raise MethodError(
            Fault(
                "no-such-series",
                f"there is no industry '{industry}' of region '{region}' in {year}. Regions: {', '.join(regions)}"
                f"{' …' if len(regions) == 5 else ''}; years {years[0]}-{years[-1]}.",
                f"没有地区“{region}”的产业“{industry}”{year} 年的数据。地区：{'、'.join(regions)}"
                f"{'……' if len(regions) == 5 else ''}；年份 {years[0]}—{years[-1]}。",
            )
        )
    return int(np.flatnonzero(there)[0]), int(np.flatnonzero(years == year)[0])


def _verdict(ladder: Ladder, chances: np.ndarray) -> Text:
    if np.isnan(chances).any():
        return Text(en="not placed: size or growth is not known", zh="未判定：规模或增长未知")
    best = int(chances.argmax())
    name, chance = RUNG_NAMES[RUNGS[best]], chances[best]
    if chance >= ladder.spec.certainty - 1e-12:
        return Text(en=f"{name.en} (probability {chance:.0%})", zh=f"{name.zh}（概率 {chance:.0%}）")
    other = RUNG_NAMES[RUNGS[int(np.argsort(chances, kind="stable")[-2])]]
    return Text(
        en=f"{name.en}, uncertain (probability {chance:.0%}; next, {other.en})",
        zh=f"{name.zh}，尚不确定（概率 {chance:.0%}；其次为{other.zh}）",
    )


def _modelled(ladder: Ladder) -> Text:
    """That the probability is a model's, and what it rests on."""
    years = ladder.probability[TIME].values
    read = [KNOWN[name].text for name in ladder.record.settings["fitted"]["readings"]]
    return Text(
        en=f"the probability is a hidden Markov model's, in the light of all years {years[0]}-{years[-1]}, from the "
        f"size thresholds and: {', '.join(one.en for one in read)}",
        zh=f"概率出自隐马尔可夫模型，综合 {years[0]}—{years[-1]} 年全部数据，依据规模门槛与："
        f"{'、'.join(one.zh for one in read)}",
    )


def _upgraded(ladder: Ladder, told: dict[str, float], best: int) -> Text:
    """What upgrading did for the industry, or why it did nothing."""
    by = [one for one in ("digital", "technology") if told.get(f"{one}-growth", -1.0) >= ladder.spec.upgrade]
    en = " and ".join(f"{one} intensity up {told[f'{one}-growth']:.1%} a year above the region's" for one in by)
    zh = "，".join(
        f"{'数字化水平' if one == 'digital' else '技术强度'}年均超出本地区 {told[f'{one}-growth']:.1%}" for one in by
    )
    if RUNGS[best] in ("leading", "pillar"):
        return Text(en=f"an upgraded base carries it: {en}", zh=f"产业基础已升级，成为新质生产力载体：{zh}")
    if told["relative-size"] < ladder.spec.sizeable:
        return Text(
            en=f"its base is upgraded, but it is too small to carry: {en}", zh=f"产业基础已升级，但规模尚小：{zh}"
        )
    return Text(en=f"its base is upgraded: {en}", zh=f"产业基础已升级：{zh}")


def thresholds(spec: LadderSpec) -> dict[str, tuple[tuple[str, str, float], ...]]:
    """What each criterion is held against: what reaching it is called, in both languages, and from where on."""
    return {
        "relative-size": (
            ("small below", "小型上限", spec.small),
            ("sizeable from", "成规模起点", spec.sizeable),
            ("large from", "大型起点", 1.0),
        ),
        "growth": (("shrinking below", "收缩上限", -spec.shrink),),
        "excess-growth": (
            ("outgrowing above", "快于本地区起点", spec.outgrow),
            ("fast from", "快速增长起点", spec.fast),
        ),
        "steadiness": (("steady from", "稳定起点", spec.steady),),
        "below-peak": (("fallen from", "明显回落起点", spec.fallen),),
        "liveliness": (("lively from", "活跃起点", spec.lively),),
        "technology": (("intense from", "技术密集起点", spec.intense),),
        "age": (("young up to", "新兴年数上限", float(spec.young)),),
        "advantage": (("advantage from", "比较优势起点", spec.advantage),),
        "backward": (("linked from", "带动起点", spec.linkage),),
        "forward": (("linked from", "带动起点", spec.linkage),),
        "elasticity": (("elastic from", "富有弹性起点", spec.elasticity),),
        "productivity-growth": (("productive above", "生产率领先起点", spec.productive),),
        "digital-growth": (("upgrading from", "升级起点", spec.upgrade),),
        "technology-growth": (("upgrading from", "升级起点", spec.upgrade),),
    }


def _criterion(name: str, value: float, spec: LadderSpec) -> Text:
    about = KNOWN.get(name)
    text, unit = (about.text, about.unit) if about else (Text(en=name, zh=name), "ratio")
    shown = _number(value, unit)
    held = thresholds(spec).get(name, ())
    en = ", ".join(f"{word} {_number(cut, unit)}" for word, _, cut in held)
    zh = "，".join(f"{word} {_number(cut, unit)}" for _, word, cut in held)
    reached = sum(value >= cut for _, _, cut in held)
    if not held:
        return Text(en=f"{text.en} {shown}", zh=f"{text.zh} {shown}")
    verdict = {0: ("below", "低于"), len(held): ("at or above", "不低于")}.get(reached, ("between", "介于"))
    return Text(en=f"{text.en} {shown}: {verdict[0]} what is {en}", zh=f"{text.zh} {shown}：{verdict[1]}门槛（{zh}）")


def _number(value: float, unit: str) -> str:
    if unit == "growth":
        return f"{value:+.1%}"
    if unit == "share":
        return f"{value:.1%}"
    return f"{value:.0f}" if unit in ("years", "flag") else f"{value:.2f}"
