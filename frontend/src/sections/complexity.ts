/** Who does what only few can: regions and activities by complexity, and how far the ranks can be trusted. */

import type { Context } from "../context";
import { choosers, placeIn, spaceOf } from "../chooser";
import { figure, path, FONT, tooltip, widthOf, type Drawing } from "../charts";
import type { Theme } from "../colour";
import { h, table, type Column } from "../dom";
import { extent } from "../findings";
import { between, count, decimals, fixed, percent } from "../format";
import { cut } from "../labels";
import { apart, ticks } from "../layout";
import { firstOf } from "../long";
import { drawRows } from "../rows";
import { ACTIVITY, firm, REGION, rankedRegions, STABLE, type Space, type Told } from "../space";
import { named } from "./space";

// As in structure/diagnosis.py: a gap below this lets small changes turn the scores, and an anchor below is weak.
const [NEAR, WEAK] = [0.05, 0.2];
const LINES = 5;

export function complexity(c: Context): HTMLElement {
  const content = c.store.live(["space"], () => {
    const found = spaceOf(c);
    const end = found.periods.length - 1;
    const order = rankedRegions(found, end);
    const scored = order.length > 0;
    return [
      scored ? h("p", { class: "standing" }, leaders(c, found, order)) : h("p", { class: "note" }, c.say("complexityNone")),
      scored ? h("p", {}, trusted(c, found)) : null,
      scored ? firstOf(c, order, (shown) => ranks(c, found, shown, order)) : null,
      scored && found.periods.length > 1 ? c.store.live(["place"], () => [courses(c, found, order)]) : null,
      h("h3", {}, c.say("regionsTable", { what: named(c, found) })),
      regions(c, found, order),
      h("h3", {}, c.say("activitiesTable", { what: named(c, found) })),
      activities(c, found),
      h("h3", {}, c.say("periodsTable")),
      periods(c, found),
    ];
  });
  return h(
    "section",
    { id: "complexity", "aria-labelledby": "complexity-title" },
    h("h2", { id: "complexity-title" }, c.say("complexity")),
    h("p", {}, c.say("complexityIntro")),
    choosers(c, "complexity", { links: true }),
    content,
  );
}

function leaders(c: Context, found: Space, order: number[]): string {
  const end = found.periods.length - 1;
  const activities = found.activities.map((_, at) => at).filter((at) => found.byActivity.at(at, end, ACTIVITY.rank) >= 1);
  activities.sort((a, b) => found.byActivity.at(a, end, ACTIVITY.rank) - found.byActivity.at(b, end, ACTIVITY.rank));
  const top = (names: string[]) => names.slice(0, 3).join(c.state.lang === "zh" ? "、" : ", ");
  return c.say(firm(found) ? "complexityLeaders" : "complexityLeadersUnsure", {
    what: named(c, found),
    regions: top(order.map((at) => c.regionOf(found.regions[at]))),
    activities: top(activities.map((at) => found.activities[at].name[c.state.lang])),
  });
}

/** What speaks for and against the ranks of the last period, in words. */
function trusted(c: Context, found: Space): string {
  const { lang } = c.state;
  const told = found.told[found.told.length - 1];
  const known = (value?: number | null): value is number => value !== undefined && value !== null;
  const write = (value: number) => fixed(value, 2, lang);
  const end = found.periods.length - 1;
  const widths = found.regions.map((_, at) => found.byRegion.at(at, end, REGION.high) - found.byRegion.at(at, end, REGION.low)).filter(Number.isFinite).sort((a, b) => a - b);
  return c.joined([
    known(told.parts) && told.parts > 1 && c.say("trustParts", { n: told.parts }),
    known(told.gap) && c.say(told.gap < NEAR ? "trustGapNone" : "trustGap", { gap: percent(told.gap, lang, 0) }),
    known(told.diversity) && c.say("trustDiversity", { rho: write(told.diversity) }),
    known(told.anchor) && c.say(Math.abs(told.anchor) < WEAK ? "trustAnchorWeak" : "trustAnchor", { rho: write(told.anchor) }),
    known(told.stable) && c.say(told.stable < STABLE ? "trustUnstable" : "trustStable", { n: found.draws, what: c.say(DRAWN[found.resampled ?? "activities"]), rho: write(told.stable) }),
    known(told.turned) && told.turned > 0 && c.say("trustTurned", { share: percent(told.turned, lang) }),
    widths.length > 0 && c.say("trustWidth", { level: percent(found.level ?? NaN, lang, 0), width: fixed(widths[widths.length >> 1], 0, lang) }),
  ]);
}

const DRAWN = { activities: "drawnActivities", regions: "drawnRegions", amounts: "drawnAmounts" } as const;

function ranks(c: Context, found: Space, shown: number[], order: number[]): HTMLElement {
  const { lang } = c.state;
  const end = found.periods.length - 1;
  const of = (at: number, what: number) => found.byRegion.at(at, end, what);
  const bounded = shown.some((at) => Number.isFinite(of(at, REGION.low)));
  const title = c.say("complexityTitle", { what: named(c, found) });
  const level = percent(found.level ?? NaN, lang, 0);
  const leaders = c.listed(shown.slice(0, 3).map((at) => c.regionOf(found.regions[at])), 3);
  return figure({
    name: "complexity",
    data: { table: `${found.name}-regions` },
    text: c.figure(title, c.say("complexityDescribe", { leaders }), bounded ? c.say("complexityNote", { level, n: found.draws, what: c.say(DRAWN[found.resampled ?? "activities"]) }) : undefined, [found.file]),
    draw: (width, theme) =>
      drawRows(
        {
          rows: shown.map((at) => ({ name: `${fixed(of(at, REGION.rank), 0, lang)}  ${c.regionOf(found.regions[at])}`, value: of(at, REGION.rank), low: of(at, REGION.low), high: of(at, REGION.high) })),
          kind: "dot",
          marks: { value: c.say("rank"), interval: bounded ? c.say("interval", { level }) : undefined },
          axis: { min: 0, max: order.length + 0.5, step: ticks(0, order.length).step },
          tickLabel: (rank) => (rank > 0 && Number.isInteger(rank) ? String(rank) : ""),
          tip: (i) => [
            c.regionOf(found.regions[shown[i]]),
            `${c.say("rank")}: ${fixed(of(shown[i], REGION.rank), 0, lang)}`,
            ...(bounded ? [`${c.say("interval", { level })}: ${between(of(shown[i], REGION.low), of(shown[i], REGION.high), lang)}`] : []),
            `${c.say("complexityScore")}: ${fixed(of(shown[i], REGION.complexity), 3, lang)}`,
            `${c.say("diversity")}: ${count(of(shown[i], REGION.diversity), lang)}`,
          ],
        },
        width,
        theme,
      ),
    table: () => regions(c, found, order),
    click: (i) => {
      const place = c.report.places.findIndex((one) => one.code === found.regions[shown[i]]);
      if (place >= 0) c.store.set({ place });
    },
  });
}

/** Ranks through the periods, of the first few and of the chosen region. */
function courses(c: Context, found: Space, order: number[]): HTMLElement {
  const chosen = placeIn(c, found.regions);
  const lines = [...order.slice(0, LINES), ...(chosen >= 0 && order.indexOf(chosen) >= LINES ? [chosen] : [])];
  const title = c.say("coursesTitle", { what: found.title[c.state.lang] });
  const of = (at: number, t: number) => found.byRegion.at(at, t, REGION.rank);
  const columns: Column<number>[] = [
    { title: c.say("region"), cell: (at) => c.regionOf(found.regions[at]), value: (at) => c.regionOf(found.regions[at]), heading: true },
    ...found.periods.map((period, t) => ({ title: period, cell: (at: number) => fixed(of(at, t), 0, c.state.lang), value: (at: number) => of(at, t), numeric: true })),
  ];
  return figure({
    name: "complexity-courses",
    data: { table: `${found.name}-regions` },
    text: c.figure(title, c.say("coursesDescribe", { regions: c.listed(lines.map((at) => c.regionOf(found.regions[at])), 6) }), c.say("coursesNote"), [found.file]),
    draw: (width, theme) => ranksOverTime(c, found, lines, width, theme),
    table: () => table(columns, order, c.table(title), 40),
  });
}

function ranksOverTime(c: Context, found: Space, lines: number[], width: number, theme: Theme): Drawing {
  const { periods } = found;
  const of = (at: number, t: number) => found.byRegion.at(at, t, REGION.rank);
  const [, worst] = extent(lines.flatMap((at) => periods.map((_, t) => of(at, t))));
  const scale = ticks(0, worst);
  const names = lines.map((at) => cut(c.regionOf(found.regions[at]), Math.min(150, width * 0.26)));
  const room = Math.max(...names.map((name) => widthOf(name, 12, 600))) + 16;
  const [left, above, below, height] = [36, 14, 28, 320];
  const y = (rank: number) => above + (rank / scale.max) * (height - above - below);
  const ends = lines.map((at, i) => ({ i, y: y(of(at, periods.length - 1)) })).filter((one) => Number.isFinite(one.y)).sort((a, b) => a.y - b.y);
  apart(ends, 15, above - 6, height - below);
  const labels = ends.map((one) => ({
    type: "text",
    silent: true,
    style: { text: names[one.i], x: width - room + 10, y: one.y, textVerticalAlign: "middle", fill: theme.lines[one.i % theme.lines.length], font: `600 12px ${FONT}` },
  }));
  return {
    height,
    option: {
      graphic: labels as never,
      grid: { left, right: room, top: above, bottom: below },
      xAxis: { type: "category", data: periods, boundaryGap: false, position: "bottom", axisLine: { onZero: false, lineStyle: { color: theme.muted } }, axisTick: { show: false }, axisLabel: { color: theme.muted, fontSize: 12, hideOverlap: true, alignMinLabel: "left", alignMaxLabel: "right" } },
      yAxis: { type: "value", inverse: true, min: 0, max: scale.max, interval: scale.step, axisLabel: { color: theme.muted, fontSize: 12, formatter: (v: number) => (v > 0 && Number.isInteger(v) ? String(v) : "") }, splitLine: { lineStyle: { color: theme.rule } } },
      tooltip: tooltip(theme, (t, series) => [`${c.regionOf(found.regions[lines[series]])}, ${periods[t]}`, `${c.say("rank")}: ${fixed(of(lines[series], t), 0, c.state.lang)}`]),
      series: lines.map((at, i) => path(periods.map((_, t) => [t, of(at, t)]), { colour: theme.lines[i % theme.lines.length], width: 2.25, dot: 6 })),
    } as Drawing["option"],
  };
}

/** A column of numbers whose digits suit them; nothing where no row has any. */
function numbers<Row>(rows: Row[], c: Context, title: string, value: (row: Row) => number, digits?: number): Column<Row>[] {
  const [low, high] = extent(rows.map(value));
  if (!Number.isFinite(low)) return [];
  const places = digits ?? decimals(high > low ? high - low : Math.abs(high));
  return [{ title, cell: (row) => fixed(value(row), places, c.state.lang), value, numeric: true, descending: true }];
}

function regions(c: Context, found: Space, order: number[]): HTMLElement {
  const { lang } = c.state;
  const end = found.periods.length - 1;
  const of = (what: number) => (at: number) => found.byRegion.at(at, end, what);
  const rows = [...order, ...found.regions.map((_, at) => at).filter((at) => !order.includes(at))];
  const level = percent(found.level ?? NaN, lang, 0);
  const name = (at: number) => c.regionOf(found.regions[at]);
  const bounded = rows.some((at) => Number.isFinite(of(REGION.low)(at)));
  const columns: Column<number>[] = [
    ...numbers(rows, c, c.say("rank"), of(REGION.rank), 0),
    ...(bounded ? [{ title: c.say("interval", { level }), cell: (at: number) => between(of(REGION.low)(at), of(REGION.high)(at), lang), value: (at: number) => of(REGION.high)(at) - of(REGION.low)(at), ends: c.ends(c.say("interval", { level }), (at: number) => [of(REGION.low)(at), of(REGION.high)(at)]), numeric: true, descending: true }] : []),
    { title: c.say("region"), cell: name, value: name, heading: true },
    ...numbers(rows, c, c.say("complexityScore"), of(REGION.complexity), 3),
    ...numbers(rows, c, c.say("diversity"), of(REGION.diversity), 0),
    ...numbers(rows, c, amount(c, found), of(REGION.total), 0),
    ...numbers(rows, c, c.say("outlook"), of(REGION.outlook)),
    ...numbers(rows, c, c.say("coherence"), of(REGION.coherence), 3),
    ...numbers(rows, c, c.say("densityHeld"), of(REGION.held), 3),
    ...numbers(rows, c, c.say("densityMissing"), of(REGION.missing), 3),
    ...numbers(rows, c, c.say("krugman"), of(REGION.specialisation), 3),
    ...numbers(rows, c, c.say("entropy"), of(REGION.entropy), 3),
  ];
  return table(columns, rows, c.table(c.say("regionsTable", { what: named(c, found) }), { table: `${found.name}-regions` }), 20);
}

const amount = (c: Context, found: Space): string => (found.unit ? `${c.say("amount")} (${found.unit})` : c.say("amount"));

function activities(c: Context, found: Space): HTMLElement {
  const end = found.periods.length - 1;
  const of = (what: number) => (at: number) => found.byActivity.at(at, end, what);
  const place = (at: number) => (Number.isFinite(of(ACTIVITY.rank)(at)) ? of(ACTIVITY.rank)(at) : Infinity);
  const rows = found.activities.map((_, at) => at).sort((a, b) => place(a) - place(b) || a - b);
  const name = (at: number) => found.activities[at].name[c.state.lang];
  const group = (at: number) => found.groups[found.activities[at].group]?.[c.state.lang] ?? "";
  const columns: Column<number>[] = [
    ...numbers(rows, c, c.say("rank"), of(ACTIVITY.rank), 0),
    { title: c.say("activity"), cell: name, value: name, heading: true },
    ...(found.groups.length ? [{ title: c.say("class"), cell: group, value: group }] : []),
    ...numbers(rows, c, c.say("complexityScore"), of(ACTIVITY.complexity), 3),
    ...numbers(rows, c, c.say("ubiquity"), of(ACTIVITY.ubiquity), 0),
    ...numbers(rows, c, amount(c, found), of(ACTIVITY.total), 0),
    ...numbers(rows, c, c.say("gini"), of(ACTIVITY.gini), 3),
  ];
  return table(columns, rows, c.table(c.say("activitiesTable", { what: named(c, found) }), { table: `${found.name}-activities` }), 20);
}

function periods(c: Context, found: Space): HTMLElement {
  const rows = found.told;
  const of = (key: keyof Told) => (row: Told) => Number(row[key] ?? NaN);
  const columns: Column<Told>[] = [
    { title: c.say("period"), cell: (row) => row.period, heading: true },
    ...numbers(rows, c, c.say("factRegions"), of("regions"), 0),
    ...numbers(rows, c, c.say("activities"), of("activities"), 0),
    ...numbers(rows, c, c.say("linksCount"), of("links"), 0),
    ...numbers(rows, c, c.say("shareLinked"), of("shareLinked"), 3),
    ...numbers(rows, c, c.say("nestedness"), of("nestedness"), 3),
    ...numbers(rows, c, c.say("parts"), of("parts"), 0),
    ...numbers(rows, c, c.say("gap"), of("gap"), 3),
    ...numbers(rows, c, c.say("withDiversity"), of("diversity"), 3),
    ...numbers(rows, c, c.say("withAnchor"), of("anchor"), 3),
    ...numbers(rows, c, c.say("ordered"), of("ordered"), 3),
    ...numbers(rows, c, c.say("stable"), of("stable"), 3),
    ...numbers(rows, c, c.say("turned"), of("turned"), 3),
  ];
  return table(columns, rows, c.table(c.say("periodsTable"), { table: `${found.name}-periods` }));
}
