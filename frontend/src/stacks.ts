/** Charts with one bar per thing, made of parts that lie end to end. */

import type { Api, Item } from "./engine";
import { FONT, tooltip, widthOf, type Drawing } from "./charts";
import { letters, type Theme } from "./colour";
import { key } from "./key";
import { ticks } from "./layout";

const TALL = 23;

export interface Stacks {
  /** Parts below nothing lie to the left of it; a tick says what all of them come to. */
  rows: { name: string; parts: number[]; tick?: number }[];
  parts: { name: string; colour: string }[];
  /** What the ticks are. */
  tick?: string;
  axisName?: string;
  tickLabel: (value: number) => string;
  tip: (row: number) => string[];
}

export function drawStacks({ rows, parts, tick, axisName, tickLabel, tip }: Stacks, width: number, theme: Theme): Drawing {
  const signs = key([...parts.map(({ name, colour }) => ({ name, shape: "bar" as const, colour })), ...(tick ? [{ name: tick, shape: "tick" as const, colour: theme.ink }] : [])], width, theme);
  const room = Math.min(width * 0.4, Math.max(...rows.map(({ name }) => widthOf(name, 12))) + 14);
  const reach = (side: 1 | -1) => Math.max(0, ...rows.map((row) => row.parts.reduce((sum, part) => sum + Math.max(side * part || 0, 0), 0)));
  const [low, high] = [-reach(-1), reach(1) || 1];
  const scale = ticks(low, high);
  // Shares end where they are whole; what goes both ways ends at round numbers.
  const [min, max] = low < 0 ? [scale.min, scale.max] : [0, high];
  const draw = ({ dataIndex: i }: Item, api: Api) => {
    const y = api.coord([0, i])[1];
    const sums = { up: 0, down: 0 };
    const bars = rows[i].parts.flatMap((part, at): object[] => {
      if (!part) return [];
      const side = part > 0 ? "up" : "down";
      const [from, to] = [api.coord([sums[side], i])[0], api.coord([(sums[side] += part), i])[0]];
      const bar = { type: "rect", shape: { x: Math.min(from, to), y: y - 7.5, width: Math.abs(to - from), height: 15 }, style: { fill: parts[at].colour, stroke: theme.ground, lineWidth: 1 } };
      const text = tickLabel(part);
      const named = widthOf(text, 11) + 6 < Math.abs(to - from);
      return named ? [bar, { type: "text", silent: true, style: { text, x: (from + to) / 2, y, textAlign: "center", textVerticalAlign: "middle", fill: letters(parts[at].colour), font: `11px ${FONT}` } }] : [bar];
    });
    const sign = (value: number, wide: number, fill: string) => ({ type: "rect", shape: { x: api.coord([value, i])[0] - wide / 2, y: y - 10, width: wide, height: 20 }, style: { fill } });
    const { tick: net = NaN } = rows[i];
    if (Number.isFinite(net)) bars.push(sign(net, 5, theme.ground), sign(net, 2, theme.ink));
    if (min < 0) bars.push({ type: "rect", shape: { x: api.coord([0, i])[0] - 0.5, y: y - TALL / 2, width: 1, height: TALL }, style: { fill: theme.muted } });
    return { type: "group" as const, children: bars };
  };
  const foot = axisName ? 44 : 26;
  return {
    height: signs.height + rows.length * TALL + foot + 4,
    option: {
      graphic: signs.graphic as never,
      grid: { left: room, right: 18, top: signs.height, bottom: foot },
      xAxis: {
        type: "value", min, max, interval: scale.step, name: axisName, nameLocation: "middle", nameGap: 24, nameTextStyle: { color: theme.muted, fontSize: 12 },
        axisLabel: { color: theme.muted, fontSize: 11, hideOverlap: true, showMaxLabel: low < 0, formatter: tickLabel }, splitLine: { lineStyle: { color: theme.rule } },
      },
      yAxis: {
        type: "category", inverse: true, data: rows.map(({ name }) => name), axisLine: { show: false }, axisTick: { show: false },
        axisLabel: { color: theme.ink, fontSize: 12, width: room - 8, overflow: "truncate", interval: 0, margin: 6 },
      },
      tooltip: tooltip(theme, tip),
      series: [{ type: "custom", renderItem: draw as never, data: rows.map((_, i) => [0, i]) }],
    } as Drawing["option"],
  };
}
