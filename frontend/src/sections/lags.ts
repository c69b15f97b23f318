/** Lead and lag: by how many years a stage follows the one before, how sure that is, and whether it shrinks. */

import type { Context } from "../context";
import { pick } from "../chooser";
import { figure } from "../charts";
import { shade } from "../colour";
import { h, table, type Column } from "../dom";
import { chance, fixed, percent, probability, signed } from "../format";
import { drawPlot } from "../plot";
import { drawRows } from "../rows";
import type { Cohort, Fusion, Lag, LagCurve } from "../fused";

// Below this a lag is said to be more than chance.
const ALPHA = 0.05;

const known = (value: number | null | undefined): number => value ?? NaN;
const certain = (row: Lag): boolean => known(row.q ?? row.p) <= ALPHA;

export function lags(c: Context, found: Fusion): HTMLElement {
  const steps = [...new Map(found.lags.map((lag) => [`${lag.from} ${lag.to}`, lag])).values()];
  return h(
    "div",
    {},
    h("h3", { class: "part" }, c.say("lags")),
    h("p", { class: "note" }, c.say("lagsIntro")),
    steps.map((step, i) => {
      const same = (one: { from: number; to: number }) => one.from === step.from && one.to === step.to;
      const [rows, curves, cohorts] = [found.lags.filter(same), found.lagCurve.filter(same), found.lagCohorts.filter(same)];
      return h(
        "div",
        {},
        h("p", { class: "standing" }, words(c, found, rows, step)),
        byField(c, found, rows, i),
        curves.length ? curveOf(c, found, curves, rows, i) : null,
        cohorts.length ? cohortsOf(c, found, cohorts, step, i) : null,
      );
    }),
  );
}

const level = (c: Context, found: Fusion): string => percent(found.lagLevel ?? NaN, c.state.lang, 0);
const names = (c: Context, found: Fusion, { from, to }: { from: number; to: number }) => ({ from: found.chain[from][c.state.lang], to: found.chain[to][c.state.lang] });
const nameOf = (c: Context, { field }: { field: Lag["field"] }): string => field?.[c.state.lang] ?? c.say("allFields");

function words(c: Context, found: Fusion, rows: Lag[], step: Lag): string {
  const { lang } = c.state;
  const write = (value: number | null) => fixed(known(value), 1, lang);
  const whole = rows.find((row) => row.field === null);
  const fields = rows.filter((row) => row.field !== null);
  const telling = fields.filter(certain).length;
  const told = whole && { ...names(c, found, step), lag: write(whole.lag), low: write(whole.low), high: write(whole.high), level: level(c, found), p: chance("p", known(whole.p), lang) };
  return c.joined([
    whole && c.say(certain(whole) ? "lagTold" : "lagNone", told!),
    whole?.edge && c.say("lagEdge"),
    fields.length > 0 && c.say(telling ? "lagFields" : "lagFieldsNone", { n: telling, all: fields.length }),
  ]);
}

const between = (c: Context, low: number | null, high: number | null): string => {
  const [from, to] = [low, high].map((value) => fixed(known(value), 1, c.state.lang));
  return c.state.lang === "zh" ? `${from} 至 ${to}` : `${from} to ${to}`;
};

/** At an end of the lags that were tried the estimate is only at least, or at most, what it is. */
function lagOf(c: Context, row: Lag): string {
  const sign = row.edge ? (known(row.lag) > 0 ? "≥ " : "≤ ") : "";
  return sign + fixed(known(row.lag), 1, c.state.lang);
}

function byField(c: Context, found: Fusion, rows: Lag[], at: number): HTMLElement {
  const { lang } = c.state;
  const title = c.say("lagTitle", names(c, found, rows[0]));
  const order = [...rows].sort((a, b) => Number(a.field !== null) - Number(b.field !== null) || known(a.q) - known(b.q));
  const number = (head: string, of: (row: Lag) => number | null, digits: number): Column<Lag> => ({ title: head, cell: (row) => fixed(known(of(row)), digits, lang), value: (row) => known(of(row)), numeric: true, descending: true });
  const odds = (head: string, of: (row: Lag) => number | null): Column<Lag> => ({ title: head, cell: (row) => probability(known(of(row)), lang), value: (row) => known(of(row)), numeric: true });
  const columns: Column<Lag>[] = [
    { title: c.say("field"), cell: (row) => nameOf(c, row), value: (row) => nameOf(c, row), heading: true },
    { title: c.say("lagYears"), cell: (row) => lagOf(c, row), value: (row) => known(row.lag), numeric: true, descending: true },
    { title: c.say("interval", { level: level(c, found) }), cell: (row) => between(c, row.low, row.high), ends: c.ends(c.say("interval", { level: level(c, found) }), (row) => [row.low, row.high]), numeric: true },
    { title: c.say("lagAfter"), cell: (row) => percent(known(row.after), lang, 0), value: (row) => known(row.after), numeric: true, descending: true },
    number(c.say("strength"), (row) => row.strength, 3),
    odds("p", (row) => row.p),
    odds("q", (row) => row.q),
    number(c.say("factRegions"), (row) => row.regions, 0),
  ];
  return figure({
    name: `lags-${at + 1}`,
    data: { table: "fusion-lags" },
    text: c.figure(title, c.say("lagDescribe"), c.say("lagNote"), found.files),
    draw: (width, theme) =>
      drawRows(
        {
          rows: order.map((row) => ({ name: nameOf(c, row), value: known(row.lag), low: known(row.low), high: known(row.high), faint: !certain(row) })),
          kind: "dot",
          marks: { value: c.say("lagCertain"), faint: c.say("lagByChance"), interval: c.say("interval", { level: level(c, found) }) },
          tickLabel: (value) => c.tick(value),
          axisName: c.say("lagYears"),
          tip: (i) => [nameOf(c, order[i]), ...columns.slice(1).map(({ title: head, cell: put }) => `${head}: ${String(put(order[i]))}`)],
        },
        width,
        theme,
      ),
    table: () => table(columns, order, c.table(title), 40),
  });
}

/** Where the curve of one field, or of all, peaks, and how far its peak stands out. */
function curveOf(c: Context, found: Fusion, curves: LagCurve[], rows: Lag[], at: number): HTMLElement {
  return pick(c, `lag-curve-${at + 1}`, c.say("field"), curves.map((curve) => nameOf(c, curve)), (i) => {
    const curve = curves[i];
    return [curveFigure(c, found, curve, rows.find((row) => row.field?.en === curve.field?.en), at)];
  });
}

function curveFigure(c: Context, found: Fusion, curve: LagCurve, lag: Lag | undefined, at: number): HTMLElement {
  const { lang } = c.state;
  type Point = LagCurve["points"][number];
  const { points } = curve;
  const title = c.say("lagCurveTitle", { ...names(c, found, curve), field: nameOf(c, curve) });
  const best = points.reduce((held, one) => (known(one[1]) > known(held[1]) ? one : held));
  const describe = c.say("lagCurveDescribe", { lag: fixed(best[0], 0, lang), value: fixed(known(best[1]), 3, lang), share: percent(known(best[4]), lang, 0) });
  const columns: Column<Point>[] = [
    { title: c.say("lagYears"), cell: ([years]) => signed(years, 0, lang), value: ([years]) => years, heading: true },
    { title: c.say("strength"), cell: ([, value]) => fixed(known(value), 3, lang), value: ([, value]) => known(value), numeric: true, descending: true },
    { title: c.say("interval", { level: level(c, found) }), cell: ([, , low, high]) => `${fixed(known(low), 3, lang)} ${lang === "zh" ? "至" : "to"} ${fixed(known(high), 3, lang)}`, ends: c.ends(c.say("interval", { level: level(c, found) }), ([, , low, high]) => [low, high]), numeric: true },
    { title: c.say("lagPeaks"), cell: ([, , , , share]) => percent(known(share), lang, 0), value: ([, , , , share]) => known(share), numeric: true, descending: true },
  ];
  const note = c.joined([describe, lag && !certain(lag) && c.say("lagCurveChance", { p: chance(lag.q === null ? "p" : "q", known(lag.q ?? lag.p), lang) }), c.say("lagCurveNote")]);
  return figure({
    name: `lag-curve-${at + 1}`,
    data: { table: "fusion-lag_curve" },
    text: c.figure(title, describe, note, found.files),
    draw: (width, theme) =>
      drawPlot(
        {
          places: points.map(([years]) => years),
          marks: [
            { name: c.say("strength"), shape: "line", colour: theme.accent },
            { name: c.say("interval", { level: level(c, found) }), shape: "bar", colour: shade([theme.ground, theme.accent], 0.28) },
          ],
          xName: c.say("lagAxis", names(c, found, curve)),
          bands: [{ points: points.map(([years, , low, high]) => [years, known(low), known(high)]), fill: shade([theme.ground, theme.accent], 0.28) }],
          lines: [{ points: points.map(([years, value]) => [years, known(value)]), colour: theme.accent, dot: 3.5 }],
          xLabel: (value) => signed(value, 0, lang),
          yLabel: (value) => c.tick(value),
          tip: (i) => columns.map(({ title: head, cell }) => `${head}: ${String(cell(points[i]))}`),
        },
        width,
        theme,
        0.34,
      ),
    table: () => table(columns, points, c.table(title)),
  });
}

function cohortsOf(c: Context, found: Fusion, cohorts: Cohort[], step: Lag, at: number): HTMLElement {
  const whole = cohorts.filter((row) => row.field === null);
  const trend = found.lagTrend.find((row) => row.from === step.from && row.to === step.to);
  return h("div", {}, h("p", { class: "standing" }, trendWords(c, found, whole, trend)), cohortFigure(c, found, cohorts, whole, at));
}

/** Whether the lag shrinks: only where the whole interval of the slope lies to one side of nothing. */
function trendWords(c: Context, found: Fusion, whole: Cohort[], trend: Fusion["lagTrend"][number] | undefined): string {
  const { lang } = c.state;
  const write = (value: number | null) => signed(known(value), 2, lang);
  const chance = whole.filter((row) => !(known(row.p) <= ALPHA)).length;
  const verdict = !trend ? null : known(trend.high) < 0 ? "lagShrinks" : known(trend.low) > 0 ? "lagGrows" : "lagStays";
  return c.joined([
    trend && verdict && c.say(verdict, { slope: write(trend.slope), low: write(trend.low), high: write(trend.high), level: level(c, found), falls: percent(known(trend.falls), lang, 0) }),
    chance > 0 && c.say("cohortsChance", { n: chance, all: whole.length }),
  ]);
}

function cohortFigure(c: Context, found: Fusion, cohorts: Cohort[], whole: Cohort[], at: number): HTMLElement {
  const { lang } = c.state;
  const title = c.say("cohortsTitle", names(c, found, cohorts[0]));
  const span = (row: Cohort) => `${row.first}–${row.last}`;
  const columns: Column<Cohort>[] = [
    { title: c.say("field"), cell: (row) => nameOf(c, row), value: (row) => nameOf(c, row), heading: true },
    { title: c.say("cohort"), cell: span, value: span },
    { title: c.say("lagYears"), cell: (row) => fixed(known(row.lag), 1, lang), value: (row) => known(row.lag), numeric: true, descending: true },
    { title: c.say("interval", { level: level(c, found) }), cell: (row) => between(c, row.low, row.high), ends: c.ends(c.say("interval", { level: level(c, found) }), (row) => [row.low, row.high]), numeric: true },
    { title: "p", cell: (row) => probability(known(row.p), lang), value: (row) => known(row.p), numeric: true },
  ];
  return figure({
    name: `lag-cohorts-${at + 1}`,
    text: c.figure(title, c.say("cohortsDescribe", { lags: c.listed(whole.map((row) => `${span(row)} ${fixed(known(row.lag), 1, lang)}`), 6) }), c.say("cohortsNote"), found.files),
    draw: (width, theme) =>
      drawRows(
        {
          rows: whole.map((row) => ({ name: span(row), value: known(row.lag), low: known(row.low), high: known(row.high), faint: !(known(row.p) <= ALPHA) })),
          kind: "dot",
          marks: { value: c.say("lagCertain"), faint: c.say("lagByChance"), interval: c.say("interval", { level: level(c, found) }) },
          tickLabel: (value) => c.tick(value),
          axisName: c.say("lagYears"),
          tip: (i) => columns.slice(1).map(({ title: head, cell }) => `${head}: ${String(cell(whole[i]))}`),
        },
        width,
        theme,
      ),
    table: () => table(columns, cohorts, c.table(title), 40),
  });
}
