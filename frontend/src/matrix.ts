/** A square of numbers from rows to columns, darker where they are higher. */

import { FONT, widthOf, type Drawing } from "./charts";
import { letters, shade, type Theme } from "./colour";
import { cut } from "./labels";

export interface Matrix {
  /** What rows are; columns are the same, and perhaps more. */
  names: { name: string; colour: string }[];
  more?: string[];
  /** Row × column: what is written, below it in small letters, and how dark from 0 to 1; null is empty. */
  cell: (row: number, column: number) => { text: string; small: string; dark: number } | null;
  rowName: string;
  columnName: string;
  tip: (row: number, column: number) => string[];
}

const [TALL, NARROW] = [40, 560];

export function drawMatrix({ names, more = [], cell, rowName, columnName, tip }: Matrix, width: number, theme: Theme): Drawing {
  const n = names.length + more.length;
  const narrow = width < NARROW;
  // Rows and columns go by numbers, so that columns are named where no name would find room.
  const left = Math.min(Math.max(...names.map(({ name }) => widthOf(name, 12))) + 52, width * (narrow ? 0.4 : 0.34));
  const step = Math.min((width - left) / n, 120);
  const top = 46;
  const write = (text: string, x: number, y: number, look: object) => ({ type: "text", style: { text, x, y, textVerticalAlign: "middle", fill: theme.ink, font: `12px ${FONT}`, ...look } });
  const sign = (at: number, x: number, y: number) => ({ type: "rect", shape: { x, y: y - 6, width: 12, height: 12, r: 2 }, style: { fill: names[at].colour } });
  const shapes: object[] = [write(cut(`${columnName} →`, width - left), left, 10, { fill: theme.muted }), write(cut(`${rowName} ↓`, left - 6), 0, 32, { fill: theme.muted })];
  const spots: { x: number; y: number; width: number; height: number }[] = [];
  names.forEach(({ name }, at) => {
    const y = top + at * TALL + TALL / 2;
    const x = left + at * step + step / 2;
    const lines = folded(`${at + 1} ${name}`, left - 26);
    lines.forEach((line, i) => shapes.push(write(line, 18, y + (i - (lines.length - 1) / 2) * 15, {})));
    shapes.push(sign(at, 0, y), sign(at, x - 14, 32), write(String(at + 1), x + 4, 32, {}));
    [...names, ...more].forEach((_, to) => {
      const held = cell(at, to);
      const px = left + to * step;
      const fill = held ? shade([theme.ground, theme.ramp[5]], held.dark) : "none";
      shapes.push({ type: "rect", shape: { x: px + 1, y: y - TALL / 2 + 1, width: step - 2, height: TALL - 2 }, style: { fill, stroke: theme.rule, lineWidth: 1 } });
      if (held) {
        const small = step > 70 && held.small;
        shapes.push(write(held.text, px + step / 2, small ? y - 6 : y, { fill: letters(fill), textAlign: "center" }));
        if (small) shapes.push(write(held.small, px + step / 2, y + 9, { fill: letters(fill), textAlign: "center", font: `10px ${FONT}` }));
      }
      spots.push({ x: px, y: y - TALL / 2, width: step, height: TALL });
    });
  });
  more.forEach((name, i) => shapes.push(write(cut(name, step), left + (names.length + i + 0.5) * step, 32, { textAlign: "center" })));
  return { height: top + names.length * TALL + 4, sheet: { shapes, spots, tip: (i) => tip(Math.floor(i / n), i % n) } };
}

/** A name on one line, or on two where that is too long. */
function folded(name: string, room: number): string[] {
  if (widthOf(name, 12) <= room) return [name];
  const words = name.split(" ");
  let fits = words.length - 1;
  while (fits > 1 && widthOf(words.slice(0, fits).join(" "), 12) > room) fits -= 1;
  return words.length < 3 ? [cut(name, room)] : [words.slice(0, fits).join(" "), words.slice(fits).join(" ")].map((line) => cut(line, room));
}
