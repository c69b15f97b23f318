/** What the index rests on: which cells were observed, which files they came from, what was mended. */

import type { Api, Item } from "../engine";
import type { Context } from "../context";
import { figure, FONT, tooltip, widthOf, type Drawing } from "../charts";
import type { Theme } from "../colour";
import { h, table, type Column } from "../dom";
import { totals } from "../findings";
import { count, percent } from "../format";
import type { Repair, Source } from "../payload";
import { notices } from "./method";

export function coverage(c: Context): HTMLElement {
  const { report: r } = c;
  return h(
    "section",
    { id: "coverage", "aria-labelledby": "coverage-title" },
    h("h2", { id: "coverage-title" }, c.say("coverage")),
    r.index ? cells(c) : null,
    h("h3", {}, c.say("sources")),
    sources(c),
    h("h3", {}, c.say("repairs")),
    repairs(c),
    h("h3", {}, c.say("notices")),
    r.notices.length ? notices(c, r.notices, r.noticesInAll, c.say("notices")) : h("p", {}, c.say("none")),
  );
}

function cells(c: Context): HTMLElement {
  const { report: r, state } = c;
  const { observed, cells: all } = totals(r);
  const blanks = {
    n: r.indicators,
    first: c.year(0),
    last: c.year(r.years.length - 1),
    observed: percent(observed / all, state.lang),
  };
  const title = c.say("coverageTitle");
  const columns: Column<number>[] = [
    { title: c.say("indicator"), cell: (at) => c.node(at), value: (at) => c.node(at), heading: true },
    ...r.years.map((year, t) => ({
      title: String(year),
      cell: (at: number) => {
        const filled = r.coverage.filled[at][t];
        return count(r.coverage.observed[at][t], state.lang) + (filled ? ` + ${count(filled, state.lang)}` : "");
      },
      value: (at: number) => r.coverage.observed[at][t],
      numeric: true,
    })),
  ];
  return figure({
    name: "coverage",
    text: c.figure(title, c.say("coverageDescribe", blanks), c.say("coverageNote")),
    draw: (width, theme) => drawing(c, width, theme),
    table: () => table(columns, r.nodes.slice(0, r.indicators).map((_, at) => at), c.table(title)),
  });
}

function drawing(c: Context, width: number, theme: Theme): Drawing {
  const { report: r, state } = c;
  const [n, years] = [r.regions.length, r.years.length];
  const names = r.nodes.slice(0, r.indicators).map((_, at) => c.node(at));
  const room = Math.min(width * 0.42, Math.max(...names.map((name) => widthOf(name, 12))) + 12);
  const side = Math.min(46, (width - room) / years);
  const tall = 20;
  const above = 58;
  const [dark, pale] = [theme.accent, theme.ramp[2]];
  const label = (text: string, x: number, y: number, align: "left" | "center", most?: number) => ({
    type: "text",
    style: {
      text,
      x,
      y,
      textAlign: align,
      textVerticalAlign: "middle",
      fill: align === "left" ? theme.ink : theme.muted,
      font: `12px ${FONT}`,
      ...(most ? { width: most, overflow: "truncate" } : {}),
    },
  });
  const every = Math.ceil(38 / side);
  const draw = (params: Item, _api: Api) => {
    const [at, t] = [Math.floor(params.dataIndex / years), params.dataIndex % years];
    const observed = r.coverage.observed[at][t] / n;
    const filled = r.coverage.filled[at][t] / n;
    const [x, y, w, height] = [room + t * side, above + at * tall, side - 2, tall - 3];
    const block = (from: number, share: number, fill: string) => ({
      type: "rect" as const,
      shape: { x, y: y + height * (1 - from - share), width: w, height: height * share },
      style: { fill },
    });
    return {
      type: "group" as const,
      children: [
        { type: "rect" as const, shape: { x, y, width: w, height }, style: { fill: "transparent", stroke: theme.rule, lineWidth: 1 } },
        ...(observed ? [block(0, observed, dark)] : []),
        ...(filled ? [block(observed, filled, pale)] : []),
      ],
    };
  };
  const swatches: [string, string][] = [
    [c.say("observed"), dark],
    [c.say("filled"), pale],
    [c.say("missingShort"), "transparent"],
  ];
  let at = 0;
  const key = swatches.flatMap(([name, fill]) => {
    const x = at;
    at += widthOf(name, 12) + 42;
    return [{ type: "rect", shape: { x, y: 4, width: 14, height: 12 }, style: { fill, stroke: theme.rule } }, label(name, x + 20, 11, "left")];
  });
  const graphic = [
    ...key,
    ...r.years.flatMap((year, t) => (t % every === 0 ? [label(String(year), room + t * side + (side - 2) / 2, above - 14, "center")] : [])),
    ...names.map((name, i) => label(name, 0, above + i * tall + 9, "left", room - 10)),
  ].map((one) => ({ ...one, silent: true }));
  return {
    height: above + r.indicators * tall + 4,
    option: {
      graphic,
      tooltip: tooltip(theme, (index) => {
        const [i, t] = [Math.floor(index / years), index % years];
        const [observed, filled] = [r.coverage.observed[i][t], r.coverage.filled[i][t]];
        const line = (name: string, value: number) => `${name}: ${count(value, state.lang)} (${percent(value / n, state.lang)})`;
        return [
          `${names[i]}, ${r.years[t]}`,
          line(c.say("observed"), observed),
          line(c.say("filled"), filled),
          line(c.say("missingShort"), n - observed - filled),
        ];
      }),
      series: [
        {
          type: "custom",
          coordinateSystem: "none",
          renderItem: draw as never,
          data: Array.from({ length: r.indicators * years }, (_, i) => [i]),
        },
      ],
    } as Drawing["option"],
  };
}

function sources(c: Context): HTMLElement {
  const { sources: all } = c.report;
  if (!all.length) return h("p", {}, c.say("none"));
  const columns: Column<Source>[] = [
    { title: c.say("file"), cell: (one) => one.file, value: (one) => one.file, heading: true },
    ...(all.some((one) => one.sheet) ? [{ title: c.say("sheet"), cell: (one: Source) => one.sheet }] : []),
    { title: c.say("layout"), cell: (one) => one.layout },
    { title: c.say("encoding"), cell: (one) => one.encoding || "–" },
    { title: c.say("rows"), cell: (one) => (one.rows === null ? "–" : count(one.rows, c.state.lang)), numeric: true },
    { title: "SHA-256", cell: (one) => h("code", { title: one.sha256 }, one.sha256.slice(0, 12)) },
    { title: c.say("citation"), cell: (one) => one.cite[c.state.lang] },
  ];
  return table(columns, all, c.table(c.say("sources")));
}

function repairs(c: Context): HTMLElement {
  const { repairs: all, repairsInAll } = c.report;
  if (!all.length) return h("p", {}, c.say("none"));
  const columns: Column<Repair>[] = [
    { title: c.say("repairWas"), cell: (one) => h("code", {}, one.was), heading: true },
    { title: c.say("repairNow"), cell: (one) => one.now, value: (one) => one.now },
    { title: c.say("repairWhy"), cell: (one) => one.why[c.state.lang] },
    { title: c.say("file"), cell: (one) => one.file, value: (one) => one.file },
    { title: c.say("repairCount"), cell: (one) => count(one.count, c.state.lang), value: (one) => one.count, numeric: true, descending: true },
  ];
  const some = repairsInAll > all.length ? h("p", { class: "note" }, c.say("repairsSome", { n: all.length, all: repairsInAll })) : null;
  return h("div", {}, some, table(columns, all, c.table(c.say("repairs")), 20));
}
