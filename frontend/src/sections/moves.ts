/** Moves between rungs: how likely they are, how long they take, whether stays on a rung become shorter, and life cycles. */

import type { Context } from "../context";
import { ladderChoosers, ladderOf, pick } from "../chooser";
import { figure } from "../charts";
import type { Theme } from "../colour";
import { h, table, type Column } from "../dom";
import { capital, chance as probabilityOf, count, fixed, percent, significant } from "../format";
import { dataOf, stepped, verdict, type Ladder, type Stayers, type Survival, type Transitions } from "../ladder";
import { drawMatrix } from "../matrix";
import { drawPlot } from "../plot";
import { drawRows } from "../rows";
import type { Three } from "../topics";
import { lives } from "./lives";

// Years that are not worth telling apart, on an axis.
const LONG = 60;

const known = (value: number | null | undefined): number => value ?? NaN;

export const hasMoves = (found: Ladder): boolean => !!(found.transitions || found.survival?.length || found.lifecycle);

export function moves(c: Context): HTMLElement {
  const content = c.store.live(["ladder", "place"], () => {
    const found = ladderOf(c);
    if (!hasMoves(found)) return [h("p", { class: "note" }, c.say("movesNone", { what: found.title[c.state.lang] }))];
    return [found.transitions ? transitions(c, found, found.transitions) : null, found.survival?.length ? survival(c, found, found.survival) : null, found.lifecycle ? lives(c, found, found.lifecycle) : null];
  });
  return h("section", { id: "moves", "aria-labelledby": "moves-title" }, h("h2", { id: "moves-title" }, c.say("moves")), h("p", {}, c.say("movesIntro")), ladderChoosers(c, "moves", c.report.structure!.ladder.some((one) => one.lifecycle)), content);
}

const span = (c: Context, [, low, high]: Three, write: (value: number) => string): string => (low === null && high === null ? "–" : `${low === null ? "…" : write(low)} ${c.state.lang === "zh" ? "至" : "to"} ${high === null ? "…" : write(high)}`);

function transitions(c: Context, found: Ladder, held: Transitions): HTMLElement {
  const { lang } = c.state;
  const name = (rung: number) => capital(found.rungs[rung].name[lang]);
  const level = percent(held.level, lang, 0);
  const years = (value: number) => fixed(value, 1, lang);
  const stay = held.chance.map((row, at) => known(row[at][0]));
  // By the near ends of intervals, so that a rung on which hardly anybody was is neither.
  const told = stay.flatMap((one, at) => (Number.isFinite(one) ? [at] : []));
  const end = (at: number, which: 1 | 2) => held.chance[at][at][which] ?? stay[at];
  const steady = told.reduce((best, at) => (end(at, 1) > end(best, 1) ? at : best), told[0] ?? 0);
  const loose = told.reduce((best, at) => (end(at, 2) < end(best, 2) ? at : best), told[0] ?? 0);
  const first = held.expected.filter(({ to, years: [value] }) => to !== null && value !== null).sort((a, b) => a.years[0]! - b.years[0]!)[0];
  // Coming back on from below is no step up the ladder.
  const likely = (held.waiting ?? []).filter(({ from, risen: [value] }) => found.rungs[from].on && value !== null).sort((a, b) => b.risen[0]! - a.risen[0]!)[0];
  return h(
    "div",
    {},
    h("h3", { class: "part" }, c.say("transitions")),
    h("p", { class: "standing" }, c.joined([
      c.sentence(held.say) ?? c.say("transitionsSay", { steady: name(steady), most: percent(stay[steady], lang, 0), loose: found.rungs[loose].name[lang], least: percent(stay[loose], lang, 0) }),
      likely && c.say("mostRise", { from: found.rungs[likely.from].name[lang], seen: likely.seen, risen: percent(likely.risen[0]!, lang, 0), low: percent(known(likely.risen[1]), lang, 0), high: percent(known(likely.risen[2]), lang, 0), level, fallen: percent(known(likely.fallen[0]), lang, 0) }),
      first && c.say("nextSooner", { from: found.rungs[first.from].name[lang], to: found.rungs[first.to!].name[lang], years: years(first.years[0]!), low: years(known(first.years[1])), high: years(known(first.years[2])), level }),
    ])),
    matrix(c, found, held, name, level),
    held.waiting?.length ? waiting(c, found, held, name, level) : held.expected.some(({ years: [value] }) => value !== null) ? expected(c, found, held, name, level) : null,
    held.hazards?.length ? hazards(c, found, held.hazards, name, level) : null,
    held.forecast ? forecast(c, found, held.forecast, name, level) : null,
  );
}

function matrix(c: Context, found: Ladder, held: Transitions, name: (rung: number) => string, level: string): HTMLElement {
  const { lang } = c.state;
  const part = (value: number | null) => percent(known(value), lang, known(value) < 0.1 ? 1 : 0);
  const title = c.say("transitionsTitle", { first: held.from, last: held.to });
  interface Cell { from: number; to: number }
  const cells: Cell[] = found.rungs.flatMap((_, from) => held.ends.map((_, to) => ({ from, to }))).filter(({ from, to }) => held.chance[from][to][0] !== null);
  const columns: Column<Cell>[] = [
    { title: c.say("fromRung"), cell: ({ from }) => name(from), value: ({ from }) => from, heading: true },
    { title: c.say("toRung"), cell: ({ to }) => capital(held.ends[to][lang]), value: ({ to }) => to },
    { title: c.say("chanceAYear"), cell: ({ from, to }) => part(held.chance[from][to][0]), value: ({ from, to }) => known(held.chance[from][to][0]), numeric: true, descending: true },
    { title: c.say("interval", { level }), cell: ({ from, to }) => span(c, held.chance[from][to], part), ends: c.ends(c.say("interval", { level }), ({ from, to }) => [held.chance[from][to][1], held.chance[from][to][2]]), numeric: true },
    { title: c.say("movesCounted"), cell: ({ from, to }) => fixed(held.counts[from][to], 1, lang), value: ({ from, to }) => held.counts[from][to], numeric: true, descending: true },
  ];
  return figure({
    name: "transitions",
    data: dataOf(found, "moves"),
    text: c.figure(title, title, c.say("transitionsNote", { level }), [found.file]),
    draw: (width, theme) =>
      drawMatrix(
        {
          names: found.rungs.map((_, rung) => ({ name: name(rung), colour: theme.rungs[rung] })),
          cell: (from, to) => {
            const one = held.chance[from][to];
            return one[0] === null || (one[0] === 0 && !held.counts[from][to]) ? null : { text: part(one[0]), small: span(c, one, part), dark: Math.sqrt(one[0]) };
          },
          more: held.ends.slice(found.rungs.length).map((end) => capital(end[lang])),
          rowName: c.say("fromRung"),
          columnName: c.say("toRung"),
          tip: (from, to) => columns.map(({ title: head, cell }) => `${head}: ${String(cell({ from, to }))}`),
        },
        width,
        theme,
      ),
    table: () => table(columns, cells, c.table(title), 40),
  });
}

function expected(c: Context, found: Ladder, held: Transitions, name: (rung: number) => string, level: string): HTMLElement {
  const { lang } = c.state;
  type Row = Transitions["expected"][number];
  const years = (value: number) => fixed(value, 1, lang);
  const of = ({ from, to }: Row) => (to === null ? c.say("leaves", { name: name(from) }) : `${name(from)} → ${capital(found.rungs[to].name[lang])}`);
  const title = c.say("expectedTitle");
  const columns: Column<Row>[] = [
    { title: c.say("move"), cell: of, value: of, heading: true },
    { title: c.say("expectedYears"), cell: (row) => years(known(row.years[0])), value: (row) => known(row.years[0]), numeric: true },
    { title: c.say("interval", { level }), cell: (row) => span(c, row.years, years), ends: c.ends(c.say("interval", { level }), (row) => [row.years[1], row.years[2]]), numeric: true },
  ];
  // One interval without an end must not make all the others points.
  const ends = held.expected.flatMap(({ years: [value, , high] }) => [known(value), known(high)]).filter(Number.isFinite);
  const open = held.expected.some(({ years: [, low, high] }) => low !== null && high === null);
  const end = Math.ceil(Math.min(LONG, Math.max(10, ...ends) + (open ? 5 : 0)) / 10) * 10;
  const within = (value: number | null) => Math.min(known(value), end);
  return figure({
    name: "expected",
    data: dataOf(found, "waiting"),
    text: c.figure(title, title, c.say("expectedNote"), [found.file]),
    draw: (width, theme) =>
      drawRows(
        {
          rows: held.expected.map((row) => ({ name: of(row), value: known(row.years[0]) > end ? NaN : known(row.years[0]), low: within(row.years[1]), high: row.years[2] === null && row.years[1] !== null ? end : within(row.years[2]) })),
          kind: "dot",
          marks: { value: c.say("expectedYears"), interval: c.say("interval", { level }) },
          axis: { min: 0, max: end, step: 10 },
          tickLabel: (value) => c.tick(value),
          axisName: c.say("expectedYears"),
          tip: (i) => columns.map(({ title: head, cell }, k) => (k ? `${head}: ${String(cell(held.expected[i]))}` : String(cell(held.expected[i])))),
        },
        width,
        theme,
      ),
    table: () => table(columns, held.expected, c.table(title), 40),
  });
}

/** What share rises and what share falls in the years after reaching a rung. */
function waiting(c: Context, found: Ladder, held: Transitions, name: (rung: number) => string, level: string): HTMLElement {
  const { lang } = c.state;
  type Row = NonNullable<Transitions["waiting"]>[number];
  const title = c.say("expectedTitle");
  const part = (value: number) => percent(value, lang, 0);
  const share = (head: string, of: (row: Row) => Three): Column<Row>[] => [
    { title: head, cell: (row) => part(known(of(row)[0])), value: (row) => known(of(row)[0]), numeric: true, descending: true },
    { title: c.say("interval", { level }), cell: (row) => span(c, of(row), part), ends: c.ends(head, (row) => [of(row)[1], of(row)[2]]), numeric: true },
  ];
  const columns: Column<Row>[] = [
    { title: c.say("fromRung"), cell: ({ from }) => name(from), value: ({ from }) => from, heading: true },
    { title: c.say("yearsSeen"), cell: ({ seen }) => String(seen), numeric: true },
    ...share(c.say("risen"), ({ risen }) => risen),
    ...share(c.say("fallen"), ({ fallen }) => fallen),
    { title: c.say("halfRisen"), cell: ({ median }) => (median[0] === null ? c.say("medianNotReached") : `${fixed(median[0], 0, lang)} (${span(c, median, (value) => fixed(value, 0, lang))})`), numeric: true },
  ];
  const curves = (held.incidence ?? []).filter(({ up }) => up.length > 1);
  return h("div", {}, h("h3", {}, title), table(columns, held.waiting!, c.table(title)), h("p", { class: "note" }, c.say("waitingNote")), curves.length ? pick(c, "incidence", c.say("rung"), curves.map(({ from }) => name(from)), (at) => [incidence(c, found, curves[at], name, level)]) : null);
}

function incidence(c: Context, found: Ladder, { from, up, down }: NonNullable<Transitions["incidence"]>[number], name: (rung: number) => string, level: string): HTMLElement {
  const { lang } = c.state;
  const part = (value: number) => percent(value, lang, 0);
  const title = c.say("incidenceTitle", { rung: name(from) });
  const sides = [{ head: c.say("risen"), of: up }, { head: c.say("fallen"), of: down }];
  const places = up.map((_, year) => year);
  const columns: Column<number>[] = [
    { title: c.say("yearsOnRung"), cell: (year) => String(year), heading: true },
    ...sides.map(({ head, of }) => ({ title: head, cell: (year: number) => `${part(known(of[year]?.[0]))} (${of[year] ? span(c, of[year], part) : "–"})`, raw: (year: number) => of[year]?.[0] ?? null, ends: c.ends(head, (year: number) => [of[year]?.[1] ?? null, of[year]?.[2] ?? null]), numeric: true })),
  ];
  return figure({
    name: "incidence",
    text: c.figure(title, title, c.say("bandsAre", { level }), [found.file]),
    draw: (width, theme) =>
      drawPlot(
        {
          places,
          y: { min: 0, max: 1, step: 0.2 },
          marks: sides.map(({ head }, i) => ({ name: head, shape: i ? ("dash" as const) : ("line" as const), colour: theme.lines[i] })),
          xName: c.say("yearsOnRung"),
          bands: sides.map(({ of }, i) => ({ points: of.map(([, low, high], year): [number, number, number] => [year, known(low), known(high)]), fill: theme.lines[i], opacity: 0.16 })),
          lines: sides.map(({ of }, i) => ({ points: of.map(([value], year): [number, number] => [year, known(value)]), colour: theme.lines[i], dash: i > 0 })),
          xLabel: (value) => String(value),
          yLabel: part,
          tip: (i) => columns.map(({ title: head, cell }) => `${head}: ${String(cell(i))}`),
        },
        width,
        theme,
        0.34,
      ),
    table: () => table(columns, places, c.table(title)),
  });
}

function hazards(c: Context, found: Ladder, rows: NonNullable<Transitions["hazards"]>, name: (rung: number) => string, level: string): HTMLElement {
  const { lang } = c.state;
  type Row = (typeof rows)[number];
  const ratio = (value: number) => significant(value, 3, lang);
  const of = (row: Row) => `${row.to === null ? c.say("leaves", { name: name(row.from) }) : `${name(row.from)} → ${found.rungs[row.to].name[lang]}`} · ${row.covariate[lang]}`;
  const title = c.say("hazardsTitle");
  const certain = rows.filter(({ ratio: [, low, high] }) => known(low) > 1 || known(high) < 1);
  const columns: Column<Row>[] = [
    { title: c.say("move"), cell: of, value: of, heading: true },
    { title: c.say("hazardRatio"), cell: (row) => ratio(known(row.ratio[0])), value: (row) => known(row.ratio[0]), numeric: true, descending: true },
    { title: c.say("interval", { level }), cell: (row) => span(c, row.ratio, ratio), ends: c.ends(c.say("interval", { level }), (row) => [row.ratio[1], row.ratio[2]]), numeric: true },
    { title: "p", cell: (row) => fixed(known(row.p), 3, lang), value: (row) => known(row.p), numeric: true },
  ];
  return figure({
    name: "hazards",
    text: c.figure(title, title, c.say("hazardsNote", { n: certain.length, all: rows.length }), [found.file]),
    draw: (width, theme) =>
      drawRows(
        {
          rows: rows.map((row) => ({ name: of(row), value: known(row.ratio[0]), low: known(row.ratio[1]), high: known(row.ratio[2]), faint: !certain.includes(row) })),
          kind: "dot",
          marks: { value: c.say("hazardTold"), faint: c.say("hazardUntold"), interval: c.say("interval", { level }) },
          limits: [{ value: 1, name: c.say("noEffect") }],
          tickLabel: (value) => c.tick(value),
          axisName: c.say("hazardRatio"),
          tip: (i) => columns.map(({ title: head, cell }, k) => (k ? `${head}: ${String(cell(rows[i]))}` : String(cell(rows[i])))),
        },
        width,
        theme,
      ),
    table: () => table(columns, rows, c.table(title), 40),
  });
}

function forecast(c: Context, found: Ladder, held: NonNullable<Transitions["forecast"]>, name: (rung: number) => string, level: string): HTMLElement {
  const { lang } = c.state;
  const title = c.say("forecastRungs", { last: held.years[held.years.length - 1] });
  const write = (value: number) => fixed(value, 1, lang);
  const columns: Column<number>[] = [
    { title: c.say("year"), cell: (at) => String(held.years[at]), heading: true },
    ...found.rungs.map((_, rung) => ({ title: name(rung), cell: (at: number) => `${write(known(held.number[at][rung][0]))} (${span(c, held.number[at][rung], write)})`, raw: (at: number) => held.number[at][rung][0], ends: c.ends(name(rung), (at: number) => [held.number[at][rung][1], held.number[at][rung][2]]), numeric: true })),
  ];
  return figure({
    name: "rungs-ahead",
    data: dataOf(found, "rung-forecast"),
    text: c.figure(title, title, c.say("forecastRungsNote", { level }), [found.file]),
    draw: (width, theme) =>
      drawPlot(
        {
          places: held.years,
          marks: found.rungs.map((_, rung) => ({ name: name(rung), shape: "line" as const, colour: theme.rungs[rung] })),
          yName: c.say("industryCount"),
          bands: found.rungs.map((_, rung) => ({ points: held.years.map((year, at): [number, number, number] => [year, known(held.number[at][rung][1]), known(held.number[at][rung][2])]), fill: theme.rungs[rung], opacity: 0.22 })),
          lines: found.rungs.map((_, rung) => ({ points: held.years.map((year, at): [number, number] => [year, known(held.number[at][rung][0])]), colour: theme.rungs[rung] })),
          xLabel: (value) => String(value),
          yLabel: (value) => c.tick(value),
          tip: (i) => columns.map(({ title: head, cell }, k) => (k ? `${head}: ${String(cell(i))}` : String(cell(i)))),
        },
        width,
        theme,
      ),
    table: () => table(columns, held.years.map((_, at) => at), c.table(title)),
  });
}

function survival(c: Context, found: Ladder, held: Survival[]): HTMLElement {
  const { lang } = c.state;
  const tested = held.filter(({ cox }) => cox);
  const names = (what: string) => tested.filter(({ cox }) => verdict(cox) === what).map(({ rung }) => found.rungs[rung].name[lang]);
  const [shorter, longer] = [names("shorter"), names("longer")];
  return h(
    "div",
    {},
    h("h3", { class: "part" }, c.say("survival")),
    h("p", { class: "standing" }, c.joined([
      c.sentence(found.timeOnRungs?.say),
      !tested.length ? c.say("staysUntested") : c.say(shorter.length ? "staysShorter" : "staysNotShown", { n: shorter.length, all: tested.length, names: c.listed(shorter, 6) }),
      longer.length > 0 && c.say("staysLonger", { names: c.listed(longer, 6) }),
      tested.length > shorter.length + longer.length && c.say("staysRest", { n: tested.length - shorter.length - longer.length }),
    ])),
    pick(c, "stay", c.say("rung"), held.map(({ rung }) => capital(found.rungs[rung].name[lang])), (at) => [stays(c, found, held[at])]),
  );
}

const VERDICTS = { shorter: "stayShorter", longer: "stayLonger", untold: "stayUntold" } as const;

function stays(c: Context, found: Ladder, held: Survival): HTMLElement {
  const { lang } = c.state;
  const { cohorts, cox } = held;
  const rung = found.rungs[held.rung].name[lang];
  const level = percent(held.level, lang, 0);
  const years = (value: number) => fixed(value, 1, lang);
  const title = c.say("survivalTitle", { rung });
  const at = (one: Stayers, year: number, of: "share" | "low" | "high") => {
    const last = one.curve.years.filter((held) => held <= year).length - 1;
    return last < 0 || year > one.curve.years[one.curve.years.length - 1] ? NaN : one.curve[of][last];
  };
  const reach = Math.max(1, ...cohorts.flatMap(({ curve }) => curve.years));
  const places = Array.from({ length: Math.floor(reach) + 1 }, (_, i) => i);
  const part = (value: number) => percent(value, lang, 0);
  const columns: Column<Stayers>[] = [
    { title: c.say("cohort"), cell: (one) => one.name[lang], value: (one) => one.entered?.[0] ?? 0, heading: true },
    { title: c.say("stayers"), cell: (one) => count(one.n, lang), value: (one) => one.n, numeric: true, descending: true },
    { title: c.say("stayersLeft"), cell: (one) => count(one.left, lang), value: (one) => one.left, numeric: true, descending: true },
    { title: c.say("medianStay"), cell: (one) => (one.median[0] === null ? c.say("medianNotReached") : years(one.median[0])), value: (one) => known(one.median[0]), numeric: true, descending: true },
    { title: c.say("interval", { level }), cell: (one) => span(c, one.median, years), ends: c.ends(c.say("interval", { level }), (one) => [one.median[1], one.median[2]]), numeric: true },
    ...[5, 10, 20].filter((year) => year <= reach).map((year) => ({ title: c.say("stillAfter", { year }), cell: (one: Stayers) => part(at(one, year, "share")), value: (one: Stayers) => at(one, year, "share"), numeric: true, descending: true })),
  ];
  const write = (value: number | null) => significant(known(value), 3, lang);
  const said = c.joined([c.say(VERDICTS[verdict(cox)]), cox && c.say("coxSays", { per: cox.per, ratio: write(cox.ratio[0]), low: write(cox.ratio[1]), high: write(cox.ratio[2]), level, p: probabilityOf("p", known(cox.p), lang), n: count(cox.n, lang) })]);
  const look = (theme: Theme, i: number) => (cohorts[i].entered ? theme.lines[(i - (cohorts[0].entered ? 0 : 1)) % theme.lines.length] : theme.ink);
  const chart = figure({
    name: "survival",
    data: dataOf(found, "survival"),
    text: c.figure(title, said, c.joined([c.say("survivalNote", { level }), cohorts.length > 3 && c.say("survivalBands")]), [found.file]),
    draw: (width, theme) =>
      drawPlot(
        {
          places,
          y: { min: 0, max: 1, step: 0.2 },
          marks: cohorts.map((one, i) => ({ name: `${one.name[lang]} (${count(one.n, lang)})`, shape: i % 2 ? ("dash" as const) : ("line" as const), colour: look(theme, i) })),
          xName: c.say("yearsOnRung"),
          yName: c.say("stillThere"),
          bands: cohorts.map(({ curve }, i) => {
            const [low, high] = [stepped(curve.years, curve.low), stepped(curve.years, curve.high)];
            return { points: low.map(([year, value], k): [number, number, number] => [year, value, high[k][1]]).filter(([, a, b]) => Number.isFinite(a + b)), fill: look(theme, i), opacity: cohorts.length > 3 && i > 0 && i < cohorts.length - 1 ? 0 : 0.14 };
          }),
          lines: cohorts.map((one, i) => ({ points: stepped(one.curve.years, one.curve.share), colour: look(theme, i), dash: i % 2 > 0, wide: one.entered ? 2 : 3 })),
          xLabel: (value) => String(value),
          yLabel: part,
          tip: (i) => [c.say("afterYears", { year: places[i] }), ...cohorts.filter((one) => Number.isFinite(at(one, places[i], "share"))).map((one) => `${one.name[lang]}: ${part(at(one, places[i], "share"))} (${part(at(one, places[i], "low"))}–${part(at(one, places[i], "high"))})`)],
        },
        width,
        theme,
      ),
    table: () => table(columns, cohorts, c.table(title)),
  });
  return h("div", {}, h("p", { class: "standing" }, said), cohorts.length ? chart : h("p", { class: "note" }, c.say("cohortsNone")), cohorts.length ? table(columns, cohorts, c.table(title)) : null);
}
