/** What was done to an indicator, step by step, with the numbers that were used. */

import type { Context } from "../context";
import { count, fixed, percent, significant } from "../format";
import { effectiveIn, sharesIn } from "../findings";
import type { Step } from "../payload";

/** One step: what was done, and by which formula. */
export interface Done {
  said: string;
  step?: Step;
}

/** A sentence or two per step, in the order of the work. */
export function done(c: Context, at: number): Done[] {
  const node = c.report.nodes[at];
  const divided = node.denominator ? { said: c.say("doneDivided", { above: node.column ?? node.code, below: node.denominator }) } : null;
  return [divided, { said: filled(c, at) }, treated(c, at), normalised(c, at), weighed(c, at)].filter((told): told is Done => told !== null);
}

const stepsOf = (c: Context, step: string): Step[] => c.report.steps.filter((one) => one.step === step);
const named = (c: Context, { name }: Step): string => name[c.state.lang];

function filled(c: Context, at: number): string {
  const { report: r, state } = c;
  const by = new Map<number, number>();
  let missing = 0;
  for (let region = 0; region < r.regions.length; region++) {
    for (let year = 0; year < r.years.length; year++) {
      const origin = r.origin.at(region, year, at);
      if (!Number.isFinite(r.values.at(region, year, at))) missing += 1;
      else if (origin > 1) by.set(origin, (by.get(origin) ?? 0) + 1);
    }
  }
  const ways = [...by].sort((a, b) => b[1] - a[1]).map(([origin, n]) => c.say("doneBy", { n: count(n, state.lang), how: r.origins[origin][state.lang] }));
  const all = r.regions.length * r.years.length;
  return c.joined([
    ways.length ? c.say("doneFilled", { ways: c.listed(ways, 9), all: count(all, state.lang) }) : c.say("doneFilledNone", { all: count(all, state.lang) }),
    missing > 0 && c.say("doneMissing", { n: count(missing, state.lang) }),
  ]);
}

function treated(c: Context, at: number): Done | null {
  const { report: r, state } = c;
  const [step] = stepsOf(c, "treat");
  if (!step) return null;
  const found = r.treated.find((one) => one.indicator === at);
  if (!found) return { said: c.say("doneUntreated", { method: named(c, step) }) };
  const parts = (["lowered", "raised", "transformed"] as const).filter((what) => found[what] > 0).map((what) => c.say(what === "lowered" ? "doneLowered" : what === "raised" ? "doneRaised" : "doneTransformed", { n: count(found[what], state.lang) }));
  const shape = found.skew && found.kurtosis && c.say("doneShape", { skew: fixed(found.skew[0], 2, state.lang), skewAfter: fixed(found.skew[1], 2, state.lang), kurtosis: fixed(found.kurtosis[0], 2, state.lang), kurtosisAfter: fixed(found.kurtosis[1], 2, state.lang) });
  return { said: c.joined([c.say("doneTreated", { method: named(c, step), parts: c.listed(parts, 3), options: options(c, step) }), shape]), step };
}

function normalised(c: Context, at: number): Done | null {
  const { report: r, state } = c;
  const node = r.nodes[at];
  const all = stepsOf(c, "normalise");
  const step = all.find(({ only }) => only.includes(node.code)) ?? all.find(({ only }) => !only.length);
  if (!step) return null;
  const { scope } = step;
  const over = scope === "year" ? c.say("scopeYear") : Array.isArray(scope) ? c.say("scopeBase", { first: scope[0], last: scope[1] }) : c.say("scopePooled");
  const rows = node.yardstick?.rows ?? [];
  const row = rows.length > 1 ? rows[state.year] : rows[0];
  const [first, second] = (row ?? []).map((value) => significant(value ?? NaN, 5, state.lang));
  const when = rows.length > 1 ? c.say("doneInYear", { year: c.year() }) : "";
  const said = c.joined([
    c.say("doneNormalised", { method: named(c, step), over, options: options(c, step) }),
    row && c.say(node.yardstick!.by === "ends" ? "doneEnds" : "doneMoments", { first, second, when }),
    node.direction < 0 && c.say("doneTurned"),
  ]);
  return { said, step };
}

function weighed(c: Context, at: number): Done {
  const { report: r, state } = c;
  const step = stepsOf(c, "weigh").find(({ level }) => level === 1) ?? stepsOf(c, "weigh").find(({ level }) => level === null);
  const blanks = { share: percent(sharesIn(r, state.year)[at], state.lang), parent: c.node(r.nodes[at].parent), whole: percent(effectiveIn(r, state.year)[at], state.lang) };
  return step ? { said: c.say("doneWeighed", { ...blanks, method: named(c, step) }), step } : { said: c.say("doneWeight", blanks) };
}

/** The options in force, as the study would state them. */
function options(c: Context, { options: all }: Step): string {
  if (!all.length) return "";
  const told = all.map(([name, value]) => `${name} = ${value}`).join(c.state.lang === "zh" ? "，" : ", ");
  return c.state.lang === "zh" ? `（${told}）` : ` (${told})`;
}
