/** Futures: an outcome under every policy through time, what differs from the baseline, and what else a policy does. */

import type { Context } from "../context";
import { figure } from "../charts";
import { h, table, type Column } from "../dom";
import { capital, percent } from "../format";
import { ticks } from "../layout";
import { drawPlot } from "../plot";
import { differenceAt, fanAt, HIGH, LOW, MEDIAN, type PolicyEffect, type Series } from "../simulation";
import { drawTargets } from "../targets";
import { allPolicies, amount, axisName, change, changesOf, choices, chosen, confidence, dated, follows, full, groupName, grouped, known, level, money, others, plain, policyChosen, policyColour, policyName, seriesName, simFigure, simOf, simSection, simTable, spanOf, standing, tickOf, usual, when, wholeYear } from "./sim";

// More fans than these could not be told apart.
const MOST = 6;

export function simfutures(c: Context): HTMLElement {
  const s = simOf(c);
  const content = follows(c, ["series", "policy", "mode"], () => {
    const at = chosen(c, "series", s.series.length, usual(s.series));
    const series = s.series[at];
    const shown = policiesShown(c, at);
    return [
      standing(words(c, series, at)),
      chosen(c, "mode", 2) && others(s).length ? differences(c, series, at, shown.filter((one) => one !== s.experiment.baseline)) : fans(c, series, at, shown),
      others(s).length ? ends(c, series, at) : null,
    ];
  });
  return simSection(
    c,
    "simfutures",
    "simFutures",
    "simFuturesIntro",
    choices(c, "simfutures", [
      { what: "series", label: c.say("simOutcome"), options: grouped(c, s.series), fallback: usual(s.series) },
      ...(others(s).length ? [{ what: "mode" as const, label: c.say("simShown"), options: plain([c.say("simLevels"), c.say("simAgainst", { baseline: policyName(c, s.experiment.baseline) })]) }] : []),
      allPolicies(c),
    ]),
    content,
    notices(c),
    policies(c),
    others(s).length ? follows(c, ["policy"], () => [alongside(c)]) : null,
  );
}

/** The policy that is chosen among those other than the baseline; −1 for all. */
const only = (c: Context): number => (policyChosen(c) === simOf(c).experiment.baseline ? -1 : policyChosen(c));

/** The baseline and the policy chosen, or those that differ most surely. */
function policiesShown(c: Context, series: number): number[] {
  const s = simOf(c);
  const one = only(c);
  if (one >= 0) return [s.experiment.baseline, one];
  const sure = (policy: number) => {
    const found = effectOf(c, policy, series);
    return found ? Math.abs(found.effect) / Math.max(found.high - found.low, 1e-12) : 0;
  };
  const rest = others(s);
  const most = new Set(rest.length < MOST ? rest : [...rest].sort((a, b) => sure(b) - sure(a)).slice(0, MOST - 1));
  return [s.experiment.baseline, ...rest.filter((policy) => most.has(policy))];
}

const effectOf = (c: Context, policy: number, series: number): PolicyEffect | undefined => simOf(c).effects.find((one) => one.policy === policy && one.series === series);
const told = ({ low, high }: { low: number; high: number }): boolean => low > 0 || high < 0;

function words(c: Context, series: Series, at: number): string {
  const s = simOf(c);
  const { baseline } = s.experiment;
  const last = s.moments.length - 1;
  const end = (which: number) => fanAt(s, at, baseline, last, which);
  const found = s.effects.filter((one) => one.series === at && (only(c) < 0 || one.policy === only(c)));
  const sure = found.filter(told).sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
  const named = (one: PolicyEffect) => (c.state.lang === "zh" ? `${policyName(c, one.policy)}（${change(c, series, one.effect)}）` : `${policyName(c, one.policy)} (${change(c, series, one.effect)})`);
  const rest = found.length - sure.length;
  return c.joined([
    c.say("simEnd", { what: seriesName(c, series), baseline: policyName(c, baseline), was: amount(c, series, fanAt(s, at, baseline, 0, MEDIAN)), first: dated(c, s.moments[0]), now: amount(c, series, end(MEDIAN)), last: dated(c, s.moments[last]), span: spanOf(c, series, end(LOW), end(HIGH)), level: level(c) }),
    sure.length > 0 && c.say("simTold", { names: c.listed(sure.map(named), 4) }),
    found.length > 0 && !sure.length && c.say("simToldNone"),
    sure.length > 0 && rest > 0 && c.say("simUntold", { n: rest }),
  ]);
}

function fans(c: Context, series: Series, at: number, shown: number[]): HTMLElement {
  const s = simOf(c);
  const title = c.say("simFanTitle", { what: seriesName(c, series), first: s.experiment.years[0], last: s.experiment.years[1] });
  const left = s.policies.length - shown.length;
  const write = (policy: number, moment: number) => `${amount(c, series, fanAt(s, at, policy, moment, MEDIAN))} (${spanOf(c, series, fanAt(s, at, policy, moment, LOW), fanAt(s, at, policy, moment, HIGH))})`;
  const values = shown.flatMap((policy) => s.moments.flatMap((_, moment) => [LOW, HIGH].map((which) => fanAt(s, at, policy, moment, which)))).filter(Number.isFinite);
  const columns: Column<number>[] = [
    { title: c.say("year"), cell: (moment) => when(c, s.moments[moment]), raw: (moment) => s.moments[moment], heading: true },
    ...shown.map((policy) => ({ title: policyName(c, policy), cell: (moment: number) => write(policy, moment), raw: (moment: number) => full(fanAt(s, at, policy, moment, MEDIAN)), ends: c.ends(policyName(c, policy), (moment: number) => [full(fanAt(s, at, policy, moment, LOW)), full(fanAt(s, at, policy, moment, HIGH))]), numeric: true })),
  ];
  return figure({
    name: "sim-fan",
    data: { table: "simulate_national", query: { where: [`series=${series.code}`] } },
    text: simFigure(c, title, words(c, series, at), c.joined([c.sentence(series.says), c.say("simFanNote", { level: level(c) }), left > 0 && !(only(c) >= 0) && c.say("simFanSome", { n: shown.length, all: s.policies.length })])),
    draw: (width, theme) =>
      drawPlot(
        {
          places: s.moments,
          y: ticks(Math.min(...values), Math.max(...values)),
          marks: [{ name: c.say("simBand", { level: level(c) }), shape: "bar", colour: theme.context }],
          ends: shown.map((policy) => ({ name: policyName(c, policy), shape: policy === s.experiment.baseline ? ("dash" as const) : ("line" as const), colour: policyColour(s, theme, policy), at: fanAt(s, at, policy, s.moments.length - 1, MEDIAN) })),
          yName: axisName(c, series),
          bands: shown.map((policy) => ({ points: s.moments.map((moment, i): [number, number, number] => [moment, fanAt(s, at, policy, i, LOW), fanAt(s, at, policy, i, HIGH)]), fill: policyColour(s, theme, policy), opacity: shown.length > 3 ? 0.1 : 0.15 })),
          lines: shown.map((policy) => ({ points: s.moments.map((moment, i): [number, number] => [moment, fanAt(s, at, policy, i, MEDIAN)]), colour: policyColour(s, theme, policy), dash: policy === s.experiment.baseline, wide: 2.25 })),
          xLabel: wholeYear,
          yLabel: tickOf(c, series, false),
          tip: (i) => [when(c, s.moments[i]), ...shown.map((policy) => `${policyName(c, policy)}: ${write(policy, i)}`)],
        },
        width,
        theme,
      ),
    table: () => table(columns, s.moments.map((_, i) => i), simTable(c, title)),
  });
}

function differences(c: Context, series: Series, at: number, shown: number[]): HTMLElement {
  const s = simOf(c);
  const { years } = s.differences;
  const title = c.say("simDifferenceTitle", { what: seriesName(c, series), baseline: policyName(c, s.experiment.baseline) });
  const write = (policy: number, year: number) => `${change(c, series, differenceAt(s, at, policy, year, MEDIAN))} (${changesOf(c, series, differenceAt(s, at, policy, year, LOW), differenceAt(s, at, policy, year, HIGH))})`;
  const columns: Column<number>[] = [
    { title: c.say("year"), cell: (year) => String(years[year]), heading: true },
    ...shown.map((policy) => ({ title: policyName(c, policy), cell: (year: number) => write(policy, year), raw: (year: number) => full(differenceAt(s, at, policy, year, MEDIAN)), ends: c.ends(policyName(c, policy), (year: number) => [full(differenceAt(s, at, policy, year, LOW)), full(differenceAt(s, at, policy, year, HIGH))]), numeric: true })),
  ];
  return figure({
    name: "sim-difference",
    data: { table: "simulate_differences", query: { where: [`series=${series.code}`] } },
    text: simFigure(c, title, words(c, series, at), c.joined([c.sentence(series.says), c.say("simDifferenceNote", { confidence: confidence(c) })])),
    draw: (width, theme) =>
      drawPlot(
        {
          places: years,
          marks: [{ name: c.say("simMeanBand", { confidence: confidence(c) }), shape: "bar", colour: theme.context }],
          ends: shown.map((policy) => ({ name: policyName(c, policy), shape: "line" as const, colour: policyColour(s, theme, policy), at: differenceAt(s, at, policy, years.length - 1, MEDIAN) })),
          yName: axisName(c, series, true),
          bands: shown.map((policy) => ({ points: years.map((year, i): [number, number, number] => [year, differenceAt(s, at, policy, i, LOW), differenceAt(s, at, policy, i, HIGH)]), fill: policyColour(s, theme, policy), opacity: 0.16 })),
          lines: shown.map((policy) => ({ points: years.map((year, i): [number, number] => [year, differenceAt(s, at, policy, i, MEDIAN)]), colour: policyColour(s, theme, policy), wide: 2.25 })),
          xLabel: wholeYear,
          yLabel: tickOf(c, series, true),
          tip: (i) => [String(years[i]), ...shown.map((policy) => `${policyName(c, policy)}: ${write(policy, i)}`)],
        },
        width,
        theme,
      ),
    table: () => table(columns, years.map((_, i) => i), simTable(c, title)),
  });
}

/** Every policy at the end: the outcome itself, and what it is more or less than under the baseline. */
function ends(c: Context, series: Series, at: number): HTMLElement {
  const { lang } = c.state;
  const s = simOf(c);
  const last = s.moments.length - 1;
  const end = (policy: number, which: number) => fanAt(s, at, policy, last, which);
  const effect = (policy: number) => effectOf(c, policy, at);
  const title = c.say("simEndTitle", { what: seriesName(c, series), last: s.experiment.years[1] });
  const differs = c.say("simDifference");
  const columns: Column<number>[] = [
    { title: c.say("simPolicy"), cell: (policy) => policyName(c, policy), value: (policy) => policyName(c, policy), heading: true },
    { title: c.say("median"), cell: (policy) => amount(c, series, end(policy, MEDIAN)), value: (policy) => end(policy, MEDIAN), numeric: true, descending: true },
    { title: c.say("simBand", { level: level(c) }), cell: (policy) => spanOf(c, series, end(policy, LOW), end(policy, HIGH)), ends: c.ends(c.say("median"), (policy) => [full(end(policy, LOW)), full(end(policy, HIGH))]), numeric: true },
    { title: differs, cell: (policy) => sign(c, series, effect(policy)), value: (policy) => known(effect(policy)?.effect), numeric: true, descending: true },
    { title: c.say("interval", { level: confidence(c) }), cell: (policy) => { const one = effect(policy); return one ? changesOf(c, series, one.low, one.high) : "–"; }, ends: c.ends(differs, (policy) => [effect(policy)?.low ?? null, effect(policy)?.high ?? null]), numeric: true },
    { title: c.say("simRelative"), cell: (policy) => relative(c, effect(policy)), value: (policy) => known(effect(policy)?.relative), numeric: true, descending: true },
    { title: c.say("simAgree"), cell: (policy) => percent(known(effect(policy)?.agree), lang, 0), value: (policy) => known(effect(policy)?.agree), numeric: true, descending: true },
    { title: c.say("simSpent"), cell: (policy) => money(c, s.policies[policy].spent), value: (policy) => known(s.policies[policy].spent), numeric: true, descending: true },
  ];
  const order = [s.experiment.baseline, ...others(s).sort((a, b) => known(effect(b)?.effect) - known(effect(a)?.effect))];
  return h("div", {}, h("h3", {}, title), table(columns, order, simTable(c, title, { table: "simulate_differences", query: { where: [`series=${series.code}`] } })), h("p", { class: "note" }, c.say("simEndNote", { confidence: confidence(c) })));
}

const sign = (c: Context, series: Series, one: PolicyEffect | undefined): HTMLElement | string => (one ? h("span", { class: !told(one) || !series.better ? null : one.effect * series.better > 0 ? "up" : "down" }, change(c, series, one.effect)) : "–");
const relative = (c: Context, one: PolicyEffect | undefined): string => (one && one.relative !== null ? `${one.relative > 0 ? "+" : one.relative < 0 ? "−" : ""}${percent(Math.abs(one.relative), c.state.lang)}` : "–");

/** What one policy does to every outcome. */
function alongside(c: Context): HTMLElement {
  const { lang } = c.state;
  const s = simOf(c);
  const policy = only(c) >= 0 ? only(c) : others(s)[0];
  const found = s.effects.filter((one) => one.policy === policy).sort((a, b) => s.series.findIndex(({ group }) => group === s.series[a.series].group) - s.series.findIndex(({ group }) => group === s.series[b.series].group) || a.series - b.series);
  const title = c.say("simAlongside", { policy: policyName(c, policy), baseline: policyName(c, s.experiment.baseline), last: s.experiment.years[1] });
  const name = (one: PolicyEffect) => seriesName(c, s.series[one.series]);
  const sure = found.filter(told);
  const columns: Column<PolicyEffect>[] = [
    { title: c.say("simOutcome"), cell: name, value: name, heading: true },
    { title: c.say("simAbout"), cell: (one) => groupName(c, s.series[one.series].group), value: (one) => groupName(c, s.series[one.series].group) },
    { title: c.say("simDifference"), cell: (one) => sign(c, s.series[one.series], one), raw: (one) => one.effect, numeric: true },
    { title: c.say("interval", { level: confidence(c) }), cell: (one) => changesOf(c, s.series[one.series], one.low, one.high), ends: c.ends(c.say("simDifference"), (one) => [one.low, one.high]), numeric: true },
    { title: c.say("simRelative"), cell: (one) => relative(c, one), value: (one) => known(one.relative), numeric: true, descending: true },
    { title: c.say("simAgree"), cell: (one) => percent(one.agree, lang, 0), value: (one) => one.agree, numeric: true, descending: true },
  ];
  let before = "";
  const group = (one: PolicyEffect) => {
    const now = groupName(c, s.series[one.series].group);
    return now === before ? {} : { group: (before = now) };
  };
  const aims = found.map((one) => ({ name: name(one), ...group(one), target: null, middle: 0, got: [one.effect, one.low, one.high] as [number, number, number], faint: !told(one), written: change(c, s.series[one.series], one.effect) }));
  return figure({
    name: "sim-alongside",
    data: { table: "simulate_differences" },
    text: simFigure(c, title, c.say("simAlongsideDescribe", { n: sure.length, all: found.length }), c.joined([c.say("simAlongsideDescribe", { n: sure.length, all: found.length }), c.say("simOwnScale"), only(c) < 0 && others(s).length > 1 && c.say("simAlongsideFirst")])),
    draw: (width, theme) => drawTargets({ aims, marks: { met: c.say("simSure"), faint: c.say("simUnsure"), interval: c.say("interval", { level: confidence(c) }) }, middle: c.say("simNoDifference"), tip: (i) => columns.map(({ title: head, cell }, k) => (k ? `${head}: ${k === 2 ? change(c, s.series[found[i].series], found[i].effect) : String(cell(found[i]))}` : name(found[i]))) }, width, theme),
    table: () => table(columns, found, simTable(c, title), 40),
  });
}

/** What each policy is made of. */
function policies(c: Context): HTMLElement {
  const { lang } = c.state;
  const s = simOf(c);
  const one = (policy: Simulated): (HTMLElement | string)[] => {
    const { levers, shocks, planned, spent } = policy;
    const parts = [...levers.map((lever) => [c.sentence(lever.says), lever.spent !== null && c.say("simLeverMoney", { spent: money(c, lever.spent) })].filter(Boolean).join(lang === "zh" ? "" : " ")), ...shocks.map((shock) => c.sentence(shock.says))];
    return [
      h("dt", {}, capital(policy.title[lang])),
      h("dd", {}, parts.length ? h("ul", { class: "fits" }, parts.map((part) => h("li", {}, part))) : c.say("simNothingDone"), levers.length > 1 ? h("p", { class: "note" }, c.say("simMoney2", { planned: money(c, planned), spent: money(c, spent) })) : null),
    ];
  };
  return h("div", {}, h("h3", { class: "part" }, c.say("simPolicies")), h("p", { class: "note" }, c.say(s.experiment.equalSpending ? "simEqual" : "simUnequal")), h("dl", { class: "varied" }, s.policies.map((policy) => h("div", {}, one(policy)))));
}

type Simulated = ReturnType<typeof simOf>["policies"][number];

/** What the simulation came to, for the first page. */
export function simulationLead(c: Context): string {
  const s = simOf(c);
  const { baseline, draws, years } = s.experiment;
  const at = usual(s.series);
  const series = s.series[at];
  const found = s.effects.filter((one) => one.series === at && told(one)).sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect))[0];
  const blanks = { policies: s.policies.length, draws, last: years[1], what: seriesName(c, series), baseline: policyName(c, baseline), now: amount(c, series, fanAt(s, at, baseline, s.moments.length - 1, MEDIAN)) };
  if (s.policies.length < 2) return c.say("simLeadOne", blanks);
  return found ? c.say("simLead", { ...blanks, most: policyName(c, found.policy), effect: change(c, series, found.effect) }) : c.say("simLeadUntold", blanks);
}

/** What is to be minded. */
function notices(c: Context): HTMLElement | null {
  const found = simOf(c).notices;
  return found.length ? h("div", {}, h("h3", {}, c.say("notices")), h("ul", { class: "fits" }, found.map((one) => h("li", {}, c.sentence(one))))) : null;
}
