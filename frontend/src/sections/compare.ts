/** Some regions side by side: their scores, their course, and every indicator in its own unit. */

import type { Context } from "../context";
import { figure, FONT, path, tooltip, widthOf, yearAxis, type Drawing } from "../charts";
import type { Theme } from "../colour";
import { h, table, type Column } from "../dom";
import { extent, median, outline, ranking, scoredYears, top } from "../findings";
import { count, significant } from "../format";
import { key, type Mark } from "../key";
import { cut } from "../labels";
import { apart } from "../layout";
import { course, picker, steps } from "./trend";

const [TALL, NARROW] = [34, 560];

export function compare(c: Context): HTMLElement {
  const { report: r } = c;
  const enough = () => c.state.picks.length > 0;
  const none = () => h("p", { class: "refusal" }, c.say("compareNone"));
  const content = c.store.live(["picks", "year"], () => (enough() ? [h("p", { class: "standing", "aria-live": "polite" }, summary(c)), elements(c)] : [none()]));
  const courses = c.store.live(["picks", "element"], () => (enough() && r.years.length > 1 ? [...scores(c), ranks(c)] : []));
  const indicators = c.store.live(["picks", "year"], () => (enough() ? [byIndicator(c)] : []));
  return h("section", { id: "compare", "aria-labelledby": "compare-title" }, h("h2", { id: "compare-title" }, c.say("compare")), picker(c, "compare"), content, courses, indicators);
}

/** Who stands where, and who leads in how many indicators. */
function summary(c: Context): string {
  const { report: r, state } = c;
  const places = state.picks.map((region) => {
    const rank = r.ranks.at(region, state.year, top(r));
    return rank ? c.say("compareRank", { region: c.region(region), rank }) : c.say("compareUnranked", { region: c.region(region) });
  });
  const joint = state.lang === "zh" ? "，" : ", ";
  const said = [c.say("compareRanks", { what: c.element(top(r)), year: c.year(), n: ranking(r, state.year, top(r)).length, places: places.join(joint) })];
  if (state.picks.length > 1) {
    const wins = new Map<number, number>();
    let held = 0;
    for (let at = 0; at < r.indicators; at++) {
      const best = leaders(c, at);
      if (best.length) held += 1;
      for (const region of best) wins.set(region, (wins.get(region) ?? 0) + 1);
    }
    const order = state.picks.filter((region) => wins.has(region)).sort((a, b) => wins.get(b)! - wins.get(a)!);
    const leads = order.map((region) => c.say("compareLead", { region: c.region(region), n: count(wins.get(region)!, state.lang) })).join(joint);
    if (leads) said.push(c.say("compareLeads", { n: count(held, state.lang), leads }));
  }
  return c.joined(said);
}

/** The picked regions with the best value of an indicator; nobody where fewer than two have one. */
function leaders(c: Context, indicator: number): number[] {
  const { report: r, state } = c;
  const known = state.picks.map((region): [number, number] => [region, r.normalised.at(region, state.year, indicator)]).filter(([, value]) => Number.isFinite(value));
  if (known.length < 2) return [];
  const best = Math.max(...known.map(([, value]) => value));
  const found = known.filter(([, value]) => value === best);
  // Where all stand alike nobody leads.
  return found.length === known.length ? [] : found.map(([region]) => region);
}

interface Row {
  element: number;
  own: number[];
  low: number;
  middle: number;
  high: number;
  best: number;
}

function elements(c: Context): HTMLElement {
  const { report: r, state } = c;
  const rows = outline(r).flatMap((element): Row[] => {
    const all = r.regions.map((_, region) => r.scores.at(region, state.year, element));
    const [low, high] = extent(all);
    return Number.isFinite(low) ? [{ element, own: state.picks.map((region) => all[region]), low, middle: median(all), high, best: all.indexOf(high) }] : [];
  });
  const title = c.say("compareElements", { year: c.year() });
  const reference = (name: "median" | "best", of: (row: Row) => number): Column<Row> => ({ title: c.say(name), cell: (row) => c.score(of(row), row.element), value: of, numeric: true });
  const columns: Column<Row>[] = [
    { title: c.say("name"), cell: (row) => c.element(row.element), heading: true },
    ...state.picks.flatMap((region, i): Column<Row>[] => [
      { title: c.region(region), cell: (row) => c.score(row.own[i], row.element), value: (row) => row.own[i], numeric: true },
      { title: c.say("rank"), cell: (row) => r.ranks.at(region, state.year, row.element) || "–", value: (row) => r.ranks.at(region, state.year, row.element) || NaN, numeric: true },
    ]),
    reference("median", (row) => row.middle),
    reference("best", (row) => row.high),
  ];
  return figure({
    name: "compare",
    text: c.figure(title, summary(c), c.say("compareElementsNote")),
    draw: (width, theme) => dots(c, rows, width, theme),
    table: () => table(columns, rows, c.table(title)),
    click: (at) => c.store.set({ element: rows[at].element }),
  });
}

function dots(c: Context, rows: Row[], width: number, theme: Theme): Drawing {
  const { report: r, state } = c;
  const marks: Mark[] = [
    ...state.picks.map((region, i) => ({ name: c.region(region), shape: "dot" as const, colour: theme.lines[i % theme.lines.length] })),
    { name: c.say("median"), shape: "tick", colour: theme.ink },
    { name: c.say("best"), shape: "ring", colour: theme.muted },
  ];
  const signs = key(marks, width, theme);
  const narrow = width < NARROW;
  const tall = narrow ? TALL + 16 : TALL;
  const weight = (row: Row) => (row.element === top(r) ? 700 : 400);
  const names = narrow ? 0 : Math.min(width * 0.36, Math.max(...rows.map((row) => widthOf(c.element(row.element), 12, weight(row)))) + 18);
  const ends = Math.max(...rows.flatMap((row) => [row.low, row.high].map((value) => widthOf(c.score(value, row.element), 11)))) + 14;
  const [from, to] = [names + ends, width - ends];
  const shapes: object[] = [...signs.graphic];
  const text = (words: string, x: number, y: number, look: object) => ({ type: "text", style: { text: words, x, y, textVerticalAlign: "middle", ...look } });
  const spots = rows.map((row, i) => {
    const top = signs.height + i * tall;
    const y = top + tall - TALL / 2;
    const x = (value: number) => (row.high > row.low ? from + ((value - row.low) / (row.high - row.low)) * (to - from) : (from + to) / 2);
    const name = { fill: theme.ink, font: `${weight(row)} 12px ${FONT}` };
    shapes.push(narrow ? text(cut(c.element(row.element), width - 4), 0, top + 9, name) : text(cut(c.element(row.element), names - 14), names - 12, y, { ...name, textAlign: "right" }));
    shapes.push({ type: "line", shape: { x1: from, y1: y, x2: to, y2: y }, style: { stroke: theme.context, lineWidth: 3 } });
    shapes.push({ type: "rect", shape: { x: x(row.middle) - 1, y: y - 9, width: 2, height: 18 }, style: { fill: theme.ink } });
    shapes.push({ type: "circle", shape: { cx: to, cy: y, r: 4.5 }, style: { fill: theme.ground, stroke: theme.muted, lineWidth: 1.5 } });
    shapes.push(text(c.score(row.low, row.element), from - 10, y, { fill: theme.muted, font: `11px ${FONT}`, textAlign: "right" }));
    shapes.push(text(c.score(row.high, row.element), to + 10, y, { fill: theme.muted, font: `11px ${FONT}` }));
    row.own.forEach((value, at) => {
      if (Number.isFinite(value)) shapes.push({ type: "circle", shape: { cx: x(value), cy: y, r: 6 }, style: { fill: theme.lines[at % theme.lines.length], stroke: theme.ground, lineWidth: 1.5 } });
    });
    return { x: 0, y: top, width, height: tall };
  });
  const rank = (region: number, element: number) => r.ranks.at(region, state.year, element);
  return {
    height: signs.height + rows.length * tall + 6,
    sheet: {
      shapes,
      spots,
      tip: (at) => [
        c.element(rows[at].element),
        ...state.picks.map((region, i) => `${c.region(region)}: ${c.score(rows[at].own[i], rows[at].element)}${rank(region, rows[at].element) ? ` (${c.say("rank")} ${rank(region, rows[at].element)})` : ""}`),
        `${c.say("median")}: ${c.score(rows[at].middle, rows[at].element)}`,
        `${c.say("best")}: ${c.region(rows[at].best)} ${c.score(rows[at].high, rows[at].element)}`,
      ],
    },
  };
}

/** The index over the years and the element that the reader looks at; only where years share a yardstick. */
function scores(c: Context): HTMLElement[] {
  if (!c.comparable) return [h("p", { class: "refusal", role: "note" }, c.say("trendRefused", { steps: steps(c) }))];
  const { element } = c.state;
  const whole = top(c.report);
  return [course(c, "compare-index", whole), ...(element === whole ? [] : [course(c, "compare-element", element)])];
}

/** Ranks over the years, which are told even where scores of two years are not compared. */
function ranks(c: Context): HTMLElement {
  const { report: r, state } = c;
  const { element, picks } = state;
  const title = c.say("compareCourse", { what: c.element(element), first: c.year(0), last: c.year(r.years.length - 1) });
  const rank = (region: number, year: number) => r.ranks.at(region, year, element);
  const columns: Column<number>[] = [
    { title: c.say("region"), cell: (at) => c.region(at), value: (at) => c.region(at), heading: true },
    ...r.years.map((year, t) => ({ title: String(year), cell: (at: number) => rank(at, t) || "–", value: (at: number) => rank(at, t) || NaN, numeric: true })),
  ];
  const [last] = scoredYears(r, element).slice(-1);
  const ends = c.listed(picks.map((at) => `${c.region(at)} ${(last !== undefined && rank(at, last)) || "–"}`), 8);
  return figure({
    name: "compare-ranks",
    text: c.figure(title, c.say("compareCourseDescribe", { what: c.element(element), ends }), c.comparable ? undefined : c.say("historyYearly")),
    draw: (width, theme) => climbs(c, rank, width, theme),
    table: () => table(columns, picks, c.table(title)),
  });
}

function climbs(c: Context, rank: (region: number, year: number) => number, width: number, theme: Theme): Drawing {
  const { report: r, state } = c;
  const { picks } = state;
  const years = scoredYears(r, state.element);
  const lowest = Math.max(2, ...years.map((year) => ranking(r, year, state.element).length));
  const room = Math.min(width * 0.3, Math.max(20, ...picks.map((region) => widthOf(c.region(region), 12, 600))) + 16);
  const [above, below, left, height] = [14, 28, 34, Math.round(Math.min(380, Math.max(240, width * 0.36)))];
  const y = (place: number) => above + ((place - 1) / (lowest - 1)) * (height - above - below);
  const named = picks
    .flatMap((region, i) => {
      const at = [...years].reverse().find((year) => rank(region, year));
      return at === undefined ? [] : [{ i, y: y(rank(region, at)) }];
    })
    .sort((a, b) => a.y - b.y);
  apart(named, 15, above - 6, height - below);
  const colour = (i: number) => theme.lines[i % theme.lines.length];
  return {
    height,
    option: {
      graphic: named.map(({ i, y: at }) => ({ type: "text", silent: true, style: { text: c.region(picks[i]), x: width - room + 10, y: at, textVerticalAlign: "middle", fill: colour(i), font: `600 12px ${FONT}`, width: room - 10, overflow: "truncate" } })) as never,
      grid: { left, right: room, top: above, bottom: below },
      xAxis: yearAxis(r.years, width - room - left, theme),
      yAxis: {
        type: "value",
        inverse: true,
        min: 1,
        max: lowest,
        interval: Math.max(1, lowest - 1),
        axisLabel: { color: theme.muted, fontSize: 12, formatter: (value: number) => String(value) },
        splitLine: { lineStyle: { color: theme.rule } },
      },
      tooltip: tooltip(theme, (year, series) => [`${c.region(picks[series])}, ${c.year(year)}`, `${c.say("rank")}: ${rank(picks[series], year)}`]),
      series: picks.map((region, i) => path(r.years.map((year, at) => [year - r.years[0], rank(region, at) || null]), { colour: colour(i), width: 2.25, dot: r.years.length <= 12 ? 7 : 5 }, 10)),
    } as Drawing["option"],
  };
}

/** Every indicator in its own unit, with who leads; less is better where the indicator says so. */
function byIndicator(c: Context): HTMLElement {
  const { report: r, state } = c;
  const title = c.say("compareIndicators", { year: c.year() });
  const rows = Array.from({ length: r.indicators }, (_, at) => at);
  const best = new Map(rows.map((at) => [at, leaders(c, at)]));
  const cell = (region: number) => (at: number) => {
    const value = r.values.at(region, state.year, at);
    const filled = Number.isFinite(value) && r.origin.at(region, state.year, at) > 1;
    const shown = significant(value, 4, state.lang);
    return [best.get(at)!.includes(region) ? h("strong", {}, shown) : shown, filled ? h("span", { class: "tag" }, c.say("filled")) : null];
  };
  const columns: Column<number>[] = [
    {
      title: c.say("indicator"),
      cell: (at) => h("span", {}, c.node(at), h("span", { class: "unit" }, [r.nodes[at].unit?.[state.lang], r.nodes[at].direction < 0 ? c.say("negative") : ""].filter(Boolean).join(" · "))),
      value: (at) => c.node(at),
      heading: true,
    },
    ...state.picks.map((region) => ({ title: c.region(region), cell: cell(region), value: (at: number) => r.values.at(region, state.year, at), numeric: true, descending: true })),
    {
      title: c.say("compareWho"),
      cell: (at) => c.listed(best.get(at)!.map((region) => c.region(region)), 8) || "–",
      value: (at) => best.get(at)!.map((region) => c.region(region)).join(", "),
    },
  ];
  return h("div", {}, h("h3", {}, title), h("p", { class: "note" }, c.say("compareIndicatorsNote")), table(columns, rows, c.table(title), 100));
}
