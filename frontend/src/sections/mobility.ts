/** How regions move between classes of scores: a Markov chain as flows, where it leads, and who moved when. */

import type { Context } from "../context";
import { figure, FONT, widthOf, type Drawing } from "../charts";
import { letters, type Theme } from "../colour";
import { h, table, type Column } from "../dom";
import { classMoves, courseOf, stateAt, type ClassMove, type Course, type Mobility } from "../dynamics";
import { count, fixed, percent, significant } from "../format";
import { classColour, drawFlows } from "../flows";
import { key } from "../key";
import { cut } from "../labels";
import { firstOf } from "../long";
import { above, said } from "./distribution";

const known = (value: number | null | undefined): number => value ?? NaN;

export function mobility(c: Context): HTMLElement {
  const content = c.store.live(["element"], () => {
    const course = courseOf(c.report, c.state.element)!;
    const held = course.mobility;
    return [above(c, course), ...(held ? [h("p", { class: "standing", "aria-live": "polite" }, words(c, course, held)), flows(c, course, held), classes(c, course, held), who(c, course, held)] : []), said(c, course, "mobility")];
  });
  return h("section", { id: "mobility", "aria-labelledby": "mobility-title" }, h("h2", { id: "mobility-title" }, c.say("mobility")), h("p", {}, c.say("mobilityIntro")), content);
}

function words(c: Context, course: Course, held: Mobility): string {
  const { lang } = c.state;
  const { moves, stayed, up, down, halfLife } = held.indices;
  const top = held.classes - 1;
  const whole = (value: number | null | undefined) => count(known(value), lang);
  const share = (value: number | null | undefined) => percent(known(value), lang, 0);
  return c.joined([
    c.say("mobilityMoved", { what: c.element(course.element), moves: whole(moves), stayed: share(known(stayed) / known(moves)), up: whole(up), down: whole(down) }),
    c.say("mobilityEnds", { low: share(held.probabilities[0][0]), high: share(held.probabilities[top][top]) }),
    held.cuts && held.longRun && c.say(held.oneClass ? "mobilityErgodic" : "mobilityLongRun", { high: share(held.longRun[top]), now: share(shareIn(c, course, top)) }),
    held.cuts && Number.isFinite(known(halfLife)) && c.say("mobilityHalfLife", { years: fixed(known(halfLife), 1, lang) }),
  ]);
}

/** The share of the regions that stand in a class in the last year. */
function shareIn(c: Context, course: Course, at: number): number {
  const last = course.years.length - 1;
  const held = c.report.regions.map((_, region) => stateAt(course, region, last)).filter(Boolean);
  return held.filter((state) => state === at + 1).length / held.length;
}

function classNames(c: Context, course: Course, held: Mobility): string[] {
  const score = (at: number) => c.score(held.cuts![at], course.element);
  return Array.from({ length: held.classes }, (_, at) => {
    if (!held.cuts) return c.say("className", { n: at + 1 });
    if (at === 0) return c.say("classUpTo", { n: at + 1, to: score(0) });
    return at === held.classes - 1 ? c.say("classAbove", { n: at + 1, from: score(at - 1) }) : c.say("classBetween", { n: at + 1, from: score(at - 1), to: score(at) });
  });
}

const firstLast = (course: Course) => ({ first: course.years[0], last: course.years[course.years.length - 1] });
const convention = (c: Context, held: Mobility) => c.say(held.cuts ? "classesPooled" : "classesYearly", { k: held.classes });

function flows(c: Context, course: Course, held: Mobility): HTMLElement {
  const { lang } = c.state;
  const names = classNames(c, course, held);
  const title = c.say("flowsTitle", { what: c.element(course.element), ...firstLast(course) });
  const chance = (from: number, to: number) => fixed(known(held.probabilities[from][to]), 3, lang);
  const out = held.counts.map((row) => row.reduce((sum, n) => sum + n, 0));
  const rows = names.map((_, at) => at);
  const columns: Column<number>[] = [
    { title: c.say("fromClass"), cell: (from) => names[from], value: (from) => from, heading: true },
    { title: c.say("movesOut"), cell: (from) => count(out[from], lang), value: (from) => out[from], numeric: true, descending: true },
    ...names.map((_, to) => ({
      title: c.say("toClass", { n: to + 1 }),
      cell: (from: number) => (held.counts[from][to] ? `${chance(from, to)} (${count(held.counts[from][to], lang)})` : chance(from, to)),
      value: (from: number) => known(held.probabilities[from][to]),
      numeric: true,
      descending: true,
    })),
  ];
  const few = out.some((n) => n > 0 && n < c.report.dynamics!.fewMoves);
  return figure({
    name: "flows",
    data: c.course("transitions", course.element),
    text: c.figure(title, c.say("flowsDescribe", { what: c.element(course.element), ...firstLast(course) }), c.joined([convention(c, held), c.say("flowsNote"), few && c.say("flowsFew")])),
    draw: (width, theme) =>
      drawFlows(
        {
          names,
          counts: held.counts,
          written: (from, to) => percent(known(held.probabilities[from][to]), lang, 0),
          heads: { from: c.say("yearBefore"), to: c.say("yearAfter"), beside: c.say(held.oneClass ? "ergodic" : "longRun") },
          beside: held.longRun && held.longRun.map((share) => ({ share, written: percent(share, lang, 0) })),
          tip: (from, to) => [
            c.say(from === to ? "flowStay" : from < to ? "flowUp" : "flowDown", { from: from + 1, to: to + 1 }),
            c.say("flowCount", { n: count(held.counts[from][to], lang), all: count(out[from], lang) }),
            c.say("flowChance", { p: chance(from, to), error: fixed(known(held.errors[from][to]), 3, lang) }),
          ],
        },
        width,
        theme,
      ),
    table: () => table(columns, rows, c.table(title)),
  });
}

function classes(c: Context, course: Course, held: Mobility): HTMLElement {
  const { lang } = c.state;
  const names = classNames(c, course, held);
  const at = (year: number, state: number) => c.report.regions.filter((_, region) => stateAt(course, region, year) === state + 1).length;
  const last = course.years.length - 1;
  const number = (title: string, value: (at: number) => number, write: (value: number) => string): Column<number> => ({ title, cell: (one) => write(value(one)), value, numeric: true, descending: true });
  const columns: Column<number>[] = [
    { title: c.say("scoreClass"), cell: (one) => names[one], value: (one) => one, heading: true },
    number(c.say("regionsIn", { year: course.years[0] }), (one) => at(0, one), (value) => count(value, lang)),
    number(c.say("regionsIn", { year: course.years[last] }), (one) => at(last, one), (value) => count(value, lang)),
    number(c.say("stayChance"), (one) => known(held.probabilities[one][one]), (value) => fixed(value, 3, lang)),
    number(c.say("yearsIn"), (one) => known(held.yearsIn[one]), (value) => fixed(value, 1, lang)),
    ...(held.longRun ? [number(c.say(held.oneClass ? "ergodic" : "longRun"), (one) => held.longRun![one], (value) => percent(value, lang))] : []),
  ];
  const write = (value: number | null | undefined) => significant(known(value), 3, lang);
  const { trace, determinant, eigenvalue } = held.indices;
  const note = trace === undefined ? null : h("p", { class: "note" }, c.say("mobilityIndices", { trace: write(trace), determinant: write(determinant), eigenvalue: write(eigenvalue) }));
  return h("div", {}, table(columns, names.map((_, one) => names.length - 1 - one), c.table(c.say("scoreClassesTitle", { what: c.element(course.element) }), c.course("classes", course.element))), note);
}

function who(c: Context, course: Course, held: Mobility): HTMLElement | null {
  const moves = classMoves(course, c.report.regions.length);
  if (!moves.length) return h("p", { class: "note" }, c.say("nobodyMoved"));
  const title = c.say("whoTitle", { what: c.element(course.element), ...firstLast(course) });
  const columns: Column<ClassMove>[] = [
    { title: c.say("region"), cell: ({ region }) => c.region(region), value: ({ region }) => c.region(region), heading: true },
    { title: c.say("year"), cell: ({ year }) => String(course.years[year]), value: ({ year }) => course.years[year], numeric: true },
    { title: c.say("fromClass"), cell: ({ from }) => String(from), value: ({ from }) => from, numeric: true },
    { title: c.say("intoClass"), cell: ({ to }) => String(to), value: ({ to }) => to, numeric: true, descending: true },
    { title: c.say("direction"), cell: ({ from, to }) => c.say(to > from ? "movedUp" : "movedDown"), value: ({ from, to }) => to - from, descending: true },
  ];
  const last = course.years.length - 1;
  const own = (region: number) => moves.filter((one) => one.region === region);
  const seen = c.report.regions.flatMap((_, region) => (course.years.some((_, year) => stateAt(course, region, year)) ? [region] : []));
  const sum = (region: number) => course.years.reduce((all, _, year) => all + stateAt(course, region, year), 0);
  const rows = seen.sort((a, b) => stateAt(course, b, last) - stateAt(course, a, last) || sum(b) - sum(a) || a - b);
  return firstOf(c, rows, (shown) =>
    figure({
      name: "class-moves",
      data: c.course("moves", course.element),
      text: c.figure(title, c.say("whoDescribe", { n: count(moves.length, c.state.lang), regions: count(new Set(moves.map(({ region }) => region)).size, c.state.lang) }), c.say("whoNote")),
      draw: (width, theme) => strips(c, course, held, shown, own, width, theme),
      table: () => table(columns, moves, c.table(title), 40),
    }),
  );
}

/** A row per region, a cell per year in the colour of its class; a cell that was moved into carries an arrow. */
function strips(c: Context, course: Course, held: Mobility, shown: number[], own: (region: number) => ClassMove[], width: number, theme: Theme): Drawing {
  const { years } = course;
  const [tall, foot] = [18, 24];
  const signs = key(Array.from({ length: held.classes }, (_, at) => ({ name: c.say("className", { n: at + 1 }), shape: "bar" as const, colour: classColour(at, held.classes, theme) })), width, theme);
  const left = Math.min(width * 0.3, Math.max(...shown.map((region) => widthOf(c.region(region), 12))) + 12);
  const wide = (width - left) / years.length;
  const shapes: object[] = [...signs.graphic];
  const text = (label: string, x: number, y: number, look: object) => ({ type: "text", style: { text: label, x, y, textVerticalAlign: "middle", fill: theme.ink, font: `12px ${FONT}`, ...look } });
  shown.forEach((region, row) => {
    const y = signs.height + row * tall;
    shapes.push(text(cut(c.region(region), left - 10), left - 8, y + tall / 2, { textAlign: "right" }));
    const moved = new Map(own(region).map((one) => [one.year, one]));
    years.forEach((_, year) => {
      const state = stateAt(course, region, year);
      if (!state) return;
      const fill = classColour(state - 1, held.classes, theme);
      const x = left + year * wide;
      shapes.push({ type: "rect", shape: { x, y: y + 1, width: Math.max(wide - 1, 1), height: tall - 2 }, style: { fill } });
      const move = moved.get(year);
      if (move && wide >= 10) shapes.push(text(move.to > move.from ? "▲" : "▼", x + (wide - 1) / 2, y + tall / 2, { textAlign: "center", fill: letters(fill), font: `9px ${FONT}` }));
    });
  });
  const bottom = signs.height + shown.length * tall;
  const every = Math.max(1, Math.ceil(38 / wide));
  years.forEach((year, i) => {
    if ((years.length - 1 - i) % every === 0) shapes.push(text(String(year), left + (i + 0.5) * wide, bottom + 13, { textAlign: "center", fill: theme.muted }));
  });
  const told = (region: number) => {
    const moves = own(region).map(({ year, from, to }) => c.say(to > from ? "movedUpIn" : "movedDownIn", { year: years[year], from, to }));
    return [c.region(region), ...(moves.length ? moves : [c.say("neverMoved")])];
  };
  return { height: bottom + foot, sheet: { shapes, spots: shown.map((_, row) => ({ x: 0, y: signs.height + row * tall, width, height: tall })), tip: (row) => told(shown[row]) } };
}
