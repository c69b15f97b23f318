/** A specification curve: versions in the order of their margins, and under each the choices it made. */

import type { Item } from "./engine";
import { FONT, tooltip, widthOf, type Drawing } from "./charts";
import type { Theme } from "./colour";
import type { Context } from "./context";
import { capital, count, significant } from "./format";
import { key } from "./key";
import { bent, straight, uneven } from "./layout";
import type { Claim } from "./payload";

// A choice with more versions than this is left to the table: nobody reads thirty rows of dots.
export const MOST_ROWS = 24;
const TALL = 14;
const HEAD = 24;

export function curve(c: Context, claim: Claim, width: number, theme: Theme): Drawing {
  const { lang } = c.state;
  const { margins, holds, picks, below } = claim.curve;
  const factors = c.report.sureness!.factors;
  const shown = factors.flatMap((factor, f) => (factor.versions.length > 0 && factor.versions.length <= MOST_ROWS ? [f] : []));
  const n = margins.length;
  const colour = (i: number) => (holds[i] ? theme.accent : theme.mark);
  const marks = key(
    [
      { name: c.say("holds"), shape: "dot", colour: theme.accent },
      { name: c.say("fails"), shape: "dot", colour: theme.mark },
      { name: c.say("asItStands"), shape: "dash", colour: theme.ink },
    ],
    width,
    theme,
  );

  const labels = shown.flatMap((f) => factors[f].versions.map((version) => version[lang]));
  const room = Math.min(width * 0.36, Math.max(60, ...labels.map((label) => widthOf(label, 11))) + 14);
  const [above, tall] = [marks.height + 8, Math.round(Math.min(240, Math.max(170, width * 0.24)))];
  const step = (width - room - 8) / n;
  const x = (i: number) => room + (i + 0.5) * step;
  const values = [...margins, 0, claim.nominalMargin ?? 0];
  const scale = uneven(margins) ? bent(values, Math.floor(tall / 22)) : straight(values);
  const y = (value: number) => above + (1 - scale.share(value)) * tall;

  const text = (label: string, at: number, down: number, look: object) => ({ type: "text", style: { text: label, x: at, y: down, textVerticalAlign: "middle", ...look } });
  const rule = (down: number, stroke: string) => ({ type: "line", shape: { x1: room, y1: down, x2: width - 8, y2: down }, style: { stroke, lineWidth: 1 } });
  const graphic: object[] = [];
  for (const value of scale.ticks) {
    graphic.push(rule(y(value), value === 0 ? theme.muted : theme.rule));
    graphic.push(text(c.tick(value), room - 8, y(value), { textAlign: "right", fill: theme.muted, font: `11px ${FONT}` }));
  }
  graphic.push(text(c.say("margin"), 0, above, { fill: theme.muted, font: `12px ${FONT}` }));

  // One shape per row and verdict: a curve has thousands of marks.
  const rows: object[] = [];
  let down = above + tall + 14;
  for (const f of shown) {
    graphic.push(text(capital(factors[f].title[lang]), 0, down + HEAD / 2 + 2, { fill: theme.muted, font: `600 12px ${FONT}` }));
    down += HEAD;
    factors[f].versions.forEach((version, v) => {
      graphic.push(text(version[lang], 0, down + TALL / 2, { fill: theme.ink, font: `11px ${FONT}`, width: room - 10, overflow: "truncate" }));
      graphic.push(rule(down + TALL, theme.rule));
      for (const verdict of [1, 0]) {
        const path = marksAt((i) => picks[i * factors.length + f] === v && holds[i] === verdict, n, x, down + 3, Math.max(1, step * 0.9));
        if (path) rows.push({ type: "path", silent: true, shape: { pathData: path }, style: { fill: verdict ? theme.accent : theme.mark } });
      }
      down += TALL;
    });
  }
  if (below !== null) {
    const at = room + below * step;
    rows.push({ type: "line", silent: true, shape: { x1: at, y1: above, x2: at, y2: down }, style: { stroke: theme.ink, lineWidth: 1.25, lineDash: [4, 3] } });
  }

  const radius = Math.min(3, Math.max(1.4, step * 0.7));
  const draw = ({ dataIndex: i }: Item) => {
    if (i === n) return { type: "group" as const, silent: true, children: rows };
    return {
      type: "group" as const,
      children: [
        { type: "rect" as const, shape: { x: x(i) - step / 2, y: above, width: step, height: down - above }, style: { fill: "transparent" } },
        { type: "circle" as const, shape: { cx: x(i), cy: y(margins[i]), r: radius }, style: { fill: colour(i) } },
      ],
    };
  };
  return {
    height: down + 6,
    option: {
      graphic: [...marks.graphic, ...graphic.map((one) => ({ ...one, silent: true }))] as never,
      tooltip: tooltip(theme, (i) => [
        c.say("versionNth", { at: count(i + 1, lang), n: count(n, lang) }),
        `${c.say("margin")}: ${significant(margins[i], 3, lang)} (${c.say(holds[i] ? "holds" : "fails")})`,
        ...factors.flatMap((factor, f) => {
          const version = factor.versions[picks[i * factors.length + f]];
          return version ? [`${factor.title[lang]}: ${version[lang]}`] : [];
        }),
      ]),
      series: [
        {
          type: "custom",
          coordinateSystem: "none",
          renderItem: draw as never,
          data: Array.from({ length: n + 1 }, (_, i) => [i]),
        },
      ],
    } as Drawing["option"],
  };
}

/** Upright marks, as one path, at the places where something is so. */
function marksAt(so: (i: number) => boolean, n: number, x: (i: number) => number, y: number, wide: number): string {
  let path = "";
  for (let i = 0; i < n; i++) if (so(i)) path += `M${(x(i) - wide / 2).toFixed(1)} ${y}h${wide.toFixed(1)}v${TALL - 5}h${(-wide).toFixed(1)}z`;
  return path;
}
