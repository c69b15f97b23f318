/** Who stands where in one year, and what the score is made of. */

import type { Api, Item } from "../engine";
import type { Context } from "../context";
import { figure, FONT, tooltip, widthOf, type Drawing } from "../charts";
import { light, type Theme } from "../colour";
import { h, table, type Column } from "../dom";
import { changes, children, elementNode, parts, ranking as ranked, scoredYears, scoreOf, top, type Place } from "../findings";
import { between, count, percent, signed } from "../format";
import { key } from "../key";
import { ticks } from "../layout";
import { firstOf } from "../long";
import { HIGH, LOW, MEDIAN, type Report } from "../payload";
import { rankInterval } from "./sureness";

const TALL = 23;

export function ranking(c: Context): HTMLElement {
  const content = c.store.live(["year", "element"], () => {
    const places = ranked(c.report, c.state.year, c.state.element);
    return [firstOf(c, places, (shown) => bars(c, shown)), rows(c, places)];
  });
  return h("section", { id: "ranking", "aria-labelledby": "ranking-title" }, h("h2", { id: "ranking-title" }, c.say("ranking")), content);
}

function bars(c: Context, places: Place[]): HTMLElement {
  const { report: r, state } = c;
  const title = c.say("rankingTitle", { what: c.element(state.element), year: c.year() });
  const leaders = c.listed(places.slice(0, 3).map((place) => `${c.region(place.region)} ${c.score(place.score, state.element)}`), 3);
  const additive = r.additive[state.element];
  // More parts than there are colours would tell nobody which is which.
  const split = additive && children(r, elementNode(r, state.element)).length <= light.parts.length;
  return figure({
    name: "ranking",
    text: c.figure(
      title,
      c.say("rankingDescribe", { what: c.element(state.element), year: c.year(), leaders }),
      c.joined([split ? c.say("rankingParts") : !additive && c.say("rankingWhole"), sureOf(c) && c.say("rankingSure", { level: percent(sureOf(c)!.level, state.lang, 0), n: count(sureOf(c)!.independent, state.lang) })]) || undefined,
    ),
    draw: (width, theme) => drawing(c, places, split, width, theme),
    data: c.scores(state.element, state.year),
    table: () => (additive ? partsTable(c, places, title) : rows(c, places)),
    click: (at) => c.store.set({ region: places[at].region }),
  });
}

// The room of the whiskers beside the bars; where there is less their ends are written instead.
const [WHISKERS, WRITTEN, ROOMY] = [150, 58, 620];

interface Whiskers {
  head: string;
  room: number;
  axis: object[];
  of: (place: Place, y: number) => object[];
}

/** The interval of every rank on an axis of its own, right of the bars: scores and ranks have no scale in common. */
function whiskers(c: Context, places: Place[], above: number, width: number, theme: Theme): Whiskers | null {
  const sure = sureOf(c);
  if (!sure) return null;
  const ends = (place: Place) => [LOW, MEDIAN, HIGH].map((what) => sure.ranks.at(place.region, c.state.year, what));
  const text = (label: string, x: number, y: number, align: "left" | "right" | "center", fill = theme.muted) => ({ type: "text", silent: true, style: { text: label, x, y, textAlign: align, textVerticalAlign: "middle", fill, font: `11px ${FONT}` } });
  const head = c.say("rankInterval", { level: percent(sure.level, c.state.lang, 0) });
  if (width < ROOMY) {
    return { head, room: WRITTEN, axis: [], of: (place, y) => [text(between(ends(place)[0], ends(place)[2], c.state.lang), width - 4, y, "right", theme.ink)] };
  }
  const last = ranked(c.report, c.state.year, c.state.element).length;
  const [from, to] = [width - WHISKERS + 20, width - 12];
  const x = (rank: number) => from + ((rank - 1) / Math.max(last - 1, 1)) * (to - from);
  const bottom = above + places.length * TALL;
  const axis = [1, last].flatMap((rank) => [
    { type: "line", silent: true, shape: { x1: x(rank), y1: above, x2: x(rank), y2: bottom }, style: { stroke: theme.rule, lineWidth: 1 } },
    text(String(rank), x(rank), bottom + 11, "center"),
  ]);
  const of = (place: Place, y: number) => {
    const [low, middle, high] = ends(place);
    if (!Number.isFinite(low) || !Number.isFinite(high)) return [];
    return [
      { type: "line", silent: true, shape: { x1: x(low), y1: y, x2: x(high), y2: y }, style: { stroke: theme.accent, lineWidth: 2 } },
      ...[low, high].map((rank) => ({ type: "line", silent: true, shape: { x1: x(rank), y1: y - 4, x2: x(rank), y2: y + 4 }, style: { stroke: theme.accent, lineWidth: 2 } })),
      { type: "rect", silent: true, shape: { x: x(middle) - 1, y: y - 6, width: 2, height: 12 }, style: { fill: theme.ink } },
      { type: "circle", silent: true, shape: { cx: x(place.rank), cy: y, r: 3.5 }, style: { fill: theme.mark, stroke: theme.ground, lineWidth: 1 } },
    ];
  };
  return { head, room: WHISKERS, axis, of };
}

/** How sure the ranks are; only those of the whole index were varied. */
const sureOf = (c: Context): NonNullable<Report["sureness"]> | null => (c.state.element === top(c.report) ? c.report.sureness : null);

function drawing(c: Context, places: Place[], split: boolean, width: number, theme: Theme): Drawing {
  const { report: r, state } = c;
  const element = state.element;
  const nodes = split ? children(r, elementNode(r, element)) : [];
  const made = places.map((place) => (split ? parts(r, place.region, state.year, element) : []));
  const signs = key(nodes.map((node, i) => ({ name: c.node(node), shape: "bar" as const, colour: theme.parts[i % theme.parts.length] })), width, theme);
  const above = (split ? signs.height + 2 : 4) + (sureOf(c) ? 18 : 0);
  const sure = whiskers(c, places, above, width, theme);
  const names = places.map((place) => `${place.rank}  ${c.region(place.region)}`);
  const room = Math.min(width * 0.36, Math.max(...names.map((name) => widthOf(name, 12))) + 14);
  // Parts that pull down stand left of zero, the others right of it, each in the order of its element.
  const pieces = places.map((place, row) => {
    const own = split ? nodes.map((node) => made[row].find((one) => one.node === node)?.part ?? 0) : [place.score];
    let [down, up] = [0, 0];
    return own.map((part): [number, number] => (part < 0 ? [down, (down += part)] : [up, (up += part)]));
  });
  const ends = pieces.flat(2);
  const scale = ticks(Math.min(0, ...ends), Math.max(0, ...ends));
  const negative = scale.min < 0;
  const draw = ({ dataIndex: row }: Item, api: Api) => {
    const at = (value: number) => api.coord([value, row]) as [number, number];
    const y = at(0)[1];
    const line = { x1: at(0)[0], x2: at(0)[0], y1: y - TALL / 2, y2: y + TALL / 2 };
    const zero = negative ? [{ type: "line", silent: true, shape: line, style: { stroke: theme.muted, lineWidth: 1 } }] : [];
    const bars: object[] = pieces[row].map(([from, to], i) => {
      const [x, end] = [Math.min(at(from)[0], at(to)[0]), Math.max(at(from)[0], at(to)[0])];
      const style = split ? { fill: theme.parts[i % theme.parts.length], stroke: theme.ground, lineWidth: 0.5 } : { fill: theme.accent };
      return { type: "rect", shape: { x, y: y - 8, width: end - x, height: 16 }, style };
    });
    // The number stands at the end of the bar; where parts pull both ways a mark shows the score itself.
    const [score] = at(places[row].score);
    if (split && negative) bars.push({ type: "rect", shape: { x: score - 1.5, y: y - 7, width: 3, height: 14 }, style: { fill: theme.ink } });
    const end = Math.max(0, places[row].score, ...pieces[row].map(([, to]) => to));
    const text = c.score(places[row].score, element);
    bars.push({ type: "text", style: { text, x: at(end)[0] + 6, y, textVerticalAlign: "middle", fill: theme.ink, font: `12px ${FONT}` } });
    return { type: "group" as const, children: [...bars, ...zero, ...(sure?.of(places[row], y) ?? [])] };
  };
  return {
    height: above + places.length * TALL + 30,
    option: {
      graphic: [
        ...signs.graphic,
        ...(sure ? [...sure.axis, { type: "text", silent: true, style: { text: sure.head, x: width - 2, y: above - 9, textAlign: "right", textVerticalAlign: "middle", fill: theme.muted, font: `11px ${FONT}` } }] : []),
      ] as never,
      grid: { left: room, right: 56 + (sure?.room ?? 0), top: above, bottom: 26 },
      xAxis: {
        type: "value",
        min: scale.min,
        max: scale.max,
        interval: scale.step,
        axisLabel: { color: theme.muted, fontSize: 11, hideOverlap: true, formatter: (v: number) => c.tick(v) },
        splitLine: { lineStyle: { color: theme.rule } },
      },
      yAxis: {
        type: "category",
        inverse: true,
        data: names,
        axisLine: { show: false, onZero: false },
        axisTick: { show: false },
        axisLabel: { color: theme.ink, fontSize: 12, width: room - 8, overflow: "truncate", interval: 0, margin: 6 },
      },
      tooltip: tooltip(theme, (at) => [
        c.region(places[at].region),
        `${c.say("rank")}: ${c.say("nth", { rank: places[at].rank, n: ranked(r, state.year, element).length })}`,
        ...rankInterval(c).map(({ title, cell }) => `${title}: ${cell(places[at])}`),
        `${c.say("score")}: ${c.score(places[at].score, element)}`,
        ...made[at].map(({ node, part }) => `${c.node(node)}: ${c.score(part, element)}`),
      ]),
      series: [{ type: "custom", renderItem: draw as never, data: places.map((place, row) => [place.score, row]) }],
    } as Drawing["option"],
  };
}

function partsTable(c: Context, places: Place[], title: string): HTMLElement {
  const { report: r, state } = c;
  const own = children(r, elementNode(r, state.element));
  const part = (place: Place, node: number) =>
    parts(r, place.region, state.year, state.element).find((one) => one.node === node)?.part ?? NaN;
  const columns: Column<Place>[] = [
    { title: c.say("rank"), cell: (p) => p.rank, value: (p) => p.rank, numeric: true },
    ...rankInterval(c),
    { title: c.say("region"), cell: (p) => c.region(p.region), value: (p) => c.region(p.region), heading: true },
    { title: c.say("score"), cell: (p) => c.score(p.score, state.element), value: (p) => p.score, numeric: true, descending: true },
    ...own.map((node) => ({
      title: `${c.say("contribution")}${c.state.lang === "zh" ? "：" : ": "}${c.node(node)}`,
      cell: (p: Place) => c.score(part(p, node), state.element),
      value: (p: Place) => part(p, node),
      numeric: true,
      descending: true,
    })),
  ];
  return table(columns, places, c.table(title));
}

/** The full ranking with the scores of the level below and the places gained. */
function rows(c: Context, places: Place[]): HTMLElement {
  const { report: r, state } = c;
  const { element, year } = state;
  const below = children(r, elementNode(r, element)).filter((node) => node >= r.indicators);
  const first = scoredYears(r, element)[0];
  const gained = new Map(changes(r, element, first ?? year, year).map((one) => [one.region, one.rankFrom - one.rankTo]));
  const gain = (p: Place) => gained.get(p.region) ?? NaN;
  const link = (p: Place) => c.link("profile", c.region(p.region), { region: p.region });
  const columns: Column<Place>[] = [
    { title: c.say("rank"), cell: (p) => p.rank, value: (p) => p.rank, numeric: true },
    ...rankInterval(c),
    { title: c.say("region"), cell: link, value: (p) => c.region(p.region), heading: true },
    { title: c.say("score"), cell: (p) => c.score(p.score, element), value: (p) => p.score, numeric: true, descending: true },
    ...below.map((node) => ({
      title: c.node(node),
      cell: (p: Place) => c.score(scoreOf(r, p.region, year, node), node - r.indicators),
      value: (p: Place) => scoreOf(r, p.region, year, node),
      numeric: true,
      descending: true,
    })),
  ];
  const since = first !== undefined && first !== year;
  if (since) {
    columns.push({
      title: c.say("rankingChange", { first: c.year(first) }),
      cell: (p) => h("span", { class: gain(p) > 0 ? "up" : gain(p) < 0 ? "down" : null }, signed(gain(p), 0, state.lang)),
      value: gain,
      numeric: true,
      descending: true,
    });
  }
  const title = c.say("rankingTitle", { what: c.element(element), year: c.year() });
  return h(
    "div",
    { class: "ranking-table" },
    since ? h("p", { class: "source" }, c.say("rankingChangeNote", { first: c.year(first) })) : null,
    table(columns, places, c.table(title)),
  );
}
