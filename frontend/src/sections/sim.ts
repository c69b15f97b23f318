/** What the views of the simulation share: what is chosen, how outcomes are written, and what every picture says of itself. */

import type { Context } from "../context";
import type { FigureText } from "../charts";
import type { Theme } from "../colour";
import { h, refill, type TableText } from "../dom";
import { capital, count, percent, significant, signed } from "../format";
import type { Series, SeriesGroup, Simulation } from "../simulation";
import type { Data } from "../takeaway";
import type { Word } from "../words";

/** What is chosen from a list for all views of the simulation, by the list. */
export type What = "series" | "region" | "policy" | "mode" | "industry" | "outcome" | "year" | "kind" | "verdict" | "event";

export const simOf = (c: Context): Simulation => c.report.simulation!;
export const known = (value: number | null | undefined): number => value ?? NaN;
export const policyName = (c: Context, at: number): string => capital(simOf(c).policies[at].title[c.state.lang]);
export const seriesName = (c: Context, { name }: Series): string => capital(name[c.state.lang]);
export const level = (c: Context): string => percent(simOf(c).experiment.level, c.state.lang, 0);
export const confidence = (c: Context): string => percent(simOf(c).experiment.confidence, c.state.lang, 0);
export const others = (s: Simulation): number[] => s.policies.flatMap((_, at) => (at === s.experiment.baseline ? [] : [at]));

/** The policies as lists name them: the baseline last. */
export const inOrder = (s: Simulation): number[] => [...others(s), s.experiment.baseline];

/** The policies as charts have them. */
export const baselineFirst = (s: Simulation): number[] => [s.experiment.baseline, ...others(s)];

/** The outcome that is looked at first: the share of new quality, where there is one. */
export const usual = (series: Series[]): number => Math.max(0, series.findIndex(({ code }) => code === "new_quality_share"));

/** Which of so many things is chosen; `fallback` where nothing is. */
export function chosen(c: Context, what: What, n: number, fallback = 0): number {
  const at = (c.state.picked[`sim-${what}`] ?? 0) - 1;
  return at >= 0 && at < n ? at : Math.min(fallback, n - 1);
}

export function choose(c: Context, what: What, at: number, fallback = 0): void {
  c.store.set({ picked: { ...c.state.picked, [`sim-${what}`]: at === fallback ? 0 : at + 1 } });
}

/** The one policy that is chosen; −1 where all are. */
export function policyChosen(c: Context): number {
  const all = inOrder(simOf(c));
  const at = chosen(c, "policy", all.length + 1) - 1;
  return at < 0 ? -1 : all[at];
}

/** The list of policies with all of them first. */
export const allPolicies = (c: Context): Options => ({ what: "policy", label: c.say("simPolicy"), options: plain([c.say("simAllPolicies"), ...inOrder(simOf(c)).map((policy) => policyName(c, policy))]) });

/** The list of policies of which one is looked at: `fallback` where nothing is chosen. */
export function onePolicy(c: Context, fallback: number, among = inOrder(simOf(c))): Options {
  const all = inOrder(simOf(c));
  return { what: "policy", label: c.say("simPolicy"), options: [{ of: among.map((policy): [number, string] => [all.indexOf(policy) + 1, policyName(c, policy)]) }], fallback: all.indexOf(fallback) + 1 };
}

export interface Options {
  what: What;
  label: string;
  /** The names in groups; without one where there are none. */
  options: { group?: string; of: [number, string][] }[];
  fallback?: number;
}

/** Lists to choose from, side by side; a list of one is left out. */
export function choices(c: Context, view: string, lists: Options[]): HTMLElement | null {
  const made = lists.flatMap(({ what, label, options, fallback = 0 }) => {
    const n = Math.max(...options.flatMap(({ of }) => of.map(([at]) => at))) + 1;
    if (n < 2) return [];
    const id = `${view}-${what}`;
    const select = h("select", { id }, options.map(({ group, of }) => {
      const all = of.map(([at, name]) => h("option", { value: at }, name));
      return group ? h("optgroup", { label: group }, all) : all;
    }).flat());
    const follow = () => (select.value = String(chosen(c, what, n, fallback)));
    follow();
    select.addEventListener("change", () => choose(c, what, Number(select.value), fallback));
    c.store.on(["picked"], follow, () => select.isConnected);
    return [h("span", { class: "choice" }, h("label", { for: id }, label), select)];
  });
  return made.length ? h("div", { class: "slider" }, made) : null;
}

export const plain = (names: string[]): Options["options"] => [{ of: names.map((name, at): [number, string] => [at, name]) }];

const GROUPS: Record<SeriesGroup, Word> = { growth: "simGrowth", ladder: "simLadder", firms: "simFirms", science: "simScience", people: "simPeople", places: "simPlaces", energy: "simEnergy", money: "simMoney", world: "simWorld" };

export const groupName = (c: Context, group: SeriesGroup): string => c.say(GROUPS[group]);

/** Outcomes by what they are about. */
export function grouped(c: Context, series: Series[]): Options["options"] {
  const groups = [...new Set(series.map(({ group }) => group))];
  return groups.map((group) => ({ group: groupName(c, group), of: series.flatMap((one, at): [number, string][] => (one.group === group ? [[at, seriesName(c, one)]] : [])) }));
}

/** A place in the page that is made anew when one of some choices changes. */
export function follows(c: Context, whats: What[], make: () => (HTMLElement | null)[]): HTMLElement {
  const place = h("div");
  const now = () => whats.map((what) => c.state.picked[`sim-${what}`] ?? 0).join();
  let shown = now();
  const fill = () => refill(place, make().filter((one): one is HTMLElement => one !== null));
  fill();
  c.store.on(["picked"], () => {
    if (now() === shown) return;
    shown = now();
    fill();
  }, () => place.isConnected);
  return place;
}

/** A number in full, which is to the digits that it was packed with; null where there is none. */
export const full = (value: number): number | null => (Number.isFinite(value) ? Number(value.toPrecision(5)) : null);

/** An outcome as it is written. */
export function amount(c: Context, { kind }: Pick<Series, "kind">, value: number): string {
  const { lang } = c.state;
  if (kind === "share") return percent(value, lang, Math.abs(value) < 0.0995 ? 2 : 1);
  if (kind === "count") return Math.abs(value) < 20 ? significant(value, 3, lang) : count(value, lang);
  return significant(value, 3, lang);
}

/** A difference of an outcome, with its sign; shares differ by percentage points. */
export function change(c: Context, { kind }: Pick<Series, "kind">, value: number): string {
  const { lang } = c.state;
  if (!Number.isFinite(value)) return "–";
  if (kind === "share") return c.say("simPoints", { n: value === 0 ? "0" : signed(value * 100, Math.abs(value) < 0.01 ? 3 : 2, lang) });
  const size = significant(Math.abs(value), 3, lang);
  return value === 0 ? size : `${value > 0 ? "+" : "−"}${size}`;
}

/** The same without its unit, for intervals. */
const bareChange = (c: Context, { kind }: Pick<Series, "kind">, value: number): string => (kind === "share" && Number.isFinite(value) ? signed(value * 100, Math.abs(value) < 0.01 ? 3 : 2, c.state.lang) : change(c, { kind }, value));

export const span = (c: Context, low: number, high: number, write: (value: number) => string): string => (Number.isFinite(low) && Number.isFinite(high) ? c.say("fromTo", { from: write(low), to: write(high) }) : "–");
export const spanOf = (c: Context, series: Pick<Series, "kind">, low: number, high: number): string => span(c, low, high, (value) => amount(c, series, value));
export const changesOf = (c: Context, series: Pick<Series, "kind">, low: number, high: number): string => span(c, low, high, (value) => bareChange(c, series, value));

/** A value on an axis; shares in per cent, their differences in percentage points. */
export const tickOf = (c: Context, { kind }: Pick<Series, "kind">, differs: boolean) => (value: number): string => (kind === "share" ? `${c.tick(Number((value * 100).toPrecision(9)))}${differs ? "" : "%"}` : c.tick(value));

/** What an axis tells, and in what unit. */
export function axisName(c: Context, series: Series, differs = false): string {
  const unit = differs && series.kind === "share" ? c.say("simPointsUnit") : series.unit[c.state.lang];
  return unit ? `${seriesName(c, series)}${c.state.lang === "zh" ? `（${unit}）` : ` (${unit})`}` : seriesName(c, series);
}

/** A decimal year as a date. */
export function when(c: Context, moment: number): string {
  const year = Math.floor(moment + 1e-6);
  const quarter = Math.round((moment - year) * 4) + 1;
  return quarter === 1 ? String(year) : c.say("simQuarter", { year, quarter });
}

/** The same within a sentence. */
export const dated = (c: Context, moment: number): string => (/^\d+$/.test(when(c, moment)) ? c.say("simYear", { year: when(c, moment) }) : when(c, moment));

export const wholeYear = (value: number): string => (Number.isInteger(value) ? String(value) : "");

/** The colour of a policy: the baseline has that of letters. */
export function policyColour(s: Simulation, theme: Theme, at: number): string {
  const place = others(s).indexOf(at);
  return place < 0 ? theme.ink : theme.lines[place % theme.lines.length];
}

/** What every picture and table of the simulation says of itself. */
export function source(c: Context): string {
  const { experiment, start } = simOf(c);
  const { firms, draws, seed, years } = experiment;
  return c.say("simSource", { firms: count(firms, c.state.lang), draws: count(draws, c.state.lang), seed, first: years[0], last: years[1], start: start.name[c.state.lang], version: c.report.version });
}

export const simFigure = (c: Context, title: string, describe: string, note?: string, from = source(c)): FigureText => ({ ...c.figure(title, describe, note), source: from });
export const simTable = (c: Context, caption: string, data?: Data, from = source(c)): TableText => c.table(caption, data, from);

/** A view of the simulation: its heading, what it is about, and that it is no forecast. */
export function simSection(c: Context, id: string, title: Word, intro: Word, ...content: (HTMLElement | null)[]): HTMLElement {
  return h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, c.say(title)), h("p", {}, c.say(intro)), content);
}

export const standing = (...sentences: string[]): HTMLElement => h("p", { class: "standing", "aria-live": "polite" }, ...sentences);

/** A share of output a year. */
export const money = (c: Context, value: number | null): string => percent(known(value), c.state.lang, 2);
