/** Facts that a grown world is held against: what is to come out, what did, and whether the model was fitted to it. */

import type { Context } from "../context";
import { figure } from "../charts";
import { h, table, type Column } from "../dom";
import { capital, count, percent, significant } from "../format";
import type { Fact } from "../simulation";
import { drawTargets } from "../targets";
import { choices, chosen, follows, known, plain, simFigure, simOf, simSection, simTable, source as sourceOf, standing } from "./sim";

export function simfacts(c: Context): HTMLElement {
  const { facts } = simOf(c);
  return simSection(
    c,
    "simfacts",
    "simFacts",
    "simFactsIntro",
    standing(words(c)),
    choices(c, "simfacts", [{ what: "kind", label: c.say("simShown"), options: plain([c.say("simAllFacts"), c.say("simUntargeted"), c.say("simTargeted")]) }]),
    follows(c, ["kind"], () => {
      const kind = chosen(c, "kind", 3);
      const shown = [...facts.filter(({ targeted }) => !targeted), ...facts.filter(({ targeted }) => targeted)].filter(({ targeted }) => kind === 0 || targeted === (kind === 2));
      return shown.length ? [chart(c, shown), list(c, shown), shown.some((fact) => remark(c, fact)) ? sources(c, shown) : null] : [h("p", { class: "note" }, c.say("none"))];
    }),
  );
}

/** Facts have runs of their own. */
const source = (c: Context): string => (simOf(c).factual ? c.say("simSourceRuns", { runs: count(simOf(c).factual!.runs, c.state.lang), version: c.report.version }) : sourceOf(c));

/** How much of the runs an interval holds. */
const level = (c: Context): string => percent(simOf(c).factual?.level ?? simOf(c).experiment.level, c.state.lang, 0);
const name = (c: Context, fact: Fact): string => capital(fact.name[c.state.lang]);
const bare = (c: Context, value: number | null): string => significant(known(value), 3, c.state.lang);

/** The target as it is written: a range, a least or a most, or one number. */
function target(c: Context, { target: point, targetLow: low, targetHigh: high }: Fact): string {
  if (low !== null && high !== null && low !== high) return c.say("fromTo", { from: bare(c, low), to: bare(c, high) });
  if (low !== null && high === null) return `≥ ${bare(c, low)}`;
  if (high !== null && low === null) return `≤ ${bare(c, high)}`;
  return bare(c, point ?? low);
}

function words(c: Context): string {
  const { facts, factual } = simOf(c);
  const judged = facts.filter(({ meets }) => meets !== null);
  const of = (fitted: boolean) => judged.filter(({ targeted }) => targeted === fitted);
  const [free, fitted] = [of(false), of(true)];
  const missed = judged.filter(({ meets }) => !meets);
  return c.joined([
    factual && c.say("simFactsRuns", { n: count(factual.runs, c.state.lang) }),
    free.length > 0 && c.say("simFactsFree", { n: free.filter(({ meets }) => meets).length, all: free.length }),
    fitted.length > 0 && c.say("simFactsFitted", { n: fitted.filter(({ meets }) => meets).length, all: fitted.length }),
    missed.length > 0 && c.say("simFactsMissed", { names: c.listed(missed.map((fact) => name(c, fact)), 8) }),
    facts.length > judged.length && c.say("simFactsOpen", { names: c.listed(facts.filter(({ meets }) => meets === null).map((fact) => name(c, fact)), 8) }),
  ]);
}

function columnsOf(c: Context): Column<Fact>[] {
  const verdict = ({ meets }: Fact) => c.say(meets === null ? "simUnjudged" : meets ? "simMet" : "simMissed");
  return [
    { title: c.say("simFact"), cell: (fact) => [name(c, fact), fact.unit[c.state.lang] ? h("span", { class: "unit" }, fact.unit[c.state.lang]) : null], value: (fact) => name(c, fact), heading: true },
    { title: c.say("simTarget"), cell: (fact) => target(c, fact), raw: (fact) => fact.target ?? target(c, fact), numeric: true },
    { title: c.say("simGot"), cell: (fact) => bare(c, fact.got), raw: (fact) => fact.got, numeric: true },
    { title: c.say("interval", { level: level(c) }), cell: ({ low, high }) => (low === null || high === null ? "–" : c.say("fromTo", { from: bare(c, low), to: bare(c, high) })), ends: c.ends(c.say("simGot"), ({ low, high }) => [low, high]), numeric: true },
    { title: c.say("simFitted"), cell: ({ targeted }) => c.say(targeted ? "yes" : "no"), value: ({ targeted }) => Number(targeted) },
    { title: c.say("simVerdict"), cell: (fact) => h("span", { class: fact.meets === null ? null : fact.meets ? "up" : "down" }, verdict(fact)), value: verdict },
    { title: c.say("simFactSource"), cell: ({ source }) => source, value: ({ source }) => source },
  ];
}

function chart(c: Context, shown: Fact[]): HTMLElement {
  const drawn = shown.filter(({ target: point, targetLow, targetHigh, got }) => got !== null && (point !== null || targetLow !== null || targetHigh !== null));
  const title = c.say("simFactsTitle");
  let before: boolean | null = null;
  const group = ({ targeted }: Fact) => (targeted === before ? {} : ((before = targeted), { group: c.say(targeted ? "simTargeted" : "simUntargeted") }));
  const aims = drawn.map((fact) => {
    const { target: point, targetLow, targetHigh, got, low, high, meets } = fact;
    // Where only a least or a most is asked for, that stands in the middle.
    const side = targetLow === null || targetHigh === null;
    const [from, to] = side && point === null ? [targetLow ?? -Infinity, targetHigh ?? Infinity] : [targetLow ?? point!, targetHigh ?? point!];
    return { name: name(c, fact), ...group(fact), target: [from, to] as [number, number], ...(Number.isFinite(from + to) ? {} : { middle: Number.isFinite(from) ? from : to }), got: [known(got), known(low), known(high)] as [number, number, number], missed: meets === false, faint: meets === null, written: bare(c, got) };
  });
  return figure({
    name: "sim-facts",
    data: { table: "simulate_facts" },
    text: simFigure(c, title, words(c), c.say("simFactsNote", { level: level(c) }), source(c)),
    draw: (width, theme) => drawTargets({ aims, marks: { met: c.say("simMet"), missed: c.say("simMissed"), faint: c.say("simUnjudged"), interval: c.say("interval", { level: level(c) }), target: c.say("simTargetRange") }, tip: (i) => tip(c, drawn[i]) }, width, theme),
    table: () => table(columnsOf(c), shown, simTable(c, title, undefined, source(c))),
  });
}

const tip = (c: Context, fact: Fact): string[] => [
  fact.unit[c.state.lang] ? `${name(c, fact)}${c.state.lang === "zh" ? `（${fact.unit.zh}）` : ` (${fact.unit.en})`}` : name(c, fact),
  `${c.say("simTarget")}: ${target(c, fact)}`,
  `${c.say("simGot")}: ${bare(c, fact.got)}${fact.low === null || fact.high === null ? "" : ` (${c.say("fromTo", { from: bare(c, fact.low), to: bare(c, fact.high) })})`}`,
  ...[fact.says, fact.note].flatMap((one) => c.sentence(one) ?? []),
];

const list = (c: Context, shown: Fact[]): HTMLElement => {
  const title = c.say("simFactsTable");
  return table(columnsOf(c), shown, simTable(c, title, { table: "simulate_facts" }, source(c)));
};

/** What a fact means, how the model is compared with its source, and why nothing can be told. */
const remark = (c: Context, { says, note, missing }: Fact): string => c.joined([says, note, missing].map((one) => c.sentence(one)));

/** What is to be said of them. */
const sources = (c: Context, shown: Fact[]): HTMLElement =>
  h("details", {}, h("summary", {}, c.say("simFactsMean")), h("dl", { class: "varied" }, shown.filter((fact) => remark(c, fact)).map((fact) => h("div", {}, h("dt", {}, name(c, fact)), h("dd", {}, remark(c, fact))))));
