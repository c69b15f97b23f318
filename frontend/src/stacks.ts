/** Charts with one bar per thing, made of parts that lie end to end. */

import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from "echarts";
import { FONT, tooltip, widthOf, type Drawing } from "./charts";
import { letters, type Theme } from "./colour";
import { key } from "./key";
import { ticks } from "./layout";

const TALL = 23;

export interface Stacks {
  rows: { name: string; parts: number[] }[];
  parts: { name: string; colour: string }[];
  axisName?: string;
  tickLabel: (value: number) => string;
  tip: (row: number) => string[];
}

export function drawStacks({ rows, parts, axisName, tickLabel, tip }: Stacks, width: number, theme: Theme): Drawing {
  const signs = key(parts.map(({ name, colour }) => ({ name, shape: "bar" as const, colour })), width, theme);
  const room = Math.min(width * 0.4, Math.max(...rows.map(({ name }) => widthOf(name, 12))) + 14);
  const whole = Math.max(...rows.map((row) => row.parts.reduce((sum, part) => sum + part, 0)), 1);
  const scale = ticks(0, whole);
  const draw = ({ dataIndex: i }: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
    const y = api.coord([0, i])[1];
    let sum = 0;
    const bars = rows[i].parts.flatMap((part, at): object[] => {
      if (!(part > 0)) return [];
      const [from, to] = [api.coord([sum, i])[0], api.coord([(sum += part), i])[0]];
      const bar = { type: "rect", shape: { x: from, y: y - 7.5, width: to - from, height: 15 }, style: { fill: parts[at].colour, stroke: theme.ground, lineWidth: 1 } };
      const text = tickLabel(part);
      const named = widthOf(text, 11) + 6 < to - from;
      return named ? [bar, { type: "text", silent: true, style: { text, x: (from + to) / 2, y, textAlign: "center", textVerticalAlign: "middle", fill: letters(parts[at].colour), font: `11px ${FONT}` } }] : [bar];
    });
    return { type: "group" as const, children: bars };
  };
  const foot = axisName ? 44 : 26;
  return {
    height: signs.height + rows.length * TALL + foot + 4,
    option: {
      graphic: signs.graphic as never,
      grid: { left: room, right: 18, top: signs.height, bottom: foot },
      xAxis: {
        type: "value", min: 0, max: whole, interval: scale.step, name: axisName, nameLocation: "middle", nameGap: 24, nameTextStyle: { color: theme.muted, fontSize: 12 },
        axisLabel: { color: theme.muted, fontSize: 11, hideOverlap: true, showMaxLabel: false, formatter: tickLabel }, splitLine: { lineStyle: { color: theme.rule } },
      },
      yAxis: {
        type: "category", inverse: true, data: rows.map(({ name }) => name), axisLine: { show: false }, axisTick: { show: false },
        axisLabel: { color: theme.ink, fontSize: 12, width: room - 8, overflow: "truncate", interval: 0, margin: 6 },
      },
      tooltip: tooltip(theme, tip),
      series: [{ type: "custom", renderItem: draw as never, emphasis: { disabled: true }, data: rows.map((_, i) => [0, i]) }],
    } as Drawing["option"],
  };
}
