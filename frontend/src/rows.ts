/** Charts with one row per thing: a bar with a tick beside it, or a dot with its interval. */

import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from "echarts";
import { tooltip, widthOf, type Drawing } from "./charts";
import { shade, type Theme } from "./colour";
import { key } from "./key";
import { ticks } from "./layout";

const TALL = 23;

export interface Row {
  name: string;
  /** The bar's end, or the dot. */
  value: number;
  tick?: number;
  low?: number;
  high?: number;
}

export interface Rows {
  rows: Row[];
  kind: "bar" | "dot";
  /** What value, interval and tick are; those that are not drawn go without. */
  marks: { value: string; interval?: string; tick?: string };
  /** The ends of the axis; round ones around all rows where it is not given. */
  axis?: { min: number; max: number; step: number };
  tickLabel: (value: number) => string;
  tip: (row: number) => string[];
}

export function drawRows({ rows, kind, marks, axis, tickLabel, tip }: Rows, width: number, theme: Theme): Drawing {
  const pale = shade([theme.ground, theme.accent], 0.32);
  const signs = key(
    [
      { name: marks.value, shape: kind, colour: theme.accent },
      ...(marks.interval ? [{ name: marks.interval, shape: "bar" as const, colour: pale }] : []),
      ...(marks.tick ? [{ name: marks.tick, shape: "tick" as const, colour: theme.mark }] : []),
    ],
    width,
    theme,
  );
  const room = Math.min(width * 0.4, Math.max(...rows.map(({ name }) => widthOf(name, 12))) + 14);
  const scale = axis ?? around(rows, kind);
  const draw = (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
    const row = rows[params.dataIndex];
    const x = (value: number) => api.coord([value, params.dataIndex])[0];
    const y = api.coord([scale.min, params.dataIndex])[1];
    const rect = (from: number, to: number, tall: number, fill: string, r = 0) => ({
      type: "rect" as const,
      shape: { x: Math.min(from, to), y: y - tall / 2, width: Math.abs(to - from), height: tall, r },
      style: { fill },
    });
    const known = (value?: number): value is number => value !== undefined && Number.isFinite(value);
    const parts: object[] = [];
    if (scale.min < 0 && params.dataIndex === 0) {
      const line = { x1: x(0), y1: y - TALL / 2, x2: x(0), y2: y + (rows.length - 0.5) * TALL };
      parts.push({ type: "line", shape: line, style: { stroke: theme.muted, lineWidth: 1 }, silent: true });
    }
    if (known(row.low) && known(row.high)) parts.push(rect(x(row.low) - 4, x(row.high) + 4, 12, pale, 3));
    if (known(row.value) && kind === "bar") parts.push(rect(x(Math.max(scale.min, 0)), x(row.value), 13, theme.accent));
    if (known(row.value) && kind === "dot") {
      parts.push({ type: "circle", shape: { cx: x(row.value), cy: y, r: 4.5 }, style: { fill: theme.accent, stroke: theme.ground, lineWidth: 1.25 } });
    }
    if (known(row.tick)) parts.push(rect(x(row.tick) - 1, x(row.tick) + 1, 16, theme.mark));
    return { type: "group" as const, children: parts };
  };
  return {
    height: signs.height + rows.length * TALL + 30,
    option: {
      graphic: signs.graphic as never,
      grid: { left: room, right: 18, top: signs.height, bottom: 26 },
      xAxis: {
        type: "value",
        min: scale.min,
        max: scale.max,
        interval: scale.step,
        axisLabel: { color: theme.muted, fontSize: 11, hideOverlap: true, formatter: tickLabel },
        splitLine: { lineStyle: { color: theme.rule } },
      },
      yAxis: {
        type: "category",
        inverse: true,
        data: rows.map(({ name }) => name),
        axisLine: { show: false, onZero: false },
        axisTick: { show: false },
        axisLabel: { color: theme.ink, fontSize: 12, width: room - 8, overflow: "truncate", interval: 0, margin: 6 },
      },
      tooltip: tooltip(theme, tip),
      series: [{ type: "custom", renderItem: draw as never, emphasis: { disabled: true }, data: rows.map((row, i) => [row.value, i]) }],
    } as Drawing["option"],
  };
}

function around(rows: Row[], kind: "bar" | "dot"): { min: number; max: number; step: number } {
  const found = rows.flatMap(({ value, tick, low, high }) => [value, tick, low, high]).filter((one): one is number => one !== undefined && Number.isFinite(one));
  const [low, high] = [Math.min(...found), Math.max(...found)];
  return kind === "bar" ? ticks(Math.min(low, 0), Math.max(high, 0)) : ticks(low, high);
}
