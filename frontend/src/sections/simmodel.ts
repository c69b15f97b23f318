/** The model: the story of a quarter, its knobs, where its beginning comes from, what the data say of it, and how well it foretells. */

import type { Context } from "../context";
import { figure } from "../charts";
import { h, table, type Column } from "../dom";
import { capital, count, percent, significant } from "../format";
import { formulaOf } from "../formula";
import { drawRows } from "../rows";
import type { Equation, HeldOut, KnobValue, Posterior } from "../simulation";
import { drawTargets } from "../targets";
import type { Word } from "../words";
import { change, choices, chosen, confidence, follows, known, level, plain, simFigure, simOf, simSection, simTable, standing } from "./sim";
import "./looking.css";

export function simmodel(c: Context): HTMLElement {
  const s = simOf(c);
  return simSection(
    c,
    "simmodel",
    "simModel",
    "simModelIntro",
    standing(words(c)),
    s.equations.length ? story(c, s.equations) : null,
    start(c),
    s.knobs.length ? knobs(c, s.knobs) : null,
    h("h3", { class: "part" }, c.say("simPosterior")),
    s.posterior ? posterior(c, s.posterior) : h("p", { class: "note" }, c.say("simPosteriorNone")),
    s.heldout.length ? heldout(c, s.heldout) : null,
  );
}

function words(c: Context): string {
  const { lang } = c.state;
  const { experiment, regions, policies, industries, start: begun } = simOf(c);
  return c.joined([
    c.say("simModelSay", { start: begun.name[lang], regions: count(regions.length, lang), industries: count(industries.atStart, lang), firms: count(experiment.firms, lang), first: experiment.years[0], last: experiment.years[1] }),
    policies.length > 0 && c.say("simRunsSay", { policies: count(policies.length, lang), draws: count(experiment.draws, lang), runs: count(experiment.runs, lang), seed: experiment.seed }),
    policies.length > 0 && c.say(experiment.knobSets > 1 ? "simKnobSets" : "simKnobsOne", { n: count(experiment.knobSets, lang) }),
  ]);
}

/** What happens in a quarter, in its order. */
function story(c: Context, equations: Equation[]): HTMLElement {
  const { lang } = c.state;
  const { knobs: all } = simOf(c);
  const named = (name: string) => all.find((one) => one.name === name)?.title[lang] ?? name;
  const item = (one: Equation, at: number) =>
    h(
      "li",
      {},
      h("div", { class: "step" }, `${at + 1} ${capital(one.event[lang])}`),
      h(
        "div",
        {},
        h("h4", {}, capital(one.title[lang]), one.builtIn ? h("span", { class: "milder" }, c.say("simBuiltIn")) : null),
        h("p", {}, one.says[lang]),
        formulaOf({ formula: { latex: one.latex, mathml: one.mathml } }),
        h("p", { class: "note" }, c.joined([one.cite && c.say("simAfter", { cite: sourced(c, one.cite) }), one.knobs.length > 0 && c.say("simWithKnobs", { names: one.knobs.map(named).join(lang === "zh" ? "、" : ", ") })])),
      ),
    );
  return h("div", {}, h("h3", { class: "part" }, c.say("simStory")), h("p", { class: "note" }, c.say("simStoryNote")), h("ol", { class: "steps" }, equations.map(item)));
}

/** Where the beginning comes from. */
function start(c: Context): HTMLElement | null {
  const { lang } = c.state;
  const { start: begun } = simOf(c);
  if (!begun.rows.length) return null;
  type Row = (typeof begun.rows)[number];
  const assumed = begun.rows.filter((row) => row.assumed).length;
  const title = c.say("simStart", { name: begun.name[lang] });
  const columns: Column<Row>[] = [
    { title: c.say("simWhat"), cell: ({ what }) => capital(what[lang]), value: ({ what }) => what[lang], heading: true },
    { title: c.say("simFrom"), cell: ({ from }) => from[lang], value: ({ from }) => from[lang] },
    { title: c.say("simAssumed"), cell: (row) => h("span", { class: row.assumed ? "down" : null }, c.say(row.assumed ? "yes" : "no")), value: (row) => Number(row.assumed), descending: true },
  ];
  return h("div", {}, h("h3", { class: "part" }, title), h("p", {}, c.say(assumed ? "simAssumedSome" : "simAssumedNone", { n: assumed, all: begun.rows.length })), table(columns, begun.rows, simTable(c, title)));
}

// What sources say of themselves after their names.
const SAID: [RegExp, Word][] = [[/\bform; value assumed$/, "simFormValue"], [/\bform assumed$/, "simFormAssumed"], [/\bform$/, "simForm"], [/^assumed$/, "simIsAssumed"]];
const assumed = (source: string): boolean => /\bassumed$/.test(source);
/** A source, with that in the reader's language. */
const sourced = (c: Context, source: string): string => SAID.reduce((text, [said, word]) => text.replace(said, c.say(word)), source);

function knobs(c: Context, all: KnobValue[]): HTMLElement {
  const { lang } = c.state;
  const events = [...new Map(all.map(({ event }) => [event.en, capital(event[lang])])).entries()];
  const write = (value: number) => significant(value, 4, lang);
  const changed = all.filter((one) => one.changed);
  const columns: Column<KnobValue>[] = [
    { title: c.say("simKnob"), cell: (one) => [capital(one.title[lang]), h("code", { class: "unit" }, one.name)], value: (one) => one.title[lang], heading: true },
    { title: c.say("simEvent"), cell: ({ event }) => capital(event[lang]), value: ({ event }) => event[lang] },
    { title: c.say("value"), cell: (one) => h(one.changed ? "strong" : "span", {}, write(one.value)), raw: ({ value }) => value, numeric: true },
    { title: c.say("simUsual"), cell: ({ usual }) => write(usual), raw: ({ usual }) => usual, numeric: true },
    { title: c.say("simRange"), cell: ({ low, high }) => c.say("fromTo", { from: write(low), to: write(high) }), ends: c.ends(c.say("simRange"), ({ low, high }) => [low, high]), numeric: true },
    { title: c.say("unit"), cell: ({ unit }) => unit[lang], value: ({ unit }) => unit[lang] },
    { title: c.say("simFactSource"), cell: ({ source }) => h("span", { class: assumed(source) ? "down" : null }, sourced(c, source)), value: ({ source }) => source },
  ];
  const title = c.say("simKnobs");
  return h(
    "div",
    {},
    h("h3", { class: "part" }, title),
    h("p", {}, c.joined([c.say("simKnobsSay", { n: count(all.length, lang), assumed: count(all.filter(({ source }) => assumed(source)).length, lang) }), c.say(changed.length ? "simKnobsChanged" : "simKnobsUsual", { names: c.listed(changed.map((one) => one.title[lang]), 8) })])),
    choices(c, "simmodel", [{ what: "event", label: c.say("simEvent"), options: plain([c.say("simAllEvents"), ...events.map(([, name]) => name)]) }]),
    follows(c, ["event"], () => {
      const at = chosen(c, "event", events.length + 1) - 1;
      return [table(columns, at < 0 ? all : all.filter(({ event }) => event.en === events[at][0]), simTable(c, title), 80)];
    }),
  );
}

function posterior(c: Context, held: Posterior): HTMLElement {
  const { lang } = c.state;
  type Row = Posterior["knobs"][number];
  const write = (value: number) => significant(value, 3, lang);
  const lvl = level(c);
  const [told, untold] = [true, false].map((which) => held.knobs.filter(({ identified }) => identified === which));
  const names = (rows: Row[]) => c.listed(rows.map(({ title }) => title[lang]), 10);
  const title = c.say("simPosteriorTitle");
  const columns: Column<Row>[] = [
    { title: c.say("simKnob"), cell: (one) => [capital(one.title[lang]), h("code", { class: "unit" }, one.name)], value: (one) => one.title[lang], heading: true },
    { title: c.say("simPrior"), cell: ({ priorLow, priorHigh }) => c.say("fromTo", { from: write(priorLow), to: write(priorHigh) }), ends: c.ends(c.say("simPrior"), ({ priorLow, priorHigh }) => [priorLow, priorHigh]), numeric: true },
    { title: c.say("median"), cell: ({ median }) => write(median), value: ({ median }) => median, numeric: true, descending: true },
    { title: c.say("interval", { level: lvl }), cell: ({ low, high }) => c.say("fromTo", { from: write(low), to: write(high) }), ends: c.ends(c.say("median"), ({ low, high }) => [low, high]), numeric: true },
    { title: c.say("unit"), cell: ({ unit }) => unit[lang], value: ({ unit }) => unit[lang] },
    { title: c.say("simNarrowed"), cell: ({ narrowed }) => percent(Math.max(0, narrowed), lang, 0), value: ({ narrowed }) => narrowed, numeric: true, descending: true },
    { title: c.say("simIdentified"), cell: ({ identified, verdict }) => h("span", { class: identified ? "up" : "down" }, verdict[lang]), value: ({ identified, verdict }) => `${Number(!identified)}${verdict[lang]}` },
    ...(held.knobs.some(({ coverage }) => coverage !== null) ? [{ title: c.say("simCoverage"), cell: ({ coverage }: Row) => percent(known(coverage), lang, 0), value: ({ coverage }: Row) => known(coverage), numeric: true, descending: true }] : []),
  ];
  const place = ({ priorLow, priorHigh }: Row, value: number) => (value - priorLow) / (priorHigh - priorLow || 1);
  const said = c.joined([c.say("simPosteriorSay", { method: held.method[lang], accepted: count(held.accepted, lang), tried: count(held.tried, lang) }), told.length > 0 && c.say("simIdentifiedAre", { names: names(told) }), untold.length > 0 && c.say("simUnidentifiedAre", { names: names(untold) })]);
  const order = [...held.knobs].sort((a, b) => b.narrowed - a.narrowed);
  return h(
    "div",
    {},
    standing(said),
    figure({
      name: "sim-posterior",
      data: { table: "simulate_posterior" },
      text: simFigure(c, title, said, c.say("simPosteriorNote", { level: lvl })),
      draw: (width, theme) =>
        drawRows(
          {
            rows: order.map((one) => ({ name: capital(one.title[lang]), value: place(one, one.median), low: place(one, one.low), high: place(one, one.high), faint: !one.identified })),
            kind: "dot",
            marks: { value: c.say("simToldByData"), faint: c.say("simUntoldByData"), interval: c.say("interval", { level: lvl }) },
            axis: { min: 0, max: 1, step: 0.25 },
            tickLabel: (value) => percent(value, lang, 0),
            axisName: c.say("simPlaceInPrior"),
            tip: (i) => [capital(order[i].title[lang]), ...columns.slice(1, 6).map(({ title: head, cell }) => `${head}: ${String(cell(order[i]))}`)],
          },
          width,
          theme,
        ),
      table: () => table(columns, order, simTable(c, title)),
    }),
    held.together.length ? h("div", {}, h("p", {}, c.say("simTogether")), h("ul", { class: "fits" }, held.together.map(({ knobs: pair, known: share }) => h("li", {}, c.say("simTogetherOne", { names: pair.map((one) => one[lang]).join(lang === "zh" ? "、" : ", "), share: percent(share, lang, 0) }))))) : null,
    held.moments.length ? moments(c, held) : null,
  );
}

function moments(c: Context, held: Posterior): HTMLElement {
  const { lang } = c.state;
  type Row = Posterior["moments"][number];
  const write = (value: number) => significant(value, 3, lang);
  const title = c.say("simMoments");
  const columns: Column<Row>[] = [
    { title: c.say("simMoment"), cell: ({ name }) => capital(name[lang]), value: ({ name }) => name[lang], heading: true },
    { title: c.say("simInData"), cell: ({ data }) => write(data), raw: ({ data }) => data, numeric: true },
    { title: c.say("simGot"), cell: ({ got }) => write(known(got)), raw: ({ got }) => got, numeric: true },
    { title: c.say("interval", { level: level(c) }), cell: ({ low, high }) => (low === null || high === null ? "–" : c.say("fromTo", { from: write(low), to: write(high) })), ends: c.ends(c.say("simGot"), ({ low, high }) => [low, high]), numeric: true },
    { title: c.say("simDataWithin"), cell: ({ inside }) => h("span", { class: inside ? "up" : "down" }, c.say(inside ? "yes" : "no")), value: ({ inside }) => Number(inside), descending: true },
    { title: c.say("simFactSource"), cell: ({ source }) => source, value: ({ source }) => source },
  ];
  const met = held.moments.filter(({ inside }) => inside).length;
  const aims = held.moments.map((one) => ({ name: capital(one.name[lang]), target: [one.data, one.data] as [number, number], got: [known(one.got), known(one.low), known(one.high)] as [number, number, number], missed: !one.inside, written: write(known(one.got)) }));
  return figure({
    name: "sim-moments",
    data: { table: "simulate_moments" },
    text: simFigure(c, title, c.say("simMomentsSay", { n: met, all: held.moments.length }), c.joined([c.say("simMomentsSay", { n: met, all: held.moments.length }), c.say("simMomentsNote")])),
    draw: (width, theme) => drawTargets({ aims, marks: { met: c.say("simDataWithin"), missed: c.say("simDataOutside"), interval: c.say("interval", { level: level(c) }), target: c.say("simInData") }, tip: (i) => columns.slice(0, 4).map(({ title: head, cell }, k) => (k ? `${head}: ${String(cell(held.moments[i]))}` : aims[i].name)) }, width, theme),
    table: () => table(columns, held.moments, simTable(c, title)),
  });
}

/** How well the world foretells what it was not shown, beside simpler ways. */
function heldout(c: Context, all: HeldOut[]): HTMLElement {
  const { lang } = c.state;
  type Score = HeldOut["rows"][number];
  interface Row { held: HeldOut; score: Score; }
  const rows = all.flatMap((held) => held.rows.map((score): Row => ({ held, score })));
  const rivals = rows.filter(({ score }) => score.lead !== null);
  const judged = (verdict: Score["verdict"]) => rivals.filter(({ score }) => score.verdict === verdict).length;
  const lvl = confidence(c);
  const measure = ({ measure: how, better }: HeldOut) => `${capital(how[lang])} ${better > 0 ? "↑" : "↓"}`;
  const write = (value: number | null) => significant(known(value), 3, lang);
  const lead = (value: number | null) => (value === null ? "–" : change(c, { kind: "ratio" }, value));
  const said = c.joined([c.say("simHeldSay", { n: rivals.length, ahead: judged("ahead"), behind: judged("behind"), level: judged("level") }), c.say("simHeldArrows")]);
  const title = c.say("simHeldTitle");
  const columns: Column<Row>[] = [
    { title: c.say("simHeldOut"), cell: ({ held }) => capital(held.title[lang]), value: ({ held }) => held.title[lang], heading: true },
    { title: c.say("simMeasure"), cell: ({ held }) => measure(held), value: ({ held }) => held.measure[lang] },
    { title: c.say("simWay"), cell: ({ score }) => capital(score.name[lang]), value: ({ score }) => score.name[lang] },
    { title: c.say("score"), cell: ({ score }) => write(score.score), raw: ({ score }) => score.score, numeric: true },
    { title: c.say("interval", { level: lvl }), cell: ({ score }) => (score.low === null || score.high === null ? "–" : c.say("fromTo", { from: write(score.low), to: write(score.high) })), ends: c.ends(c.say("score"), ({ score }) => [score.low, score.high]), numeric: true },
    { title: c.say("simHeldLead"), cell: ({ score }) => lead(score.lead), raw: ({ score }) => score.lead, numeric: true },
    { title: c.say("interval", { level: lvl }), cell: ({ score }) => (score.leadLow === null || score.leadHigh === null ? "–" : c.say("fromTo", { from: lead(score.leadLow), to: lead(score.leadHigh) })), ends: c.ends(c.say("simHeldLead"), ({ score }) => [score.leadLow, score.leadHigh]), numeric: true },
    { title: c.say("simVerdict"), cell: ({ score }) => (score.verdict ? h("span", { class: LOOKS[score.verdict] }, c.say(VERDICTS[score.verdict])) : "–"), value: ({ score }) => score.verdict ?? "" },
    { title: c.say("simCases"), cell: ({ held }) => count(held.cases, lang), value: ({ held }) => held.cases, numeric: true, descending: true },
  ];
  let before = "";
  const group = ({ held }: Row) => (held.title.en === before ? {} : ((before = held.title.en), { group: capital(held.title[lang]) }));
  const aims = rivals.map((row) => {
    const { held, score } = row;
    return { name: c.say("simHeldAgainst", { measure: measure(held), way: score.name[lang] }), ...group(row), target: null, middle: 0, got: [known(score.lead), known(score.leadLow), known(score.leadHigh)] as [number, number, number], missed: score.verdict === "behind", faint: score.verdict === "level", written: lead(score.lead) };
  });
  const chart = figure({
    name: "sim-heldout",
    data: { table: "simulate_heldout" },
    text: simFigure(c, title, said, c.joined([c.say("simHeldLeads"), c.say("simOwnScale")])),
    draw: (width, theme) => drawTargets({ aims, marks: { met: c.say("simAhead"), missed: c.say("simBehind"), faint: c.say("simLevel"), interval: c.say("interval", { level: lvl }) }, middle: c.say("simNoDifference"), tip: (i) => [aims[i].name, ...columns.slice(3, 7).map(({ title: head, cell }) => `${head}: ${String(cell(rivals[i]))}`)] }, width, theme),
    table: () => table(columns, rows, simTable(c, title), 60),
  });
  return h("div", {}, h("h3", { class: "part" }, c.say("simHeld")), h("p", { class: "note" }, c.say("simHeldNote")), standing(said), aims.length ? chart : null, table(columns, rows, simTable(c, title, { table: "simulate_heldout" }), 60));
}

const VERDICTS = { ahead: "simAhead", behind: "simBehind", level: "simLevel" } as const;
const LOOKS = { ahead: "up", behind: "down", level: null } as const;
