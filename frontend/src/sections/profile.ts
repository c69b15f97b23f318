/** One region: where it stands, what makes its score, how its rank moved. */

import type { Api, Item } from "../engine";
import { regionField } from "../chooser";
import type { Context } from "../context";
import { figure, path, FONT, tooltip, widthOf, yearAxis, type Drawing } from "../charts";
import type { Theme } from "../colour";
import { h, table, type Column } from "../dom";
import { children, contributions, effectiveIn, elementNode, extent, median, normalisedEnds, outline, ranking, scoredYears, standings, top, type Standing } from "../findings";
import { decimals, fixed, percent, significant } from "../format";
import type { Report } from "../payload";
import { pick } from "../chooser";
import { drawRadar, FEWEST, MOST } from "../radar";
import { changed } from "./changed";
import { peers } from "./peers";

const FEW = 5;

export function profile(c: Context): HTMLElement {
  const content = c.store.live(["region", "year"], () => [
    standing(c),
    drawnAs(c),
    h("div", { class: "pair" }, indicators(c, "strongest"), indicators(c, "weakest")),
    made(c),
    peers(c),
    history(c),
  ]);
  const change = c.store.live(["region", "kept"], () => [changed(c)]);
  return h(
    "section",
    { id: "profile", "aria-labelledby": "profile-title" },
    h("h2", { id: "profile-title" }, c.say("profile")),
    regionChooser(c, "profile-region"),
    content,
    change,
  );
}

/** The region that is looked at. */
export function regionChooser(c: Context, id: string): HTMLElement {
  return h("div", { class: "slider" }, regionField(c, id, c.report.regions.map((_, at) => at), "region"));
}

function standing(c: Context): HTMLElement {
  const { report: r, state } = c;
  const rank = r.ranks.at(state.region, state.year, top(r));
  const blanks = { region: c.region(state.region), year: c.year(), rank, n: ranking(r, state.year, top(r)).length };
  return h("p", { class: "standing", "aria-live": "polite" }, c.say(rank ? "profileDescribe" : "profileUnscored", blanks));
}

interface Row {
  element: number;
  own: number;
  low: number;
  middle: number;
  high: number;
}

function rowsOf(r: Report, region: number, year: number): Row[] {
  const rows: Row[] = [];
  for (const element of outline(r)) {
    const all = r.regions.map((_, at) => r.scores.at(at, year, element));
    const [low, high] = extent(all);
    if (Number.isFinite(low)) rows.push({ element, own: all[region], low, middle: median(all), high });
  }
  return rows;
}

/** Rows for everything; a radar of what the index is made of, where that has a shape. */
function drawnAs(c: Context): HTMLElement {
  const spokes = spokesOf(c.report, rowsOf(c.report, c.state.region, c.state.year));
  return spokes ? pick(c, "profile-as", c.say("profileAs"), [c.say("asDots"), c.say("asRadar")], (at) => [scores(c, at ? spokes : null)]) : scores(c, null);
}

/** The highest level of the tree with enough elements for a radar; null where none has. */
function spokesOf(r: Report, rows: Row[]): Row[] | null {
  const below = (nodes: number[]) => nodes.flatMap((node) => children(r, node)).filter((node) => node >= r.indicators);
  for (let nodes = below([elementNode(r, top(r))]); nodes.length; nodes = below(nodes)) {
    const found = rows.filter(({ element }) => nodes.includes(elementNode(r, element)));
    if (found.length >= FEWEST) return found.length <= MOST ? found : null;
  }
  return null;
}

function scores(c: Context, spokes: Row[] | null): HTMLElement {
  const { report: r, state } = c;
  const rows = rowsOf(r, state.region, state.year);
  const blanks = { region: c.region(state.region), year: c.year() };
  const rank = r.ranks.at(state.region, state.year, top(r));
  const describe = { ...blanks, rank, n: ranking(r, state.year, top(r)).length };
  const title = c.say("profileScores", blanks);
  const number = (name: "lowest" | "median" | "best", of: (row: Row) => number): Column<Row> => ({
    title: c.say(name),
    cell: (row) => c.score(of(row), row.element),
    numeric: true,
  });
  const columns: Column<Row>[] = [
    { title: c.say("name"), cell: (row) => c.element(row.element), heading: true },
    { title: c.region(state.region), cell: (row) => c.score(row.own, row.element), numeric: true },
    { title: c.say("rank"), cell: (row) => r.ranks.at(state.region, state.year, row.element) || "–", numeric: true },
    number("lowest", (row) => row.low),
    number("median", (row) => row.middle),
    number("best", (row) => row.high),
  ];
  return figure({
    name: "profile",
    text: c.figure(title, c.say(rank ? "profileDescribe" : "profileUnscored", describe), c.say(spokes ? "radarNote" : "profileScoresNote", blanks)),
    draw: (width, theme) => (spokes ? radar(c, spokes, width, theme) : dots(c, rows, width, theme)),
    table: () => table(columns, rows, c.table(title)),
  });
}

function radar(c: Context, spokes: Row[], width: number, theme: Theme): Drawing {
  const { report: r, state } = c;
  return drawRadar(
    {
      spokes: spokes.map((row) => ({ ...row, name: c.element(row.element), written: c.score(row.own, row.element) })),
      marks: { own: c.region(state.region), median: c.say("median") },
      tip: (at) => {
        const { element, own, low, middle, high } = spokes[at];
        const rank = r.ranks.at(state.region, state.year, element);
        return [
          c.element(element),
          `${c.region(state.region)}: ${c.score(own, element)}${rank ? ` (${c.say("rank")} ${rank})` : ""}`,
          `${c.say("best")}: ${c.score(high, element)}`,
          `${c.say("median")}: ${c.score(middle, element)}`,
          `${c.say("lowest")}: ${c.score(low, element)}`,
        ];
      },
    },
    width,
    theme,
  );
}

function dots(c: Context, rows: Row[], width: number, theme: Theme): Drawing {
  const { report: r, state } = c;
  const narrow = width < 560;
  const names = rows.map((row) => c.element(row.element));
  // On a narrow page the name stands above its row instead of beside it.
  const room = narrow ? 0 : Math.min(width * 0.34, Math.max(...names.map((name) => widthOf(name, 13, 600))) + 18);
  const ends = 52;
  const [from, to] = [room + ends, width - ends];
  const step = narrow ? 64 : 44;
  const digits = (row: Row, value: number) => c.score(value, row.element);
  const draw = (params: Item, _api: Api) => {
    const row = rows[params.dataIndex];
    const y = params.dataIndex * step + (narrow ? 46 : 28);
    const x = (value: number) => (row.high > row.low ? from + ((value - row.low) / (row.high - row.low)) * (to - from) : (from + to) / 2);
    const isTop = row.element === top(r);
    const text = (words: string, at: number, align: "left" | "right" | "center", dy: number, colour: string, weight = 400, size = 12, most?: number) => ({
      type: "text" as const,
      style: {
        text: words,
        x: at,
        y: y + dy,
        textAlign: align,
        textVerticalAlign: "middle" as const,
        fill: colour,
        font: `${weight} ${size}px ${FONT}`,
        ...(most ? { width: most, overflow: "truncate" as const } : {}),
      },
    });
    const known = Number.isFinite(row.own);
    const own = Math.min(Math.max(x(row.own), from + 14), to - 14);
    return {
      type: "group" as const,
      children: [
        text(names[params.dataIndex], 0, "left", narrow ? -35 : 0, theme.ink, isTop ? 700 : 500, 13, narrow ? width : room - 8),
        { type: "line" as const, shape: { x1: from, x2: to, y1: y, y2: y }, style: { stroke: theme.context, lineWidth: isTop ? 5 : 3, lineCap: "round" as const } },
        { type: "line" as const, shape: { x1: x(row.middle), x2: x(row.middle), y1: y - 8, y2: y + 8 }, style: { stroke: theme.ink, lineWidth: 2 } },
        { type: "circle" as const, shape: { cx: to, cy: y, r: 4.5 }, style: { fill: theme.ground, stroke: theme.muted, lineWidth: 1.5 } },
        ...(known
          ? [
              { type: "circle" as const, shape: { cx: x(row.own), cy: y, r: isTop ? 8 : 6.5 }, style: { fill: theme.mark, stroke: theme.ground, lineWidth: 1.5 } },
              text(digits(row, row.own), own, "center", -16, theme.mark, 600),
            ]
          : []),
        text(digits(row, row.low), from - 10, "right", 0, theme.muted),
        text(digits(row, row.high), to + 10, "left", 0, theme.muted),
      ],
    };
  };
  return {
    height: rows.length * step + 14,
    option: {
      tooltip: tooltip(theme, (at) => {
        const row = rows[at];
        const rank = r.ranks.at(state.region, state.year, row.element);
        return [
          c.element(row.element),
          `${c.region(state.region)}: ${digits(row, row.own)}${rank ? ` (${c.say("rank")} ${rank})` : ""}`,
          `${c.say("best")}: ${digits(row, row.high)}`,
          `${c.say("median")}: ${digits(row, row.middle)}`,
          `${c.say("lowest")}: ${digits(row, row.low)}`,
        ];
      }),
      series: [{ type: "custom", coordinateSystem: "none", renderItem: draw as never, data: rows.map((_, at) => [at]) }],
    } as Drawing["option"],
  };
}

/** A value in its own unit, and whether it was observed. */
function valueOf(c: Context, indicator: number): HTMLElement {
  const { report: r, state } = c;
  const node = r.nodes[indicator];
  const value = r.values.at(state.region, state.year, indicator);
  const unit = node.unit?.[state.lang];
  const origin = r.origin.at(state.region, state.year, indicator);
  const mark = r.marks.at(state.region, state.year, indicator);
  const notes = [
    origin > 1 ? c.say("filledMark", { how: r.origins[origin][state.lang] }) : "",
    mark ? c.say(mark === 1 ? "treatedTop" : mark === 2 ? "treatedForm" : "treatedBottom") : "",
  ].filter(Boolean);
  return h(
    "span",
    {},
    significant(value, 4, state.lang),
    unit && Number.isFinite(value) ? h("span", { class: "unit" }, unit) : null,
    notes.length ? h("span", { class: "tag" }, notes.join(state.lang === "zh" ? "；" : "; ")) : null,
  );
}

function digitsOf(r: Report): number {
  const [low, high] = normalisedEnds(r);
  return decimals(high - low);
}

function indicators(c: Context, which: "strongest" | "weakest"): HTMLElement {
  const { report: r, state } = c;
  const all = standings(r, state.region, state.year);
  const few = Math.min(FEW, Math.floor(all.length / 2) || all.length);
  const rows = which === "strongest" ? all.slice(0, few) : all.slice(-few).reverse();
  const digits = digitsOf(r);
  const columns: Column<Standing>[] = [
    { title: c.say("indicator"), cell: (row) => c.node(row.indicator), heading: true },
    { title: c.say("value"), cell: (row) => valueOf(c, row.indicator), numeric: true },
    { title: c.say("rank"), cell: (row) => `${row.rank}/${row.among}`, numeric: true },
    { title: c.say("normalised"), cell: (row) => fixed(row.normalised, digits, state.lang), numeric: true },
    { title: c.say("median"), cell: (row) => fixed(row.median, digits, state.lang), numeric: true },
  ];
  const caption = c.say("standingCaption", { what: c.say(which), region: c.region(state.region), year: c.year() });
  return h("div", {}, h("h3", {}, c.say(which)), table(columns, rows, c.table(caption)));
}

function made(c: Context): HTMLElement {
  const { report: r, state } = c;
  const title = c.say("contributionTitle", { region: c.region(state.region), year: c.year() });
  const found = contributions(r, state.region, state.year);
  if (!found) {
    const why = r.ranks.at(state.region, state.year, top(r)) ? "contributionNone" : "profileUnscored";
    return h("div", {}, h("h3", {}, title), h("p", { class: "refusal" }, c.say(why, { region: c.region(state.region), year: c.year() })));
  }
  const score = r.scores.at(state.region, state.year, top(r));
  const effective = effectiveIn(r, state.year);
  const rows = [...found].sort(([, a], [, b]) => b - a);
  const digits = digitsOf(r);
  // Parts are smaller than the score they make up, so they are given one digit more.
  const [low, high] = c.range(top(r));
  const finer = decimals(high - low) + 1;
  const columns: Column<[number, number]>[] = [
    { title: c.say("indicator"), cell: ([at]) => c.node(at), value: ([at]) => c.node(at), heading: true },
    { title: c.say("effective"), cell: ([at]) => percent(effective[at], state.lang), value: ([at]) => effective[at], numeric: true, descending: true },
    {
      title: c.say("normalised"),
      cell: ([at]) => fixed(r.normalised.at(state.region, state.year, at), digits, state.lang),
      value: ([at]) => r.normalised.at(state.region, state.year, at),
      numeric: true,
      descending: true,
    },
    { title: c.say("contribution"), cell: ([, part]) => fixed(part, finer, state.lang), value: ([, part]) => part, numeric: true, descending: true },
  ];
  if (rows.every(([, part]) => part >= 0) && score > 0) {
    columns.push({ title: c.say("contributionShare"), cell: ([, part]) => percent(part / score, state.lang), value: ([, part]) => part, raw: ([, part]) => part / score, numeric: true, descending: true });
  }
  return h("div", {}, h("h3", {}, title), table(columns, rows, c.table(title), 15));
}

function history(c: Context): HTMLElement | null {
  const { report: r, state } = c;
  const element = top(r);
  const years = scoredYears(r, element).filter((year) => r.ranks.at(state.region, year, element));
  if (years.length < 2) return null;
  const rank = (year: number) => r.ranks.at(state.region, year, element);
  const blanks = { region: c.region(state.region), first: c.year(0), last: c.year(r.years.length - 1) };
  const title = c.say("history", blanks);
  const ranks = years.map((year) => `${c.year(year)} ${rank(year)}`).join(state.lang === "zh" ? "，" : ", ");
  const columns: Column<number>[] = [
    { title: c.say("year"), cell: (year) => c.year(year), heading: true },
    { title: c.say("rank"), cell: (year) => rank(year), numeric: true },
    { title: c.say("score"), cell: (year) => c.score(r.scores.at(state.region, year, element), element), numeric: true },
  ];
  return figure({
    name: "rank",
    text: c.figure(title, c.say("historyDescribe", { region: c.region(state.region), ranks }), c.comparable ? undefined : c.say("historyYearly")),
    draw: (width, theme) => climb(c, rank, width, theme),
    table: () => table(columns, years, c.table(title)),
  });
}

function climb(c: Context, rank: (year: number) => number, width: number, theme: Theme): Drawing {
  const { report: r } = c;
  const last = Math.max(...r.years.map((_, year) => ranking(r, year, top(r)).length));
  return {
    height: 230,
    option: {
      grid: { left: 8, right: 24, top: 24, bottom: 4, containLabel: true },
      xAxis: yearAxis(r.years, width, theme),
      yAxis: {
        type: "value",
        inverse: true,
        min: 1,
        max: Math.max(2, last),
        interval: Math.max(1, last - 1),
        axisLabel: { color: theme.muted, fontSize: 12, formatter: (v: number) => String(v) },
        splitLine: { lineStyle: { color: theme.rule } },
      },
      tooltip: tooltip(theme, (year) => [String(c.year(year)), `${c.say("rank")}: ${rank(year)}`]),
      series: [
        path(r.years.map((year, at) => [year - r.years[0], rank(at) || null]), { colour: theme.mark, width: 2.25, dot: 7, label: width / r.years.length > 22 ? (at) => String(rank(at)) : undefined }),
      ],
    } as Drawing["option"],
  };
}
