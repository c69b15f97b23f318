/** The model: the story of a quarter, its knobs, where its beginning comes from, what the data say of it, and how well it foretells. */

import type { Context } from "../context";
import { figure } from "../charts";
import { h, table, type Column } from "../dom";
import { capital, count, percent, significant } from "../format";
import { formulaOf } from "../formula";
import { drawRows } from "../rows";
import type { Equation, HeldOut, KnobValue, Posterior } from "../simulation";
import { drawTargets } from "../targets";
import { choices, chosen, confidence, follows, known, level, number, plain, simFigure, simOf, simSection, simTable, standing } from "./sim";
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
    c.say("simModelSay", { start: begun.name[lang], regions: count(regions.length, lang), industries: count(industries.ofStart, lang), firms: count(experiment.firms, lang), first: experiment.years[0], last: experiment.years[1] }),
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
        h("p", {}, c.sentence(one.says)),
        formulaOf({ formula: { latex: one.latex, mathml: one.mathml } }),
        h("p", { class: "note" }, c.joined([one.cite && c.say("simAfter", { cite: one.cite }), one.knobs.length > 0 && c.say("simWithKnobs", { names: one.knobs.map(named).join(lang === "zh" ? "、" : ", ") })])),
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
    { title: c.say("simFactSource"), cell: ({ source }) => h("span", { class: /assum|假定/.test(source) ? "down" : null }, source), value: ({ source }) => source },
  ];
  const title = c.say("simKnobs");
  return h(
    "div",
    {},
    h("h3", { class: "part" }, title),
    h("p", {}, c.joined([c.say("simKnobsSay", { n: count(all.length, lang), assumed: count(all.filter(({ source }) => /assum|假定/.test(source)).length, lang) }), c.say(changed.length ? "simKnobsChanged" : "simKnobsUsual", { names: c.listed(changed.map((one) => one.title[lang]), 8) })])),
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
  const one = (held: HeldOut, at: number) => {
    type Row = HeldOut["rows"][number];
    const best = [...held.rows].sort((a, b) => held.better * (b.score - a.score))[0];
    const world = held.rows.find(({ model }) => model === "world");
    const title = c.say("simHeldTitle", { what: capital(held.title[lang]), measure: held.measure[lang] });
    const said = c.joined([
      best && c.say(best.model === "world" ? "simHeldBest" : "simHeldNot", { best: best.name[lang], score: number(c, best.score, 3), world: number(c, known(world?.score), 3), n: count(held.cases, lang) }),
      c.say(held.better > 0 ? "simHigherBetter" : "simLowerBetter"),
    ]);
    const columns: Column<Row>[] = [
      { title: c.say("simWay"), cell: ({ name }) => capital(name[lang]), value: ({ name }) => name[lang], heading: true },
      { title: capital(held.measure[lang]), cell: ({ score }) => number(c, score, 3), value: ({ score }) => score, numeric: true, descending: held.better > 0 },
      { title: c.say("interval", { level: confidence(c) }), cell: ({ low, high }) => (low === null || high === null ? "–" : c.say("fromTo", { from: number(c, low, 3), to: number(c, high, 3) })), ends: c.ends(c.say("interval", { level: confidence(c) }), ({ low, high }) => [low, high]), numeric: true },
    ];
    return figure({
      name: `sim-heldout-${at + 1}`,
      data: { table: "simulate_heldout" },
      text: simFigure(c, title, said, said),
      draw: (width, theme) =>
        drawRows(
          {
            rows: held.rows.map((row) => ({ name: capital(row.name[lang]), value: row.score, low: known(row.low), high: known(row.high), faint: row.model !== "world" })),
            kind: "dot",
            marks: { value: c.say("simWorldModel"), faint: c.say("simOtherWays"), interval: c.say("interval", { level: confidence(c) }) },
            tickLabel: (value) => c.tick(value),
            axisName: capital(held.measure[lang]),
            tip: (i) => columns.map(({ title: head, cell }, k) => (k ? `${head}: ${String(cell(held.rows[i]))}` : String(cell(held.rows[i])))),
          },
          width,
          theme,
        ),
      table: () => table(columns, held.rows, simTable(c, title)),
    });
  };
  return h("div", {}, h("h3", { class: "part" }, c.say("simHeld")), h("p", { class: "note" }, c.say("simHeldNote")), all.map(one));
}
