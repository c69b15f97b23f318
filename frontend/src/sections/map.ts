/** Where the scores lie: a labelled tile grid, or the reader's own shapes. */

import type { Api, Item } from "../engine";
import type { Context } from "../context";
import { figure, tooltip, widthOf, FONT, type Drawing } from "../charts";
import { letters, shade, type Theme } from "../colour";
import { h, table, type Column } from "../dom";
import { extent, ranking, scoredYears } from "../findings";
import "./looking.css";

const LEGEND = 46;

export function map(c: Context): HTMLElement {
  const { report: r } = c;
  const drawn = r.shapes ? new Set(r.shapes.map((shape) => shape.region)) : new Set(r.regions.flatMap((one, at) => (one.tile ? [at] : [])));
  const content = drawn.size
    ? [slider(c), c.store.live(["year", "element"], () => [picture(c), absent(c, drawn)]), c.store.live(["year", "element", "region"], () => [chosen(c)])]
    : [h("p", { class: "refusal" }, c.say("mapNone"))];
  return h("section", { id: "map", "aria-labelledby": "map-title" }, h("h2", { id: "map-title" }, c.say("map")), content);
}

// How long a year stands before the next: long enough to see what moved.
const BEAT = 900;
const CALM = 1800;

/** The years as a slider, and a button that walks through them to the last. */
function slider(c: Context): HTMLElement | null {
  const years = scoredYears(c.report, c.report.elements - 1);
  if (years.length < 2) return null;
  const shown = h("output", { for: "map-year" }, c.year());
  const input = h("input", { id: "map-year", type: "range", min: 0, max: years.length - 1, step: 1, value: years.indexOf(c.state.year) });
  const button = h("button", { type: "button", class: "play" });
  let timer = 0;
  const name = () => {
    button.replaceChildren(h("span", { class: "sign", "aria-hidden": "true" }, timer ? "❚❚" : "▶"), c.say(timer ? "pause" : "play"));
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    name();
  };
  const next = () => {
    const at = years.indexOf(c.state.year) + 1;
    if (!button.isConnected || at >= years.length) return stop();
    c.store.set({ year: years[at] });
    if (at === years.length - 1) stop();
  };
  const start = () => {
    // From the last year there is nowhere to go but to the first.
    if (years.indexOf(c.state.year) >= years.length - 1) c.store.set({ year: years[0] });
    timer = window.setInterval(next, matchMedia("(prefers-reduced-motion: reduce)").matches ? CALM : BEAT);
    name();
  };
  button.addEventListener("click", () => (timer ? stop() : start()));
  input.addEventListener("input", () => {
    if (timer) stop();
    c.store.set({ year: years[Number(input.value)] });
  });
  const follow = () => {
    input.value = String(years.indexOf(c.state.year));
    input.setAttribute("aria-valuetext", String(c.year()));
    shown.textContent = String(c.year());
  };
  follow();
  name();
  c.store.on(["year"], follow, () => input.isConnected);
  return h("div", { class: "slider" }, button, h("label", { for: "map-year" }, c.say("year")), input, shown);
}

/** What is told of the chosen region, and where there is more of it. */
function chosen(c: Context): HTMLElement {
  const [, ...told] = about(c, c.state.region);
  return h("p", { class: "chosen", "aria-live": "polite" }, h("strong", {}, c.region(c.state.region)), ` · ${told.join(" · ")} · `, c.link("profile", c.say("mapProfile")));
}

function picture(c: Context): HTMLElement {
  const { report: r, state } = c;
  const places = ranking(r, state.year, state.element);
  const title = c.say("mapTitle", { what: c.element(state.element), year: c.year() });
  const leaders = c.listed(places.slice(0, 3).map((place) => c.region(place.region)), 3);
  const notes = [r.shapes ? "" : c.say("mapTilesNote"), r.years.length > 1 ? c.say(c.comparable ? "mapScaleFixed" : "mapScaleYear") : ""];
  const tiles = r.regions.flatMap((one, at) => (one.tile ? [at] : []));
  return figure({
    name: "map",
    text: c.figure(
      title,
      c.say("mapDescribe", { what: c.element(state.element), year: c.year(), leaders }),
      notes.filter(Boolean).join(state.lang === "zh" ? "" : " "),
    ),
    draw: (width, theme) => (r.shapes ? shapes(c, width, theme) : grid(c, tiles, width, theme)),
    data: c.scores(state.element, state.year),
    table: () => values(c, title),
    click: (at) => {
      const region = r.shapes ? r.shapes[at].region : tiles[at];
      if (region !== undefined) c.store.set({ region });
    },
    ready: (again) => {
      let here = true;
      c.store.on(["region"], again, () => here);
      c.store.on(["year", "element"], () => (here = false), () => here);
    },
  });
}

/** The ends of the colour scale: of all years where they can be compared, of this year where they cannot. */
function ends(c: Context): [number, number] {
  const { report: r, state } = c;
  return c.comparable ? c.range(state.element) : extent(ranking(r, state.year, state.element).map((place) => place.score));
}

function colours(c: Context, theme: Theme): (region: number) => string | null {
  const { report: r, state } = c;
  const [low, high] = ends(c);
  return (region) => {
    const score = r.scores.at(region, state.year, state.element);
    if (!Number.isFinite(score)) return null;
    return shade(theme.ramp, high > low ? (score - low) / (high - low) : 0.5);
  };
}

function key(c: Context, width: number, theme: Theme): object[] {
  const long = Math.min(220, width - 120);
  const [low, high] = ends(c);
  const words = { fill: theme.muted, font: `12px ${FONT}` };
  const none = c.say("noScore");
  return [
    { type: "text", left: 0, top: 2, style: { ...words, text: c.element(c.state.element), width: width - 4, overflow: "truncate" } },
    {
      type: "rect",
      shape: { x: 0, y: 20, width: long, height: 9 },
      style: {
        fill: { type: "linear", x: 0, y: 0, x2: 1, y2: 0, colorStops: theme.ramp.map((color, i) => ({ offset: i / (theme.ramp.length - 1), color })) },
      },
    },
    { type: "text", left: 0, top: 32, style: { ...words, text: c.score(low, c.state.element) } },
    { type: "text", style: { ...words, text: c.score(high, c.state.element), x: long, y: 32, textAlign: "right" } },
    { type: "rect", shape: { x: long + 18, y: 19, width: 14, height: 11 }, style: blank(c, theme) },
    { type: "text", style: { ...words, text: none, x: long + 38, y: 18 } },
  ];
}

/** How a region without a score looks: an outlined tile, or a grey shape. */
function blank(c: Context, theme: Theme): object {
  return c.report.shapes ? { fill: theme.rule } : { fill: "none", stroke: theme.muted, lineDash: [3, 2] };
}

function about(c: Context, region: number): string[] {
  const { report: r, state } = c;
  const rank = r.ranks.at(region, state.year, state.element);
  if (!rank) return [c.region(region), c.say("noScore")];
  const among = ranking(r, state.year, state.element).length;
  return [
    c.region(region),
    `${c.say("score")}: ${c.score(r.scores.at(region, state.year, state.element), state.element)}`,
    `${c.say("rank")}: ${c.say("nth", { rank, n: among })}`,
  ];
}

function grid(c: Context, regions: number[], width: number, theme: Theme): Drawing {
  const { report: r, state } = c;
  const places = [...regions.map((at) => ({ label: r.regions[at].label, tile: r.regions[at].tile! })), ...r.elsewhere];
  const tiles = places.map((place) => place.tile);
  const [top, bottom] = extent(tiles.map(([row]) => row));
  const [left, right] = extent(tiles.map(([, column]) => column));
  const columns = right - left + 1;
  const side = Math.min(86, width / columns);
  const indent = (width - side * columns) / 2;
  const colour = colours(c, theme);
  const gap = side > 40 ? 3 : 2;
  const size = Math.max(7, Math.min(13, side / 4.2));
  // In a smaller tile nobody could read a name; of thousands they would only hold up the page.
  const [lettered, roomy] = [side > 20, side > 44];
  const draw = (params: Item, _api: Api) => {
    const region: number | undefined = regions[params.dataIndex];
    const { label, tile } = places[params.dataIndex];
    const [row, column] = tile;
    const fill = region === undefined ? null : colour(region);
    const ink = fill ? letters(fill) : theme.muted;
    const [x, y, w] = [indent + (column - left) * side, LEGEND + 18 + (row - top) * side, side - gap];
    const [text, letter] = lettered ? fitting(label[state.lang], w - 4, size) : ["", size];
    const score = fill && roomy ? c.score(r.scores.at(region, state.year, state.element), state.element) : "–";
    const middle = { x: x + w / 2, fill: ink, textAlign: "center" as const, textVerticalAlign: "middle" as const };
    return {
      type: "group" as const,
      children: [
        {
          type: "rect" as const,
          shape: { x, y, width: w, height: w, r: 3 },
          style: fill ? { fill } : blank(c, theme),
        },
        ...(region === state.region ? [{ type: "rect" as const, shape: { x: x - 1, y: y - 1, width: w + 2, height: w + 2, r: 4 }, style: { fill: "none", stroke: theme.mark, lineWidth: 2.5 } }] : []),
        ...(lettered ? [{ type: "text" as const, style: { ...middle, y: y + w * (roomy ? 0.36 : 0.5), text, font: `600 ${letter}px ${FONT}`, lineHeight: letter * 1.15 } }] : []),
        ...(roomy ? [{ type: "text" as const, style: { ...middle, y: y + w * 0.74, text: score, font: `${size - 1}px ${FONT}` } }] : []),
      ],
    };
  };
  return {
    height: Math.ceil(LEGEND + 18 + (bottom - top + 1) * side + 4),
    option: {
      graphic: key(c, width, theme),
      tooltip: tooltip(theme, (at) => (at < regions.length ? about(c, regions[at]) : [places[at].label[state.lang], c.say("notInStudy")])),
      series: [{ type: "custom", coordinateSystem: "none", renderItem: draw as never, data: places.map((_, at) => [at]) }],
    } as Drawing["option"],
  };
}

/** A label on one line or two and its letters' size: smaller where that helps, cut short where nothing does. */
function fitting(label: string, width: number, largest: number): [string, number] {
  const words = label.split(" ");
  const ways = words.length > 1 ? [[label], [words[0], words.slice(1).join(" ")]] : [[label]];
  for (let size = largest; size >= Math.min(9, largest); size -= 0.5) {
    const way = ways.find((lines) => lines.every((line) => widthOf(line, size, 600) <= width));
    if (way) return [way.join("\n"), size];
  }
  const size = Math.min(9, largest);
  const cut = (text: string) => {
    let short = text;
    while (short.length > 1 && widthOf(short, size, 600) > width) short = short.slice(0, -1);
    return short;
  };
  return [ways[ways.length - 1].map(cut).join("\n"), size];
}

function shapes(c: Context, width: number, theme: Theme): Drawing {
  const { report: r, state } = c;
  const [west, east, south, north] = bounds(r.shapes!.map((shape) => shape.geometry.coordinates));
  // One degree of longitude shortens towards the poles.
  const aspect = Math.abs(north) <= 90 ? Math.cos(((south + north) / 2) * (Math.PI / 180)) : 1;
  const tall = ((width - 4) * (north - south)) / ((east - west) * aspect);
  const height = Math.round(Math.min(620, Math.max(240, tall)));
  const scale = Math.min((width - 4) / ((east - west) * aspect), height / (north - south));
  const indent = (width - (east - west) * aspect * scale) / 2;
  const top = LEGEND + 14 + (height - (north - south) * scale) / 2;
  const colour = colours(c, theme);
  const taken: { x: number; y: number; half: number }[] = [];
  const drawn = r.shapes!.map(({ region, geometry }) => {
    const rings = ringsOf(geometry).map(({ points, hole }) => {
      const flat = points.map(([lon, lat]): Point => [indent + (lon - west) * aspect * scale, top + (north - lat) * scale]);
      // Outlines run one way and holes the other, or a hole would be filled.
      return { flat: area(flat) > 0 === hole ? flat.reverse() : flat, hole };
    });
    const [from, to] = bounds(rings.map(({ flat }) => flat));
    const [x, y] = middle(rings.reduce((most, { flat }) => (Math.abs(area(flat)) > Math.abs(area(most)) ? flat : most), rings[0].flat));
    const name = r.regions[region].label[state.lang];
    const half = widthOf(name, 11) / 2;
    const free = half * 2 < to - from && taken.every((one) => Math.abs(one.x - x) > one.half + half || Math.abs(one.y - y) > 13);
    if (free) taken.push({ x, y, half });
    const path = rings.map(({ flat }) => `M${flat.map(([px, py]) => `${px.toFixed(1)} ${py.toFixed(1)}`).join("L")}Z`).join("");
    const fill = colour(region) ?? theme.rule;
    return {
      type: "group" as const,
      children: [
        { type: "path", shape: { pathData: path }, style: { fill, stroke: theme.ground, lineWidth: 0.7 } },
        ...(region === c.state.region ? [{ type: "path", silent: true, shape: { pathData: path }, style: { fill: "none", stroke: theme.mark, lineWidth: 2.5 } }] : []),
        ...(free ? [{ type: "text", silent: true, style: { text: name, x, y, textAlign: "center", textVerticalAlign: "middle", fill: letters(fill), font: `11px ${FONT}` } }] : []),
      ],
    };
  });
  return {
    height: height + LEGEND + 18,
    option: {
      graphic: key(c, width, theme),
      tooltip: tooltip(theme, (at) => about(c, r.shapes![at].region)),
      series: [{ type: "custom", coordinateSystem: "none", renderItem: (({ dataIndex }: Item) => drawn[dataIndex]) as never, data: drawn.map((_, at) => [at]) }],
    } as Drawing["option"],
  };
}

type Point = [number, number];

function ringsOf({ type, coordinates }: NonNullable<Context["report"]["shapes"]>[number]["geometry"]): { points: Point[]; hole: boolean }[] {
  const polygons = (type === "Polygon" ? [coordinates] : coordinates) as Point[][][];
  return polygons.flatMap((rings) => rings.map((points, at) => ({ points, hole: at > 0 })));
}

/** Twice what a ring encloses, and on which side. */
const area = (ring: Point[]): number => ring.reduce((sum, [x, y], i) => sum + x * ring[(i + 1) % ring.length][1] - y * ring[(i + 1) % ring.length][0], 0);

/** Where the middle of what a ring encloses lies. */
function middle(ring: Point[]): Point {
  const whole = area(ring);
  if (!whole) return ring[0];
  const [x, y] = ring.reduce(([sx, sy], [ax, ay], i): Point => {
    const [bx, by] = ring[(i + 1) % ring.length];
    const cross = ax * by - ay * bx;
    return [sx + (ax + bx) * cross, sy + (ay + by) * cross];
  }, [0, 0]);
  return [x / (3 * whole), y / (3 * whole)];
}

function bounds(coordinates: unknown): [number, number, number, number] {
  let [west, east, south, north] = [Infinity, -Infinity, Infinity, -Infinity];
  const walk = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    if (typeof part[0] === "number") {
      [west, east] = [Math.min(west, part[0]), Math.max(east, part[0])];
      [south, north] = [Math.min(south, part[1]), Math.max(north, part[1])];
    } else part.forEach(walk);
  };
  walk(coordinates);
  return [west, east, south, north];
}

function values(c: Context, title: string): HTMLElement {
  const { report: r, state } = c;
  const columns: Column<number>[] = [
    { title: c.say("region"), cell: (at) => c.region(at), value: (at) => c.region(at), heading: true },
    {
      title: c.say("score"),
      cell: (at) => c.score(r.scores.at(at, state.year, state.element), state.element),
      value: (at) => r.scores.at(at, state.year, state.element),
      numeric: true,
      descending: true,
    },
    {
      title: c.say("rank"),
      cell: (at) => r.ranks.at(at, state.year, state.element) || "–",
      value: (at) => r.ranks.at(at, state.year, state.element) || NaN,
      numeric: true,
    },
  ];
  return table(columns, r.regions.map((_, at) => at), c.table(title));
}

function absent(c: Context, drawn: Set<number>): HTMLElement | null {
  const rest = c.report.regions.flatMap((_, at) => (drawn.has(at) ? [] : [at]));
  if (!rest.length) return null;
  const shown = (at: number) => {
    const score = c.report.scores.at(at, c.state.year, c.state.element);
    return Number.isFinite(score) ? `${c.region(at)} ${c.score(score, c.state.element)}` : `${c.region(at)} –`;
  };
  return h("p", { class: "absent" }, h("strong", {}, c.say("mapAbsent")), ` ${rest.map(shown).join(c.state.lang === "zh" ? "，" : ", ")}`);
}
