/** The letters of the charts: their face, how wide they stand, where lines break. */

export const FONT =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", sans-serif';

let pen: CanvasRenderingContext2D | null = null;
let held = "";
// The same names are measured at every step of the year.
const known = new Map<string, number>();
const MOST_KNOWN = 100_000;

/** How wide a line of text will stand. */
export function widthOf(text: string, size: number, weight = 400): number {
  pen ??= document.createElement("canvas").getContext("2d");
  if (!pen) return text.length * size;
  const name = `${weight} ${size} ${text}`;
  const before = known.get(name);
  if (before !== undefined) return before;
  // To set a font is dearer than to measure with it.
  const font = `${weight} ${size}px ${FONT}`;
  if (font !== held) pen.font = held = font;
  if (known.size >= MOST_KNOWN) known.clear();
  const { width } = pen.measureText(text);
  known.set(name, width);
  return width;
}

/** Lines no wider than there is room for, broken at spaces or, in Chinese, anywhere. */
export function broken(text: string, room: number, wide: (line: string) => number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const piece of text.match(/[\u2E80-\uFFEF][，。；：、）”]*|[^\s\u2E80-\uFFEF]+\s*|\s+/g) ?? []) {
    if (line && wide(line + piece.trimEnd()) > room) {
      lines.push(line.trimEnd());
      line = piece;
    } else line += piece;
  }
  return line ? [...lines, line] : lines;
}

/** A name no wider than there is room for. */
export function cut(name: string, room: number, size = 12, weight = 400): string {
  if (widthOf(name, size, weight) <= room) return name;
  let end = name.length;
  while (end > 1 && widthOf(`${name.slice(0, end).trimEnd()}…`, size, weight) > room) end -= 1;
  return `${name.slice(0, end).trimEnd()}…`;
}

// Letters that run from right to left, and marks that turn the direction of what follows them.
export const TURNING = /[\u0590-\u08FF\u200E\u200F\u202A-\u202E\u2066-\u2069\uFB1D-\uFDFF\uFE70-\uFEFF]/;

/** A name that keeps its direction to itself, whatever stands beside it. */
export const isolated = (name: string): string => (TURNING.test(name) ? `\u2068${name}\u2069` : name);

/** A document whose names, in either language, keep their direction to themselves. */
export function isolating<T>(document: T): T {
  const walk = (part: unknown): unknown => {
    if (typeof part !== "object" || part === null) return part;
    if (Array.isArray(part)) return typeof part[0] === "number" ? part : part.map(walk);
    return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, typeof value === "string" && (name === "en" || name === "zh") ? isolated(value) : walk(value)]));
  };
  return walk(document) as T;
}

/** What `isolated` put around names, taken away again for files and clipboards. */
export const bare = (text: string): string => text.replace(/[\u2068\u2069]/g, "");

/** Without the characters that no XML may hold. */
// eslint-disable-next-line no-control-regex
export const lawful = (text: string): string => text.replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, "\uFFFD");
