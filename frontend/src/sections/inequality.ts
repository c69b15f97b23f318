/** How unequal regions are in every year, what that is made of, and whether they grow more alike. */

import type { Context } from "../context";
import { pick } from "../chooser";
import { figure } from "../charts";
import { h, table, type Column } from "../dom";
import { courseOf, drift, type Convergence, type Course, type DagumParts } from "../dynamics";
import { chance, count, fixed, percent, probability, significant } from "../format";
import { drawPlot, type Line } from "../plot";
import { drawStacks } from "../stacks";
import type { Word } from "../words";
import { above, said } from "./distribution";

const known = (value: number | null | undefined): number => value ?? NaN;
// More lines than these could not be told apart.
const MOST = 8;

const INDICES: Record<string, Word> = {
  gini: "giniCoefficient",
  "theil-t": "theilIndex",
  "coefficient-of-variation": "variationCoefficient",
  theil_between: "theilBetween",
  theil_within: "theilWithin",
};
const PARTS: Word[] = ["dagumWithin", "dagumBetween", "dagumTransvariation"];

export function inequality(c: Context): HTMLElement {
  const content = c.store.live(["element"], () => {
    const course = courseOf(c.report, c.state.element)!;
    return [
      above(c, course),
      course.inequality ? h("p", { class: "standing", "aria-live": "polite" }, words(c, course)) : null,
      course.inequality && byYear(c, course),
      course.dagum && parts(c, course, course.dagum),
      course.dagum && groups(c, course, course.dagum),
      course.dagum ? null : ungrouped(c),
      said(c, course, "inequality"),
      course.convergence.length ? convergence(c, course) : null,
      said(c, course, "convergence"),
    ];
  });
  return h("section", { id: "inequality", "aria-labelledby": "inequality-title" }, h("h2", { id: "inequality-title" }, c.say("inequality")), h("p", {}, c.say("inequalityIntro")), content);
}

/** Why there are no groups to split by. */
function ungrouped(c: Context): HTMLElement | null {
  const points = c.report.dynamics!.notices;
  return points.length ? h("ul", { class: "fits" }, points.map((one) => h("li", {}, c.sentence(one)))) : null;
}

const firstLast = (course: Course) => ({ first: course.years[0], last: course.years[course.years.length - 1] });
const columnOf = (course: Course, name: string): (number | null)[] => {
  const at = course.inequality!.columns.indexOf(name);
  return at < 0 ? [] : course.inequality!.rows.map((row) => row[at]);
};

function words(c: Context, course: Course): string {
  const { lang } = c.state;
  const last = course.years.length - 1;
  const verdict = { up: "giniRose", down: "giniFell", level: "giniLevel" } as const;
  const gini = columnOf(course, "gini");
  const shares = course.dagum?.parts[last].slice(1).map((part) => known(part) / known(course.dagum!.parts[last][0])) ?? [];
  const most = shares.indexOf(Math.max(...shares));
  return c.joined([
    gini.length > 0 && c.say(verdict[drift(gini[0], gini[last])], { what: c.element(course.element), ...firstLast(course), was: fixed(known(gini[0]), 3, lang), now: fixed(known(gini[last]), 3, lang) }),
    most >= 0 && c.say("dagumMost", { last: course.years[last], part: c.say(PARTS[most]), share: percent(shares[most], lang, 0) }),
    ...course.convergence.filter(({ kind }) => kind === "absolute-beta").map((row) => betaWords(c, row)),
  ]);
}

function betaWords(c: Context, { estimate, low, high, p }: Convergence): string {
  const verdict: Word = known(high) < 0 ? "betaConverges" : known(low) > 0 ? "betaDiverges" : "betaOpen";
  return c.say(verdict, { beta: significant(known(estimate), 2, c.state.lang), p: chance("p", known(p), c.state.lang) });
}

/** A table of years, and what is told of one of them on hovering. */
function yearly(c: Context, course: Course, rest: Column<number>[]): { columns: Column<number>[]; rows: number[]; tip: (i: number) => string[] } {
  const columns: Column<number>[] = [{ title: c.say("year"), cell: (i) => String(course.years[i]), value: (i) => course.years[i], heading: true }, ...rest];
  const tip = (i: number) => columns.map(({ title, cell }, k) => (k ? `${title}: ${String(cell(i))}` : String(cell(i))));
  return { columns, rows: course.years.map((_, i) => i), tip };
}

const numbers = (c: Context, title: string, of: (number | null)[], digits = 4): Column<number> => ({ title, cell: (i) => fixed(known(of[i]), digits, c.state.lang), value: (i) => known(of[i]), numeric: true, descending: true });

function byYear(c: Context, course: Course): HTMLElement {
  const { lang } = c.state;
  const title = c.say("inequalityTitle", { what: c.element(course.element), ...firstLast(course) });
  const { columns, rows, tip } = yearly(c, course, course.inequality!.columns.map((name) => numbers(c, c.say(INDICES[name]), columnOf(course, name))));
  const drawn = ["gini", "theil-t"].filter((name) => course.inequality!.columns.includes(name));
  const line = (name: string, colour: string, dash: boolean): Line => ({ points: columnOf(course, name).map((value, i): [number, number] => [course.years[i], known(value)]), colour, dash, wide: 2.25, dot: 3 });
  return figure({
    name: "inequality",
    data: c.course("inequality", course.element),
    text: c.figure(title, title, c.say("inequalityNote")),
    draw: (width, theme) =>
      drawPlot(
        {
          places: course.years,
          marks: drawn.map((name, at) => ({ name: c.say(INDICES[name]), shape: at ? ("dash" as const) : ("line" as const), colour: theme.lines[at] })),
          lines: drawn.map((name, at) => line(name, theme.lines[at], at > 0)),
          xLabel: (value) => String(value),
          yLabel: (value) => significant(value, 3, lang),
          tip,
        },
        width,
        theme,
        0.34,
      ),
    table: () => table(columns, rows, c.table(title)),
  });
}

function parts(c: Context, course: Course, held: DagumParts): HTMLElement {
  const { lang } = c.state;
  const split = c.report.dynamics!.groups!;
  const title = c.say("dagumTitle", { what: c.element(course.element), ...firstLast(course) });
  const of = (at: number) => held.parts.map((row) => row[at]);
  const share = (at: number): Column<number> => {
    const value = (i: number) => known(held.parts[i][at + 1]) / known(held.parts[i][0]);
    return { title: c.say("shareOf", { part: c.say(PARTS[at]) }), cell: (i) => percent(value(i), lang), value, numeric: true, descending: true };
  };
  const { columns, rows, tip } = yearly(c, course, [numbers(c, c.say("giniCoefficient"), of(0)), ...PARTS.map((part, at) => numbers(c, c.say(part), of(at + 1))), ...PARTS.map((_, at) => share(at))]);
  const source = split.source ? c.say("groupsSource", { source: split.source[lang] }) : c.say("groupsColumn", { column: split.column });
  return figure({
    name: "dagum",
    data: c.course("dagum", course.element),
    text: c.figure(title, title, c.joined([c.say("dagumNote", { groups: c.listed(split.names.map((name) => name[lang]), 12) }), source])),
    draw: (width, theme) =>
      drawStacks(
        {
          rows: course.years.map((year, i) => ({ name: String(year), parts: held.parts[i].slice(1).map(known) })),
          parts: PARTS.map((part, at) => ({ name: c.say(part), colour: theme.parts[at] })),
          axisName: c.say("giniCoefficient"),
          tickLabel: (value) => significant(value, 3, lang),
          tip,
        },
        width,
        theme,
      ),
    table: () => table(columns, rows, c.table(title)),
  });
}

/** Inequality inside every group and between each two of them, as lines over the years. */
function groups(c: Context, course: Course, held: DagumParts): HTMLElement {
  const { lang } = c.state;
  const names = c.report.dynamics!.groups!.names.map((name) => name[lang]);
  const last = course.years.length - 1;
  const inside = names.map((name, at) => ({ name, of: held.groups.gini.map((row) => row[at]), weight: known(held.regions[last][at]) }));
  const across = held.pairs.map(([one, other], at) => ({ name: c.say("pairOf", { one: names[one], other: names[other] }), of: held.giniAcross.map((row) => row[at]), weight: known(held.betweenAcross[last][at]) + known(held.transvariationAcross[last][at]) }));
  const views = [
    { title: c.say("acrossTitle", { what: c.element(course.element), ...firstLast(course) }), note: c.say("acrossNote"), all: across },
    { title: c.say("insideTitle", { what: c.element(course.element), ...firstLast(course) }), note: c.say("insideNote"), all: inside },
  ];
  return pick(c, "groups-of", c.say("groupsShown"), [c.say("acrossGroups"), c.say("insideGroups")], (at) => {
    const { title, note, all } = views[at];
    const drawn = [...all].sort((a, b) => b.weight - a.weight).slice(0, MOST);
    const { columns, rows, tip } = yearly(c, course, all.map(({ name, of }) => numbers(c, name, of)));
    return [
      figure({
        name: at ? "inside-groups" : "across-groups",
        data: c.course(at ? "dagum-groups" : "dagum-pairs", course.element),
        text: c.figure(title, title, c.joined([note, drawn.length < all.length && c.say("linesSome", { n: drawn.length, all: all.length })])),
        draw: (width, theme) =>
          drawPlot(
            {
              places: course.years,
              marks: drawn.map(({ name }, i) => ({ name, shape: i % 2 ? ("dash" as const) : ("line" as const), colour: theme.lines[i] })),
              lines: drawn.map(({ of }, i) => ({ points: of.map((value, k): [number, number] => [course.years[k], known(value)]).filter(([, value]) => Number.isFinite(value)), colour: theme.lines[i], dash: i % 2 > 0 })),
              xLabel: (value) => String(value),
              yLabel: (value) => significant(value, 3, lang),
              tip,
            },
            width,
            theme,
            0.34,
          ),
        table: () => table(columns, rows, c.table(title)),
      }),
    ];
  });
}

const KINDS: Record<Convergence["kind"], Word> = { sigma: "sigmaConvergence", "absolute-beta": "absoluteBeta", "conditional-beta": "conditionalBeta" };

function convergence(c: Context, course: Course): HTMLElement {
  const { lang } = c.state;
  const write = (value: number | null) => significant(known(value), 3, lang);
  const number = (title: string, of: (row: Convergence) => number | null, cell: (value: number | null) => string = write): Column<Convergence> => ({ title, cell: (row) => cell(of(row)), value: (row) => known(of(row)), numeric: true });
  const columns: Column<Convergence>[] = [
    { title: c.say("convergenceKind"), cell: ({ kind }) => c.say(KINDS[kind]), heading: true },
    number(c.say("estimate"), ({ estimate }) => estimate),
    number(c.say("standardError"), ({ error }) => error),
    number("t", ({ t }) => t, (value) => fixed(known(value), 2, lang)),
    number("p", ({ p }) => p, (value) => probability(known(value), lang)),
    number(c.say("speedYearly"), ({ speed }) => speed),
    number(c.say("halfLifeYears"), ({ halfLife }) => halfLife, (value) => fixed(known(value), 1, lang)),
    number(c.say("regions"), ({ regions }) => regions, (value) => count(known(value), lang)),
  ];
  const sigma = course.convergence.find(({ kind }) => kind === "sigma");
  return h(
    "div",
    {},
    h("h3", {}, c.say("convergenceTitle", { what: c.element(course.element), ...firstLast(course) })),
    sigma ? h("p", {}, c.say("sigmaWords", { ...firstLast(course), was: fixed(known(sigma.first), 3, lang), now: fixed(known(sigma.last), 3, lang) })) : null,
    table(columns, course.convergence, c.table(c.say("convergenceNote"), c.course("convergence", course.element))),
  );
}
