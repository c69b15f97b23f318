/** Many measures of one thing among its like: a strip each, in groups, from the lowest of all to the highest. */

import type { Item } from "./engine";
import { FONT, tooltip, widthOf, type Drawing } from "./charts";
import { shade, type Theme } from "./colour";
import { extent } from "./findings";
import { key } from "./key";
import { cut } from "./labels";

export interface Strip {
  group: string;
  name: string;
  value: number;
  low: number;
  high: number;
  /** The value as it is written. */
  written: string;
  others: number[];
}

export interface Strips {
  strips: Strip[];
  marks: { value: string; interval: string; others: string };
  tip: (strip: number) => string[];
}

const [TALL, HEAD, NARROW] = [24, 30, 560];

export function drawStrips({ strips, marks, tip }: Strips, width: number, theme: Theme): Drawing {
  const pale = shade([theme.ground, theme.accent], 0.32);
  const signs = key(
    [
      { name: marks.value, shape: "dot", colour: theme.accent },
      { name: marks.interval, shape: "bar", colour: pale },
      { name: marks.others, shape: "tick", colour: theme.muted },
    ],
    width,
    theme,
  );
  // On a phone a name stands above its strip, for there is no room beside it.
  const narrow = width < NARROW;
  const tall = narrow ? TALL + 18 : TALL;
  const names = narrow ? 8 : Math.min(width * 0.42, Math.max(...strips.map(({ name }) => widthOf(name, 12))) + 16);
  const values = Math.max(...strips.map(({ written }) => widthOf(written, 12, 600))) + 14;
  const [start, end] = [names, width - values - 6];
  let down = signs.height;
  const heads: { name: string; y: number }[] = [];
  const places = strips.map((strip, i) => {
    if (i === 0 || strips[i - 1].group !== strip.group) {
      heads.push({ name: strip.group, y: down + HEAD / 2 + 3 });
      down += HEAD;
    }
    const y = down;
    down += tall;
    return y;
  });
  const text = (label: string, x: number, y: number, look: object) => ({ type: "text", silent: true, style: { text: label, x, y, textVerticalAlign: "middle", ...look } });
  const draw = ({ dataIndex: i }: Item) => {
    const strip = strips[i];
    const y = places[i] + tall - TALL / 2;
    const [low, high] = extent([strip.value, ...strip.others].filter(Number.isFinite));
    const x = (value: number) => start + 5 + (high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0.5) * (end - start - 10);
    const parts: object[] = [
      { type: "rect", shape: { x: 0, y: places[i], width, height: tall }, style: { fill: "transparent" } },
      { type: "line", silent: true, shape: { x1: start, y1: y, x2: end, y2: y }, style: { stroke: theme.rule, lineWidth: 1 } },
    ];
    if (Number.isFinite(strip.low) && Number.isFinite(strip.high)) parts.push({ type: "rect", silent: true, shape: { x: x(strip.low) - 3, y: y - 6, width: x(strip.high) - x(strip.low) + 6, height: 12, r: 3 }, style: { fill: pale } });
    for (const other of strip.others) if (Number.isFinite(other)) parts.push({ type: "rect", silent: true, shape: { x: x(other) - 0.75, y: y - 5, width: 1.5, height: 10 }, style: { fill: theme.muted, opacity: 0.55 } });
    if (Number.isFinite(strip.value)) parts.push({ type: "circle", silent: true, shape: { cx: x(strip.value), cy: y, r: 5 }, style: { fill: theme.accent, stroke: theme.ground, lineWidth: 1.25 } });
    return { type: "group" as const, children: parts };
  };
  const graphic = [
    ...heads.map(({ name, y }) => text(name, 0, y, { fill: theme.muted, font: `600 12px ${FONT}` })),
    ...strips.flatMap((strip, i) => [
      narrow
        ? text(cut(strip.name, width - 4), 0, places[i] + 11, { fill: theme.ink, font: `12px ${FONT}` })
        : text(cut(strip.name, names - 14), names - 12, places[i] + TALL / 2, { fill: theme.ink, font: `12px ${FONT}`, textAlign: "right" }),
      text(strip.written, width - 2, places[i] + tall - TALL / 2, { fill: theme.ink, font: `600 12px ${FONT}`, textAlign: "right" }),
    ]),
  ];
  return {
    height: down + 4,
    option: {
      graphic: [...signs.graphic, ...graphic] as never,
      tooltip: tooltip(theme, (i) => tip(i)),
      series: [{ type: "custom", coordinateSystem: "none", renderItem: draw as never, data: strips.map((_, i) => [i]) }],
    } as Drawing["option"],
  };
}
