"""Growth curves: how far along its S-curve a topic is, how high it may go, and what the next years may bring."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.methods import Family, Method
from xinzhi.core.results import Record
from xinzhi.core.specs import FaultyValue
from xinzhi.structure.crossed import one_of
from xinzhi.structure.growth_fits import LEAST, Fit, Model, bounds, draw, fit
from xinzhi.structure.yearly import Gaps, Yearly, yearly

Noise = Literal["negative-binomial", "poisson"]

growth_curves = Family(
    "growth-curve",
    zh="增长曲线",
    about="f(time: years since the start, rate, middle[, shape]) -> share of the ceiling reached by then; `middle` is "
    "the time of the fastest growth; all broadcast against one another.",
)


@growth_curves.add("logistic", zh="逻辑斯蒂曲线", cite="Verhulst 1838; Fisher, Pry 1971")
def logistic(time: Floats, rate: Floats, middle: Floats) -> Floats:
    """Growth in proportion to what is there and to what is left; fastest at half the ceiling."""
    return np.asarray(1 / (1 + np.exp(-rate * (time - middle))))


@growth_curves.add("gompertz", zh="龚珀兹曲线", cite="Gompertz 1825; Winsor 1932")
def gompertz(time: Floats, rate: Floats, middle: Floats) -> Floats:
    """Growth whose pace falls off evenly; fastest at 37 % of the ceiling, with a long tail after."""
    return np.asarray(np.exp(-np.exp(-rate * (time - middle))))


@growth_curves.add("bass", zh="巴斯扩散曲线", cite="Bass 1969")
def bass(time: Floats, rate: Floats, middle: Floats) -> Floats:
    """Diffusion from a start at time 0: some begin by themselves (p), others follow them (q).

    ``rate`` is p + q and ``middle`` log(q / p) / (p + q). Bass 1969, Management Science 15: 215, the closed form.
    """
    since = np.maximum(time, 0)
    return np.asarray(-np.expm1(-rate * since) / (1 + np.exp(-rate * (since - middle))))


@growth_curves.add("richards", zh="理查兹曲线", cite="Richards 1959")
def richards(time: Floats, rate: Floats, middle: Floats, shape: Floats) -> Floats:
    """Growth whose fastest year may come early or late: logistic at shape 1, Gompertz towards 0."""
    return np.asarray(np.exp(-np.log1p(shape * np.exp(-rate * (time - middle))) / shape))


# Shares of the ceiling at which one stage ends and the next begins.
STAGES = (
    ("embryonic", "萌芽期", 0.1),
    ("growth", "成长期", 0.5),
    ("maturity", "成熟期", 0.9),
    ("saturation", "饱和期", 1.0),
)
_EVERY: tuple[str, ...] = ("logistic", "gompertz", "bass", "richards")


@dataclass(frozen=True, eq=False)
class GrowthCurve:
    """Curves fitted to the yearly counts of one topic.

    ``fits`` holds a row a curve, ``stages`` how likely each stage is, ``fitted`` the counts beside what the curves
    expect. ``notes`` say in words what the counts do not tell.
    """

    topic: str
    fits: pd.DataFrame
    stages: pd.DataFrame
    fitted: pd.DataFrame
    level: float
    notes: tuple[Fault, ...]
    record: Record
    draws: tuple[tuple[Model, Floats, Floats], ...]
    weights: Floats

    def to_frame(self) -> pd.DataFrame:
        """A row a curve: its ceiling, rate and dates with intervals, AICc and weight."""
        return self.fits.reset_index()

    def forecast(
        self, years: int | Sequence[int] = 3, *, level: float | None = None, draws: int = 8_000, seed: int = 0
    ) -> pd.DataFrame:
        """The next years with intervals that hold the noise, the parameters and the choice of curve.

        ``years`` is how many, or which. Columns: mean, median, low, high of the year's count, and total_median,
        total_low, total_high of all counts from the end of the fit to that year. It holds if growth goes on along one
        of these curves; a change of pace after the last year is not in the intervals.
        """
        last = int(self.fitted.index[-1])
        wanted = np.arange(last + 1, last + 1 + years) if isinstance(years, int) else np.asarray(sorted(years))
        if not wanted.size or wanted[0] <= last:
            raise MethodError(
                Fault(
                    "past-years",
                    f"a forecast is for years after {last}, the last that was fitted; found {wanted.tolist()}.",
                    f"预测年份须晚于拟合的最后一年（{last}）；实际为 {wanted.tolist()}。",
                )
            )
        level = self.level if level is None else _level(level)
        paths, means = self._paths(int(wanted[-1]) - last, draws, np.random.default_rng(seed))
        tails = [(1 - level) / 2, 0.5, (1 + level) / 2]
        low, median, high = np.quantile(paths, tails, axis=0)
        total_low, total_median, total_high = np.quantile(np.cumsum(paths, axis=1), tails, axis=0)
        columns = {
            "mean": means,
            "median": median,
            "low": low,
            "high": high,
            "total_median": total_median,
            "total_low": total_low,
            "total_high": total_high,
        }
        every = pd.DataFrame(columns, index=pd.Index(np.arange(last + 1, wanted[-1] + 1), name="year"))
        return every.loc[wanted]

    def against(self, counts: Any, *, level: float | None = None, seed: int = 0) -> pd.DataFrame:
        """The forecast beside what happened in the years after: observed, the forecast's columns, and inside."""
        later = _one(yearly(counts, gaps="unobserved"), None if self.topic == "counts" else self.topic)
        happened = {int(y): float(c) for y, c in zip(later.years, later.counts[0], strict=True)}
        last = int(self.fitted.index[-1])
        after = [year for year, count in happened.items() if year > last and not np.isnan(count)]
        found = self.forecast(after, level=level, seed=seed)
        found.insert(0, "observed", [happened[year] for year in found.index])
        found["inside"] = (found["observed"] >= found["low"]) & (found["observed"] <= found["high"])
        return found

    def _paths(self, ahead: int, number: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Counts (number, ahead) drawn from all curves by weight, and the mean expected."""
        made = rng.multinomial(number, self.weights)
        paths, expected = [], np.zeros(ahead)
        for (model, theta, alpha), share in zip(self.draws, made, strict=True):
            if not share:
                continue
            at = rng.integers(len(theta), size=share)
            mu = np.clip(model.mean(theta[at], np.arange(model.years, model.years + ahead + 1)), 1e-10, 1e12)
            expected += mu.sum(axis=0) / number
            noisy = np.maximum(alpha[at], LEAST)[:, None]
            paths.append(rng.poisson(rng.gamma(1 / noisy, noisy * mu)).astype(float))
        return np.vstack(paths), expected

    def __repr__(self) -> str:
        best = self.fits.iloc[0]
        percent = f"{100 * self.level:g} %"
        if best["identified"]:
            ceiling = (
                f"ceiling {best['ceiling']:.0f} ({percent}: {best['ceiling_low']:.0f} to {best['ceiling_high']:.0f})"
            )
        else:
            ceiling = f"the counts do not tell a ceiling: {best['ceiling_low']:.0f} or anything above ({percent})"
        told = f"{best['peak']:.1f}" if best["identified"] else "not told"
        likely = ", ".join(f"{stage} {row:.2f}" for stage, row in self.stages["probability"].items())
        years = self.fitted.index
        return "\n".join(
            [
                f"GrowthCurve of {self.topic}, {years[0]} to {years[-1]}: {self.fitted['count'].sum():.0f} counted",
                f"  best by AICc: {self.fits.index[0]} (weight {best['weight']:.2f} of {len(self.fits)} curves)",
                f"  {ceiling}",
                f"  fastest growth {told} ({percent}: {best['peak_low']:.1f} to {best['peak_high']:.1f})",
                f"  stage: {likely}",
                f"  {len(self.notes)} notes",
            ]
        )


def growth_curve(
    counts: Any,
    *,
    topic: str | None = None,
    curves: Sequence[str | Callable[..., Any]] = _EVERY,
    noise: Noise = "negative-binomial",
    background: bool = False,
    since: int | None = None,
    through: int | None = None,
    gaps: Gaps = "refuse",
    level: float = 0.9,
    draws: int = 4_000,
    seed: int = 0,
) -> GrowthCurve:
    """Fit S-curves to the yearly counts of a topic and tell its stage, its ceiling if there is one in sight, its dates.

    ``counts`` as ``yearly`` takes them, of one topic or with the ``topic`` named; years from ``since`` to ``through``.
    What a curve gains in a year is the expected count; the counts scatter about it as negative binomial or Poisson, so
    years are independent given the curve. (A curve through running totals would take each total for news, though it
    holds all earlier ones.) ``background`` adds a constant yearly count that was there before the growth.

    The ceiling's interval is by profile likelihood against Student's t; a ceiling whose upper end is open is not given
    as a number but told in words, and so are then the date and the share that hang on it; the rate is the middle of its
    draws. All else is drawn in proportion to the likelihood, with every order of magnitude of the ceiling, up to a
    thousand times what was counted, held as likely beforehand as every other: where no ceiling is told, stages rest on
    that too. Curves are compared by AICc (Hurvich, Tsai 1989, Biometrika 76: 297) and
    weighed by it (Burnham, Anderson 2002). Stages end at 10, 50, 90 and 100 % of the ceiling. Years that are not
    observed are skipped. Raises ``MethodError``.
    """
    one_of("noise", noise, Noise)
    if draws < 1 or not curves:
        raise MethodError(_nothing_to_draw(draws, len(curves)))
    data = _one(yearly(counts, through=through, gaps=gaps), topic)
    first = data.years[0] if since is None else since
    kept = data.years >= first
    years, y = data.years[kept], data.counts[0][kept]
    _refuse(data.topics[0], y, _level(level))
    chosen = [growth_curves.find(one) for one in curves]
    models = [Model(one.function, len(y), _shaped(one), background) for one in chosen]
    overdispersed = noise == "negative-binomial"
    enough = [int((~np.isnan(y)).sum()) >= model.parameters + overdispersed + 2 for model in models]
    if not any(enough):
        raise MethodError(_too_few(int((~np.isnan(y)).sum()), 5 + background + overdispersed))
    notes = [_left_out(one.name, model, y) for one, model, ok in zip(chosen, models, enough, strict=True) if not ok]
    chosen = [one for one, ok in zip(chosen, enough, strict=True) if ok]
    rng = np.random.default_rng(seed)
    fits = [fit(model, y, overdispersed=overdispersed) for model, ok in zip(models, enough, strict=True) if ok]
    drawn = [draw(each, y, draws, rng) for each in fits]
    rows = [_row(each, theta, y, years, level, overdispersed) for each, (theta, _) in zip(fits, drawn, strict=True)]
    table = pd.DataFrame(rows, index=pd.Index([one.name for one in chosen], name="curve"))
    table.insert(0, "curve_zh", [one.zh for one in chosen])
    relative = np.exp(-0.5 * (table["aicc"] - table["aicc"].min()))
    table["weight"] = relative / relative.sum()
    order = np.argsort(-table["weight"].to_numpy(), kind="stable")
    table = table.iloc[order]
    fits, drawn = [fits[at] for at in order], [drawn[at] for at in order]
    weights = table["weight"].to_numpy()
    expected = sum(w * each.model.mean(each.theta) for w, each in zip(weights, fits, strict=True))
    notes += _said(table, data.topics[0], level)
    settings = {
        "topic": data.topics[0],
        "curves": [one.name for one in chosen],
        "noise": noise,
        "background": background,
        "since": since,
        "through": through,
        "gaps": gaps,
        "level": level,
        "draws": draws,
    }
    return GrowthCurve(
        data.topics[0],
        table,
        _stages(fits, drawn, weights),
        pd.DataFrame({"count": y, "expected": expected}, index=pd.Index(years, name="year")),
        level,
        tuple(notes),
        Record("growth-curve", settings, {"counts": data.digest}, seed),
        tuple((each.model, theta, alpha) for each, (theta, alpha) in zip(fits, drawn, strict=True)),
        weights,
    )


def _shaped(method: Method) -> bool:
    """Whether a curve has a shape beside rate and middle."""
    positional = [p for p in inspect.signature(method.function).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    if len(positional) not in (3, 4):
        raise FaultyValue(
            "bad-curve",
            f"a growth curve is f(time, rate, middle) or f(time, rate, middle, shape); '{method.name}' takes "
            f"{len(positional)}.",
            f"增长曲线的形式为 f(time, rate, middle) 或 f(time, rate, middle, shape)；“{method.name}”有 "
            f"{len(positional)} 个参数。",
        )
    return len(positional) == 4


def _row(
    fitted: Fit, theta: Floats, y: Floats, years: npt.NDArray[np.int64], level: float, overdispersed: bool
) -> dict[str, Any]:
    """What is told of one curve."""
    from scipy.stats import t

    model, n = fitted.model, int((~np.isnan(y)).sum())
    k = model.parameters + overdispersed
    low, high = bounds(fitted, float(t.ppf((1 + level) / 2, n - model.parameters)) ** 2 / 2)
    identified = bool(np.isfinite(high))
    tails = [(1 - level) / 2, (1 + level) / 2]
    start = float(years[0])

    def dated(each: Floats) -> Floats:
        return np.asarray(start + model.years - each[..., 2] / np.exp(each[..., 1]))

    rates, peaks = np.quantile(np.exp(theta[:, 1]), tails), np.quantile(dated(theta), tails)
    shares = np.quantile(model.reached(theta, [model.years])[:, 0], tails)
    return {
        "ceiling": float(np.exp(fitted.theta[0])) if identified else np.nan,
        "ceiling_low": low,
        "ceiling_high": high,
        "identified": identified,
        "rate": float(np.exp(fitted.theta[1])) if identified else float(np.median(np.exp(theta[:, 1]))),
        "rate_low": rates[0],
        "rate_high": rates[1],
        "peak": float(dated(fitted.theta)) if identified else np.nan,
        "peak_low": peaks[0],
        "peak_high": peaks[1],
        "reached": float(model.reached(fitted.theta, [model.years])[0]) if identified else np.nan,
        "reached_low": shares[0],
        "reached_high": shares[1],
        "shape": float(np.exp(fitted.theta[3])) if model.shaped else np.nan,
        "background": float(np.exp(fitted.theta[-1])) if model.background else 0.0,
        "dispersion": fitted.dispersion if overdispersed else 0.0,
        "loglik": fitted.loglik,
        "aicc": -2 * fitted.loglik + 2 * k + 2 * k * (k + 1) / (n - k - 1),
    }


def _stages(fits: list[Fit], drawn: list[tuple[Floats, Floats]], weights: Floats) -> pd.DataFrame:
    """How likely each stage is at the end of the last year, over all curves."""
    edges = np.array([0.0, *(until for _, _, until in STAGES)])
    chances = np.zeros(len(STAGES))
    for each, (theta, _), weight in zip(fits, drawn, weights, strict=True):
        share = each.model.reached(theta, [each.model.years])[:, 0]
        chances += weight * np.histogram(np.clip(share, 0, 1), edges)[0] / len(share)
    return pd.DataFrame(
        {"stage_zh": [zh for _, zh, _ in STAGES], "above": edges[:-1], "up_to": edges[1:], "probability": chances},
        index=pd.Index([name for name, _, _ in STAGES], name="stage"),
    )


def _said(table: pd.DataFrame, topic: str, level: float) -> list[Fault]:
    notes = []
    open_ended = table.index[~table["identified"]].tolist()
    if open_ended:
        least, names = table.loc[open_ended, "ceiling_low"].min(), ", ".join(open_ended)
        notes.append(
            Fault(
                "no-ceiling",
                f"the counts of '{topic}' do not tell a ceiling by {names}: at {100 * level:g} % anything from "
                f"{least:.0f} upwards fits. Shares and stages then rest on the curve and on how likely ceilings are "
                "held to be beforehand: every order of magnitude alike, up to a thousand times what was counted.",
                f"“{topic}”的计数不足以确定饱和值（{names}）：在 {100 * level:g}% 水平上，{least:.0f} 以上均相容。"
                "此时占比与阶段还取决于曲线形式和事前假定：至多为已有数量的一千倍，各数量级等可能。",
                severity="warning",
            )
        )
    if len(table) > 1 and table["weight"].iloc[0] < 0.9:
        close = ", ".join(f"{name} {weight:.2f}" for name, weight in table["weight"].items())
        notes.append(
            Fault(
                "curves-alike",
                f"no curve is clearly the best (AICc weights: {close}); forecasts and stages are over all of them.",
                f"没有哪条曲线明显最优（AICc 权重：{close}）；预测与阶段按全部曲线加权得出。",
                severity="warning",
            )
        )
    return notes


def _one(data: Yearly, topic: str | None) -> Yearly:
    """The one topic that is meant."""
    if topic is None and len(data.topics) == 1:
        return data
    if topic in data.topics:
        at = data.topics.index(topic)
        return Yearly((topic,), data.years, data.counts[at : at + 1])
    shown = ", ".join(data.topics[:8])
    if len(data.topics) == 1:  # one series without a name is the topic that is meant
        return data
    raise MethodError(
        Fault(
            "which-topic",
            f"name one topic, topic = '…'; there are {len(data.topics)}: {shown}.",
            f"请用 topic = '…' 指明一个主题；共有 {len(data.topics)} 个：{shown}。",
        )
    )


def _refuse(topic: str, y: Floats, level: float) -> None:
    seen = y[~np.isnan(y)]
    if len(seen) and not seen.any():
        raise MethodError(
            Fault(
                "all-zero",
                f"'{topic}' was never counted: all {len(seen)} years are 0, and no curve runs through nothing.",
                f"“{topic}”从未出现：{len(seen)} 个年份全为 0，无法拟合曲线。",
            )
        )
    if int((seen > 0).sum()) < 4:
        raise MethodError(_too_few(int((seen > 0).sum()), 4, "with something counted", "有记录的"))


def _too_few(found: int, needed: int, what: str = "", what_zh: str = "") -> Fault:
    return Fault(
        "too-few-years",
        f"a growth curve needs at least {needed} years {what}; found {found}. Give more years, or count by quarters "
        "numbered as years.".replace("  ", " "),
        f"拟合增长曲线至少需要 {needed} 个{what_zh}年份；实际为 {found} 个。请补充年份。",
    )


def _nothing_to_draw(draws: int, curves: int) -> Fault:
    return Fault(
        "bad-option",
        f"at least one curve and one draw are needed; found {curves} curves and draws = {draws}.",
        f"至少须有一条曲线和一次抽样；实际为 {curves} 条曲线，draws = {draws}。",
    )


def _left_out(name: str, model: Model, y: Floats) -> Fault:
    n = int((~np.isnan(y)).sum())
    return Fault(
        "too-few-years",
        f"{name} is left out: its {model.parameters} parameters and the noise need more than the {n} years there are.",
        f"未拟合 {name}：其 {model.parameters} 个参数及噪声所需年份多于现有的 {n} 年。",
        severity="warning",
    )


def _level(level: float) -> float:
    if not 0 < level < 1:
        raise FaultyValue(
            "bad-level",
            f"level is a share between 0 and 1; found {level!r}.",
            f"level 须在 0 与 1 之间；实际为 {level!r}。",
        )
    return level
