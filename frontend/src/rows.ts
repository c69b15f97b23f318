/** Charts with one row per thing: a bar with a tick beside it, or a dot with its interval. */

import type { Api, Item } from "./engine";
import { FONT, tooltip, widthOf, type Drawing } from "./charts";
import { shade, type Theme } from "./colour";
import { key } from "./key";
import { cut } from "./labels";
import { ticks } from "./layout";

const TALL = 23;
const NAME = 15;
const NARROW = 560;
const LIMIT = 18;
const RIGHT = 18;

export interface Row {
  name: string;
  /** The bar's end, or the dot. */
  value: number;
  /** Where the bar begins: at nothing, unless it goes on from another. */
  from?: number;
  tick?: number;
  low?: number;
  high?: number;
  /** A dot that says little: an empty ring. */
  faint?: boolean;
}

export interface Rows {
  rows: Row[];
  kind: "bar" | "dot";
  /** What value, interval and tick are; those that are not drawn go without. */
  marks: { value: string; faint?: string; interval?: string; tick?: string };
  /** Limits that rows are held against, as upright lines with their names above. */
  limits?: { value: number; name: string }[];
  /** The ends of the axis; round ones around all rows where it is not given. */
  axis?: { min: number; max: number; step: number };
  tickLabel: (value: number) => string;
  /** What the axis tells and in what unit, below it. */
  axisName?: string;
  tip: (row: number) => string[];
}

export function drawRows({ rows, kind, marks, limits = [], axis, tickLabel, axisName, tip }: Rows, width: number, theme: Theme): Drawing {
  const pale = shade([theme.ground, theme.accent], 0.32);
  const signs = key(
    [
      ...(rows.every(({ faint }) => faint) ? [] : [{ name: marks.value, shape: kind, colour: theme.accent }]),
      ...(marks.faint && rows.some(({ faint }) => faint) ? [{ name: marks.faint, shape: "ring" as const, colour: theme.accent }] : []),
      ...(marks.interval ? [{ name: marks.interval, shape: "bar" as const, colour: pale }] : []),
      ...(marks.tick ? [{ name: marks.tick, shape: "tick" as const, colour: theme.mark }] : []),
    ],
    width,
    theme,
  );
  const longest = Math.max(...rows.map(({ name }) => widthOf(name, 12))) + 14;
  // On a phone long names stand above their rows, for there is no room beside them.
  const over = width < NARROW && longest > width * 0.4;
  const tall = over ? TALL + NAME : TALL;
  const room = over ? 12 : Math.min(width * 0.4, longest);
  const scale = axis ?? around(rows, kind);
  const held = limits.filter(({ value }) => value >= scale.min && value <= scale.max);
  const above = signs.height + (held.length ? LIMIT : 0);
  const foot = axisName ? 44 : 26;
  // A dot at the very end of its axis needs room beside it.
  const left = room + (kind === "dot" ? 6 : 0);
  const across = (value: number) => left + ((value - scale.min) / (scale.max - scale.min)) * (width - RIGHT - left);
  const draw = (params: Item, api: Api) => {
    const row = rows[params.dataIndex];
    const x = (value: number) => api.coord([value, params.dataIndex])[0];
    const y = api.coord([scale.min, params.dataIndex])[1] + (over ? NAME / 2 : 0);
    const rect = (from: number, to: number, tall: number, fill: string, r = 0) => ({
      type: "rect" as const,
      shape: { x: Math.min(from, to), y: y - tall / 2, width: Math.abs(to - from), height: tall, r },
      style: { fill },
    });
    const known = (value?: number): value is number => value !== undefined && Number.isFinite(value);
    const parts: object[] = [];
    if (over) parts.push({ type: "text", silent: true, style: { text: cut(row.name, width - RIGHT), x: 0, y: y - TALL / 2 - NAME / 2 + 2, textVerticalAlign: "middle", fill: theme.ink, stroke: theme.ground, lineWidth: 3, font: `12px ${FONT}` } });
    if (scale.min < 0 && params.dataIndex === 0) {
      const line = { x1: x(0), y1: y - TALL / 2, x2: x(0), y2: y + (rows.length - 1) * tall + TALL / 2 };
      parts.push({ type: "line", shape: line, style: { stroke: theme.muted, lineWidth: 1 }, silent: true });
    }
    if (known(row.low) && known(row.high)) parts.push(rect(x(row.low) - 4, x(row.high) + 4, 12, pale, 3));
    if (known(row.value) && kind === "bar") parts.push(rect(x(row.from ?? Math.max(scale.min, 0)), x(row.value), 13, row.from !== undefined && row.from > row.value ? theme.mark : theme.accent));
    // The pale edge keeps a tick apart from its bar for those who do not see red; a dot stands before it.
    if (known(row.tick) && kind === "bar") parts.push(rect(x(row.tick) - 2.5, x(row.tick) + 2.5, 18, theme.ground));
    if (known(row.tick)) parts.push(rect(x(row.tick) - 1, x(row.tick) + 1, 16, theme.mark));
    if (known(row.value) && kind === "dot") {
      const look = row.faint ? { fill: theme.ground, stroke: theme.accent, lineWidth: 1.5 } : { fill: theme.accent, stroke: theme.ground, lineWidth: 1.25 };
      parts.push({ type: "circle", shape: { cx: x(row.value), cy: y, r: row.faint ? 4 : 4.5 }, style: look });
    }
    return { type: "group" as const, children: parts };
  };
  return {
    height: above + rows.length * tall + foot + 4,
    option: {
      graphic: [...signs.graphic, ...named(held, across, signs.height, above + rows.length * tall, width, theme)] as never,
      grid: { left, right: RIGHT, top: above, bottom: foot },
      xAxis: {
        type: "value",
        min: scale.min,
        max: scale.max,
        interval: scale.step,
        name: axisName,
        nameLocation: "middle",
        nameGap: 24,
        nameTextStyle: { color: theme.muted, fontSize: 12 },
        axisLabel: { color: theme.muted, fontSize: 11, hideOverlap: true, formatter: tickLabel },
        splitLine: { lineStyle: { color: theme.rule } },
      },
      yAxis: {
        type: "category",
        inverse: true,
        data: rows.map(({ name }) => name),
        axisLine: { show: false, onZero: false },
        axisTick: { show: false },
        axisLabel: { show: !over, color: theme.ink, fontSize: 12, width: room - 8, overflow: "truncate", interval: 0, margin: 6 + left - room },
      },
      tooltip: tooltip(theme, tip),
      series: [{ type: "custom", renderItem: draw as never, data: rows.map((row, i) => [row.value, i]) }],
    } as Drawing["option"],
  };
}

/** Limits as dashed lines from top to bottom; a name that would stand over another goes without. */
function named(limits: { value: number; name: string }[], across: (value: number) => number, top: number, bottom: number, width: number, theme: Theme): object[] {
  let taken = -Infinity;
  return limits.flatMap(({ value, name }) => {
    const x = across(value);
    const wide = widthOf(name, 11);
    const from = Math.min(x - wide / 2, width - wide);
    const line = { type: "line", silent: true, z: 1, shape: { x1: x, y1: top + LIMIT - 2, x2: x, y2: bottom }, style: { stroke: theme.ink, lineWidth: 1, lineDash: [3, 3], opacity: 0.7 } };
    if (from < taken) return [line];
    taken = from + wide + 6;
    return [line, { type: "text", silent: true, style: { text: name, x: from, y: top + 8, textVerticalAlign: "middle", fill: theme.muted, font: `11px ${FONT}` } }];
  });
}

function around(rows: Row[], kind: "bar" | "dot"): { min: number; max: number; step: number } {
  const found = rows.flatMap(({ value, tick, low, high }) => [value, tick, low, high]).filter((one): one is number => one !== undefined && Number.isFinite(one));
  const [low, high] = [Math.min(...found), Math.max(...found)];
  return kind === "bar" ? ticks(Math.min(low, 0), Math.max(high, 0)) : ticks(low, high);
}
