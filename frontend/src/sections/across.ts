/** Which fields of one stage go with which of another, and what a region's other stages support that it lacks. */

import type { Api, Item } from "../engine";
import type { Context } from "../context";
import { figure, FONT, tooltip, widthOf, type Drawing } from "../charts";
import { shade, type Theme } from "../colour";
import { h, table, type Column } from "../dom";
import { count, fixed, probability, signed } from "../format";
import { TIE, type Across, type CrossTie, type Fusion, type Supported } from "../fused";
import { key } from "../key";
import { cut } from "../labels";
import { drawRows } from "../rows";

// Below this a pair is said to be related beyond chance.
const ALPHA = 0.05;
const MOST_DRAWN = 24;
// The least height of a row and width of a column that is named.
const [TALL, NAMED] = [16, 13];

const known = (value: number | null): number => value ?? NaN;

export function across(c: Context, found: Fusion): HTMLElement {
  return h(
    "div",
    {},
    h("h3", { class: "part" }, c.say("across")),
    h("p", { class: "note" }, c.say("acrossIntro")),
    found.across.map((step, i) => {
      const stages = { from: found.chain[step.from][c.state.lang], to: found.chain[step.to][c.state.lang] };
      const blanks = { ...stages, n: count(step.beyond, c.state.lang), all: count(step.pairsInAll, c.state.lang) };
      return h(
        "div",
        {},
        h("p", { class: "standing" }, c.say(step.beyond ? "acrossBeyond" : "acrossNone", blanks)),
        step.ties.length ? ties(c, found, step, stages, i) : null,
        step.cells ? matrix(c, found, step, step.cells, stages, i) : null,
      );
    }),
  );
}

type Stages = { from: string; to: string };

function ties(c: Context, found: Fusion, step: Across, stages: Stages, at: number): HTMLElement {
  const { lang } = c.state;
  const name = (tie: CrossTie) => `${step.sources[tie.source][lang]} — ${step.targets[tie.target][lang]}`;
  const shown = step.ties.slice(0, MOST_DRAWN);
  const title = c.say("tiesTitle", stages);
  const number = (head: string, of: (tie: CrossTie) => number, digits: number): Column<CrossTie> => ({ title: head, cell: (tie) => fixed(of(tie), digits, lang), value: of, numeric: true, descending: true });
  const columns: Column<CrossTie>[] = [
    { title: stages.from, cell: (tie) => step.sources[tie.source][lang], value: (tie) => step.sources[tie.source][lang], heading: true },
    { title: stages.to, cell: (tie) => step.targets[tie.target][lang], value: (tie) => step.targets[tie.target][lang] },
    number(c.say("relatedness"), (tie) => tie.relatedness, 3),
    number(c.say("regionsBoth"), (tie) => tie.both, 0),
    number(c.say("regionsExpected"), (tie) => tie.expected, 1),
    { title: "q", cell: (tie) => probability(tie.q, lang), value: (tie) => tie.q, numeric: true },
  ];
  const note = c.joined([c.say("tiesNote"), step.beyond > shown.length && c.say("tiesSome", { n: shown.length, all: step.beyond })]);
  return figure({
    name: `ties-${at + 1}`,
    data: { table: "fusion-across" },
    text: c.figure(title, c.say("tiesDescribe", { ties: c.listed(shown.slice(0, 3).map(name), 3) }), note, found.files),
    draw: (width, theme) =>
      drawRows(
        {
          rows: shown.map((tie) => ({ name: name(tie), value: tie.both, tick: tie.expected })),
          kind: "bar",
          marks: { value: c.say("regionsBoth"), tick: c.say("regionsExpected") },
          tickLabel: (value) => c.tick(value),
          axisName: c.say("factRegions"),
          tip: (i) => [name(shown[i]), ...columns.slice(2).map(({ title: head, cell }) => `${head}: ${String(cell(shown[i]))}`)],
        },
        width,
        theme,
      ),
    table: () => table(columns, step.ties, c.table(title), 30),
  });
}

interface Cell {
  source: number;
  target: number;
  relatedness: number;
  q: number;
}

function matrix(c: Context, found: Fusion, step: Across, cells: NonNullable<Across["cells"]>, stages: Stages, at: number): HTMLElement {
  const { lang } = c.state;
  const all = step.sources.flatMap((_, source) =>
    step.targets.map((_, target): Cell => ({ source, target, relatedness: cells.at(source, target, TIE.relatedness), q: cells.at(source, target, TIE.q) })),
  );
  const defined = all.filter((cell) => Number.isFinite(cell.relatedness)).sort((a, b) => b.relatedness - a.relatedness);
  const title = c.say("matrixTitle", stages);
  const columns: Column<Cell>[] = [
    { title: stages.from, cell: (one) => step.sources[one.source][lang], value: (one) => step.sources[one.source][lang], heading: true },
    { title: stages.to, cell: (one) => step.targets[one.target][lang], value: (one) => step.targets[one.target][lang] },
    { title: c.say("relatedness"), cell: (one) => fixed(one.relatedness, 3, lang), value: (one) => one.relatedness, numeric: true, descending: true },
    { title: "q", cell: (one) => probability(one.q, lang), value: (one) => one.q, numeric: true },
  ];
  const first = defined[0];
  const describe = first ? c.say("matrixDescribe", { source: step.sources[first.source][lang], target: step.targets[first.target][lang], value: fixed(first.relatedness, 3, lang) }) : title;
  return figure({
    name: `across-${at + 1}`,
    text: c.figure(title, describe, c.say("matrixNote", stages), found.files),
    draw: (width, theme) => drawMatrix(c, step, all, width, theme),
    table: () => table(columns, defined, c.table(title), 40),
  });
}

function drawMatrix(c: Context, step: Across, all: Cell[], width: number, theme: Theme): Drawing {
  const { lang } = c.state;
  const most = Math.max(...all.map(({ relatedness }) => relatedness).filter(Number.isFinite), 1e-12);
  const tone = (value: number) => shade(theme.ramp, value / most);
  const signs = key(
    [
      { name: c.say("relatednessNone"), shape: "bar", colour: tone(0) },
      { name: c.say("relatednessMost", { most: fixed(most, 2, lang) }), shape: "bar", colour: tone(most) },
      ...(step.beyond ? [{ name: c.say("beyondChanceMark"), shape: "dot" as const, colour: theme.mark }] : []),
    ],
    width,
    theme,
  );
  const rows = step.sources.map((one) => one[lang]);
  const heads = step.targets.map((one) => one[lang]);
  const left = Math.min(width * 0.34, Math.max(...rows.map((name) => widthOf(name, 11)))) + 10;
  const wide = (width - left - 4) / heads.length;
  const tall = Math.max(TALL, Math.min(22, wide));
  const every = Math.ceil(NAMED / wide);
  const up = Math.min(150, Math.max(...heads.map((name) => widthOf(name, 11)))) + 10;
  const top = signs.height + 6 + up;
  const draw = (params: Item, _: Api) => {
    const { source, target, relatedness, q } = all[params.dataIndex];
    const [x, y] = [left + target * wide, top + source * tall];
    const fill = Number.isFinite(relatedness) ? tone(relatedness) : theme.ground;
    const parts: object[] = [{ type: "rect", shape: { x, y, width: Math.max(wide - 1, 1), height: tall - 1 }, style: { fill } }];
    if (q <= ALPHA) {
      const r = Math.max(1.5, Math.min(wide, tall) * 0.2);
      parts.push({ type: "circle", silent: true, shape: { cx: x + wide / 2 - 0.5, cy: y + tall / 2 - 0.5, r }, style: { fill: theme.mark, stroke: "#ffffff", lineWidth: 1 } });
    }
    return { type: "group" as const, children: parts };
  };
  const label = { fill: theme.ink, font: `11px ${FONT}`, textVerticalAlign: "middle" };
  const graphic = [
    ...rows.map((name, i) => ({ type: "text", silent: true, style: { ...label, text: cut(name, left - 8, 11), x: left - 6, y: top + (i + 0.5) * tall, textAlign: "right" } })),
    ...heads.flatMap((name, i) =>
      i % every ? [] : [{ type: "text", silent: true, x: left + (i + 0.5) * wide, y: top - 5, rotation: Math.PI / 2, style: { ...label, text: cut(name, up - 8, 11), textAlign: "left" } }],
    ),
  ];
  return {
    height: top + rows.length * tall + 6,
    option: {
      graphic: [...signs.graphic, ...graphic] as never,
      tooltip: tooltip(theme, (i) => {
        const one = all[i];
        if (!one) return [];
        return [`${rows[one.source]} — ${heads[one.target]}`, `${c.say("relatedness")}: ${fixed(one.relatedness, 3, lang)}`, `q: ${probability(one.q, lang)}`];
      }),
      series: [{ type: "custom", coordinateSystem: "none", renderItem: draw as never, data: all.map((_, i) => [i]) }],
    } as Drawing["option"],
  };
}

/** Fields that a region lacks and that its other stages support most beyond chance, in either direction of the chain. */
export function supported(c: Context, found: Fusion, code: string): HTMLElement | null {
  const all = found.supported.filter((row) => row.region === code);
  const ways = [...new Map(all.map((row) => [`${row.from} ${row.to}`, row])).values()];
  if (!ways.length) return null;
  return h("div", { class: "pair" }, ways.map((way, i) => h("div", {}, supportOf(c, found, all.filter((row) => row.from === way.from && row.to === way.to), i))));
}

function supportOf(c: Context, found: Fusion, rows: Supported[], at: number): HTMLElement {
  const { lang } = c.state;
  const [{ region, from, to }] = rows;
  const stages = { from: found.chain[from][lang], to: found.chain[to][lang] };
  const title = c.say("supportTitle", { region: c.regionOf(region), ...stages });
  const write = (value: number | null) => fixed(known(value), 3, lang);
  const ahead = rows.filter((row) => row.support > known(row.byChance)).slice(0, 3).map((row) => row.field[lang]);
  const describe = ahead.length ? c.say("supportDescribe", { names: c.listed(ahead, 3) }) : c.say("supportNone");
  const columns: Column<Supported>[] = [
    { title: c.say("field"), cell: (row) => row.field[lang], value: (row) => row.field[lang], heading: true },
    { title: c.say("acrossDensity"), cell: (row) => write(row.support), value: (row) => row.support, numeric: true, descending: true },
    { title: c.say("densityByChance"), cell: (row) => write(row.byChance), value: (row) => known(row.byChance), numeric: true, descending: true },
    { title: c.say("beyond"), cell: (row) => signed(row.support - known(row.byChance), 3, lang), value: (row) => row.support - known(row.byChance), numeric: true, descending: true },
  ];
  return figure({
    name: `support-${at + 1}`,
    data: { table: "fusion-support" },
    text: c.figure(title, describe, c.joined([describe, c.say("supportNote", stages)]), found.files),
    draw: (width, theme) =>
      drawRows(
        {
          rows: rows.map((row) => ({ name: row.field[lang], value: row.support, tick: known(row.byChance) })),
          kind: "bar",
          marks: { value: c.say("acrossDensity"), tick: c.say("densityByChance") },
          tickLabel: (value) => c.tick(value),
          tip: (i) => columns.map(({ title: head, cell }, k) => (k ? `${head}: ${String(cell(rows[i]))}` : String(cell(rows[i])))),
        },
        width,
        theme,
      ),
    table: () => table(columns, rows, c.table(title)),
  });
}
