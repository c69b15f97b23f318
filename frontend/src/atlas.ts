/** Regions coloured by a number: tiles of a grid, each named, or the reader's own shapes. */

import type { Item } from "./engine";
import { FONT, tooltip, widthOf, type Drawing } from "./charts";
import { letters, shade, type Theme } from "./colour";
import { extent } from "./findings";
import type { Shape } from "./payload";

export interface Area {
  label: string;
  /** Row and column. */
  tile?: [number, number];
  geometry?: Shape["geometry"];
  /** What it is coloured by; not a number where there is none. */
  value: number;
  /** The value as it stands in a tile with room for it. */
  written: string;
}

export interface Atlas {
  areas: Area[];
  /** Which of them is marked; −1 for none. */
  chosen: number;
  ramp: string[];
  /** The values at the ends of the ramp, and how they are written. */
  ends: [number, number];
  written: [string, string];
  /** What the colours are, and what those without one are. */
  name: string;
  none: string;
  tip: (area: number) => string[];
}

const LEGEND = 46;

/** The ramp's colour of a value; null where there is none. */
function colourOf({ ramp, ends: [low, high] }: Atlas, value: number): string | null {
  return Number.isFinite(value) ? shade(ramp, high > low ? (value - low) / (high - low) : 0.5) : null;
}

/** How a tile without a value looks. */
const hollow = (theme: Theme): object => ({ fill: "none", stroke: theme.muted, lineDash: [3, 2] });

function legend({ ramp, written: [low, high], name, none }: Atlas, blank: object, width: number, theme: Theme): object[] {
  const long = Math.min(220, width - 120);
  const words = { fill: theme.muted, font: `12px ${FONT}` };
  return [
    { type: "text", left: 0, top: 2, style: { ...words, text: name, width: width - 4, overflow: "truncate" } },
    {
      type: "rect",
      shape: { x: 0, y: 20, width: long, height: 9 },
      style: { fill: { type: "linear", x: 0, y: 0, x2: 1, y2: 0, colorStops: ramp.map((color, i) => ({ offset: i / (ramp.length - 1), color })) } },
    },
    { type: "text", left: 0, top: 32, style: { ...words, text: low } },
    { type: "text", style: { ...words, text: high, x: long, y: 32, textAlign: "right" } },
    { type: "rect", shape: { x: long + 18, y: 19, width: 14, height: 11 }, style: blank },
    { type: "text", style: { ...words, text: none, x: long + 38, y: 18 } },
  ];
}

export function drawTiles(atlas: Atlas, width: number, theme: Theme): Drawing {
  const { areas, chosen } = atlas;
  const tiles = areas.map(({ tile }) => tile!);
  const [top, bottom] = extent(tiles.map(([row]) => row));
  const [left, right] = extent(tiles.map(([, column]) => column));
  const columns = right - left + 1;
  const side = Math.min(86, width / columns);
  const indent = (width - side * columns) / 2;
  const gap = side > 40 ? 3 : 2;
  const size = Math.max(7, Math.min(13, side / 4.2));
  // In a smaller tile nobody could read a name; of thousands they would only hold up the page.
  const [lettered, roomy] = [side > 20, side > 44];
  const draw = ({ dataIndex: at }: Item) => {
    const { label, value, written } = areas[at];
    const [row, column] = tiles[at];
    const fill = colourOf(atlas, value);
    const ink = fill ? letters(fill) : theme.muted;
    const [x, y, w] = [indent + (column - left) * side, LEGEND + 18 + (row - top) * side, side - gap];
    const [text, letter] = lettered ? fitting(label, w - 4, size) : ["", size];
    const middle = { x: x + w / 2, fill: ink, textAlign: "center" as const, textVerticalAlign: "middle" as const };
    return {
      type: "group" as const,
      children: [
        { type: "rect" as const, shape: { x, y, width: w, height: w, r: 3 }, style: fill ? { fill } : hollow(theme) },
        ...(at === chosen ? [{ type: "rect" as const, shape: { x: x - 1, y: y - 1, width: w + 2, height: w + 2, r: 4 }, style: { fill: "none", stroke: theme.mark, lineWidth: 2.5 } }] : []),
        ...(lettered ? [{ type: "text" as const, style: { ...middle, y: y + w * (roomy ? 0.36 : 0.5), text, font: `600 ${letter}px ${FONT}`, lineHeight: letter * 1.15 } }] : []),
        ...(roomy ? [{ type: "text" as const, style: { ...middle, y: y + w * 0.74, text: fill ? written : "–", font: `${size - 1}px ${FONT}` } }] : []),
      ],
    };
  };
  return {
    height: Math.ceil(LEGEND + 18 + (bottom - top + 1) * side + 4),
    option: {
      graphic: legend(atlas, hollow(theme), width, theme),
      tooltip: tooltip(theme, atlas.tip),
      series: [{ type: "custom", coordinateSystem: "none", renderItem: draw as never, data: areas.map((_, at) => [at]) }],
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

export function drawShapes(atlas: Atlas, width: number, theme: Theme): Drawing {
  const { areas, chosen } = atlas;
  const [west, east, south, north] = bounds(areas.map(({ geometry }) => geometry!.coordinates));
  // One degree of longitude shortens towards the poles.
  const aspect = Math.abs(north) <= 90 ? Math.cos(((south + north) / 2) * (Math.PI / 180)) : 1;
  const tall = ((width - 4) * (north - south)) / ((east - west) * aspect);
  const height = Math.round(Math.min(620, Math.max(240, tall)));
  const scale = Math.min((width - 4) / ((east - west) * aspect), height / (north - south));
  const indent = (width - (east - west) * aspect * scale) / 2;
  const top = LEGEND + 14 + (height - (north - south) * scale) / 2;
  const taken: { x: number; y: number; half: number }[] = [];
  const drawn = areas.map(({ geometry, label, value }, area) => {
    const rings = ringsOf(geometry!).map(({ points, hole }) => {
      const flat = points.map(([lon, lat]): Point => [indent + (lon - west) * aspect * scale, top + (north - lat) * scale]);
      // Outlines run one way and holes the other, or a hole would be filled.
      return { flat: areaOf(flat) > 0 === hole ? flat.reverse() : flat, hole };
    });
    const [from, to] = bounds(rings.map(({ flat }) => flat));
    const [x, y] = middle(rings.reduce((most, { flat }) => (Math.abs(areaOf(flat)) > Math.abs(areaOf(most)) ? flat : most), rings[0].flat));
    const half = widthOf(label, 11) / 2;
    const free = half * 2 < to - from && taken.every((one) => Math.abs(one.x - x) > one.half + half || Math.abs(one.y - y) > 13);
    if (free) taken.push({ x, y, half });
    const path = rings.map(({ flat }) => `M${flat.map(([px, py]) => `${px.toFixed(1)} ${py.toFixed(1)}`).join("L")}Z`).join("");
    const fill = colourOf(atlas, value) ?? theme.rule;
    return {
      type: "group" as const,
      children: [
        { type: "path", shape: { pathData: path }, style: { fill, stroke: theme.ground, lineWidth: 0.7 } },
        ...(area === chosen ? [{ type: "path", silent: true, shape: { pathData: path }, style: { fill: "none", stroke: theme.mark, lineWidth: 2.5 } }] : []),
        ...(free ? [{ type: "text", silent: true, style: { text: label, x, y, textAlign: "center", textVerticalAlign: "middle", fill: letters(fill), font: `11px ${FONT}` } }] : []),
      ],
    };
  });
  return {
    height: height + LEGEND + 18,
    option: {
      graphic: legend(atlas, { fill: theme.rule }, width, theme),
      tooltip: tooltip(theme, atlas.tip),
      series: [{ type: "custom", coordinateSystem: "none", renderItem: (({ dataIndex }: Item) => drawn[dataIndex]) as never, data: drawn.map((_, at) => [at]) }],
    } as Drawing["option"],
  };
}

type Point = [number, number];

function ringsOf({ type, coordinates }: Shape["geometry"]): { points: Point[]; hole: boolean }[] {
  const polygons = (type === "Polygon" ? [coordinates] : coordinates) as Point[][][];
  return polygons.flatMap((rings) => rings.map((points, at) => ({ points, hole: at > 0 })));
}

/** Twice what a ring encloses, and on which side. */
const areaOf = (ring: Point[]): number => ring.reduce((sum, [x, y], i) => sum + x * ring[(i + 1) % ring.length][1] - y * ring[(i + 1) % ring.length][0], 0);

/** Where the middle of what a ring encloses lies. */
function middle(ring: Point[]): Point {
  const whole = areaOf(ring);
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
