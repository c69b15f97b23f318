/** Moves between classes: from those on the left to those on the right, as wide as there were many; beside them the long run. */

import { FONT, tooltip, widthOf, type Drawing } from "./charts";
import { letters, shade, type Theme } from "./colour";
import type { Item } from "./engine";
import { cut } from "./labels";

export interface Flows {
  /** From the lowest class up. */
  names: string[];
  counts: number[][];
  /** Written at the flows, where there is room. */
  written: (from: number, to: number) => string;
  heads: { from: string; to: string; beside?: string };
  /** Shares beside each class on the right; nothing where they are not known. */
  beside: { share: number; written: string }[] | null;
  tip: (from: number, to: number) => string[];
}

export const classColour = (at: number, classes: number, theme: Theme): string => shade([theme.ramp[1], theme.ramp[3], theme.ramp[5]], classes > 1 ? at / (classes - 1) : 0);

const [HEAD, NODE, SPACE, TALL] = [26, 14, 10, 300];

export function drawFlows({ names, counts, written, heads, beside, tip }: Flows, width: number, theme: Theme): Drawing {
  const k = names.length;
  const narrow = width < 560;
  const out = counts.map((row) => row.reduce((sum, n) => sum + n, 0));
  const into = counts[0].map((_, to) => counts.reduce((sum, row) => sum + row[to], 0));
  const all = out.reduce((sum, n) => sum + n, 0);
  const room = narrow ? 0 : Math.min(width * 0.2, Math.max(...names.map((name) => widthOf(name, 12))) + 10);
  const bars = beside ? (narrow ? 84 : 150) : 0;
  const [start, end] = [room, width - bars - (beside ? 18 : 0) - NODE];
  const unit = (TALL - SPACE * (k - 1)) / all;
  // The highest class stands on top.
  const order = Array.from({ length: k }, (_, i) => k - 1 - i);
  const stack = (sizes: number[]) => {
    const tops: number[] = [];
    let y = HEAD;
    for (const at of order) {
      tops[at] = y;
      y += sizes[at] * unit + SPACE;
    }
    return tops;
  };
  const [left, right] = [stack(out), stack(into)];
  const text = (label: string, x: number, y: number, look: object = {}) => ({ type: "text", silent: true, z: 4, style: { text: label, x, y, textVerticalAlign: "middle", fill: theme.ink, font: `12px ${FONT}`, ...look } });
  const around: object[] = [text(heads.from, start, 9, { fill: theme.muted }), text(heads.to, end + NODE, 9, { fill: theme.muted, textAlign: "right" })];
  const [fromAt, toAt] = [[...left], [...right]];
  const flows = order.flatMap((from) => order.filter((to) => counts[from][to]).map((to) => ({ from, to, tall: counts[from][to] * unit, a: 0, b: 0 })));
  for (const flow of flows) {
    [flow.a, flow.b] = [fromAt[flow.from], toAt[flow.to]];
    fromAt[flow.from] += flow.tall;
    toAt[flow.to] += flow.tall;
    if (flow.tall >= 13) around.push(text(written(flow.from, flow.to), start + NODE + 8, flow.a + flow.tall / 2, { stroke: theme.ground, lineWidth: 3 }));
  }
  const draw = ({ dataIndex }: Item) => {
    const { from, to, tall, a, b } = flows[dataIndex];
    return { type: "path", shape: { pathData: ribbon(start + NODE, end, a, b, tall) }, style: { fill: classColour(from, k, theme), opacity: from === to ? 0.35 : 0.78, stroke: theme.ground, lineWidth: 0.5 } };
  };
  for (const at of order) {
    const fill = classColour(at, k, theme);
    const [mid, far] = [left[at] + (out[at] * unit) / 2, right[at] + (into[at] * unit) / 2];
    const node = (x: number, y: number, n: number) => ({ type: "rect", silent: true, z: 3, shape: { x, y, width: NODE, height: Math.max(n * unit, 1) }, style: { fill } });
    around.push(node(start, left[at], out[at]), node(end, right[at], into[at]));
    if (narrow) around.push(text(String(at + 1), start + NODE / 2, mid, { textAlign: "center", fill: letters(fill) }));
    else around.push(text(cut(names[at], room - 8), start - 8, mid, { textAlign: "right" }));
    if (!beside) continue;
    const length = (beside[at].share / Math.max(...beside.map(({ share }) => share), 1e-9)) * (bars - 52);
    const from = end + NODE + 18;
    around.push({ type: "rect", silent: true, shape: { x: from, y: far - 7, width: length, height: 14, r: 2 }, style: { fill } }, text(beside[at].written, from + length + 6, far));
  }
  if (beside) around.push(text(cut(heads.beside ?? "", bars), end + NODE + 18, 9, { fill: theme.muted }));
  return {
    height: HEAD + TALL + 8,
    option: { graphic: around, tooltip: tooltip(theme, (i) => tip(flows[i].from, flows[i].to)), series: [{ type: "custom", coordinateSystem: "none", renderItem: draw, data: flows }] },
  };
}

/** A band between two places, level at both ends. */
function ribbon(x1: number, x2: number, y1: number, y2: number, tall: number): string {
  const [middle, write] = [(x1 + x2) / 2, (value: number) => value.toFixed(1)];
  const curve = (a: number, to: number, b: number) => `C${write(middle)} ${write(a)} ${write(middle)} ${write(b)} ${write(to)} ${write(b)}`;
  return `M${write(x1)} ${write(y1)}${curve(y1, x2, y2)}V${write(y2 + tall)}${curve(y2 + tall, x1, y1 + tall)}Z`;
}
