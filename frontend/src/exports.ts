/** Tables as files and clipboards want them: CSV, JSON, a three-line table for Word, LaTeX. */

import { bare, lawful } from "./lettering";
import type { Language } from "./payload";

export type Cell = string | number | null;

/** A table in full: what its cells are, and how they are written. */
export interface Grid {
  caption: string;
  /** `ends`: what the two ends of an interval are called where they stand apart. */
  columns: { title: string; numeric: boolean; ends?: [string, string] }[];
  rows: { value: Cell; text: string; ends?: [Cell, Cell] }[][];
}

/** What a figure or table is about. */
export interface About {
  title: string;
  note?: string;
  source: string;
  study: string;
  version: string;
  /** The day it is taken away, as year-month-day. */
  date: string;
  link: string;
  language: Language;
}

// What a spreadsheet would take for the beginning of a formula, in letters of either width.
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** The table as data: an interval is two numbers, in columns of their own, in place of how it is written. */
function apartEnds({ columns, rows }: Grid): { titles: string[]; lines: Cell[][] } {
  const told = columns.map((_, at) => rows.every((row) => row[at].value === null || typeof row[at].value === "number"));
  return {
    titles: columns.flatMap(({ title, ends }, at) => (ends ? [...(told[at] ? [title] : []), ...ends] : [title])),
    lines: rows.map((row) => row.flatMap(({ value, ends }, at) => (columns[at].ends ? [...(told[at] ? [value] : []), ...(ends ?? [null, null])] : [value]))),
  };
}

/** Comma-separated values with a byte order mark, so that a spreadsheet reads Chinese; no text can be taken for a formula. */
export function csv(grid: Grid): string {
  const { titles, lines: held } = apartEnds(grid);
  const harmless = (text: string) => (FORMULA.test(text) ? `'${text}` : text);
  const written = (cell: Cell) => (typeof cell === "number" ? String(cell) : quoted(harmless(bare(cell ?? ""))));
  const lines = [titles, ...held].map((line) => line.map(written));
  return `\uFEFF${lines.map((line) => `${line.join(",")}\r\n`).join("")}`;
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The table with what it is about. */
export function json(grid: Grid, { title, note, source, study, version, date, link }: About): string {
  const { titles, lines: held } = apartEnds(grid);
  const about = { title, ...(note ? { note } : {}), source, study, date, permalink: link, software: `Xinzhi ${version}`, columns: titles };
  const said = Object.fromEntries(Object.entries(about).map(([name, value]) => [name, Array.isArray(value) ? value.map(bare) : bare(value)]));
  const lines = held.map((row) => JSON.stringify(row.map((value) => (typeof value === "string" ? bare(value) : value))));
  return `${JSON.stringify(said, null, 2).slice(0, -2)},\n  "rows": [\n    ${lines.join(",\n    ")}\n  ]\n}\n`;
}

const NAMES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => lawful(text).replace(/[&<>"]/g, (one) => NAMES[one]);

/** Text that keeps its direction to itself. */
const apart = (text: string): string => `<bdi>${escaped(bare(text))}</bdi>`;

/** A three-line table (三线表): thick rules at the top and the bottom, a thin one below the head, and no others. */
export function threeLines({ columns, rows }: Grid, { title, source, language }: About): string {
  const letters = "font-family:'Times New Roman',SimSun,serif;font-size:10.5pt";
  const cell = (tag: "td" | "th", text: string, at: number, rules: string) =>
    `<${tag} style="${letters};font-weight:normal;${rules}text-align:${columns[at].numeric ? "right" : "left"}">${apart(text)}</${tag}>`;
  // Room beside the letters is told the old way: word processors forget a style for it.
  const line = (tag: "td" | "th", texts: string[], rules: string) => `<tr>${texts.map((text, at) => cell(tag, text, at, rules)).join("")}</tr>`;
  const head = line("th", columns.map((one) => one.title), "border-top:solid windowtext 1.5pt;border-bottom:solid windowtext 0.75pt;");
  const body = rows.map((row, i) => line("td", row.map(({ text }) => text), i === rows.length - 1 ? "border-bottom:solid windowtext 1.5pt;" : ""));
  const paragraph = (text: string, size: string, look: string) => `<p style="${letters.replace("10.5pt", size)};margin:4pt 0;${look}">${apart(text)}</p>`;
  return `<html lang="${language === "zh" ? "zh-CN" : "en"}"><head><meta charset="utf-8"></head><body>${paragraph(title, "10.5pt", "text-align:center;font-weight:bold")}<table border="0" cellspacing="0" cellpadding="4" style="border-collapse:collapse;margin:auto" align="center"><thead>${head}</thead><tbody>${body.join("")}</tbody></table>${paragraph(source, "9pt", "")}</body></html>`;
}

/** The same for places that take only text: cells apart by tabs. */
export function plain({ columns, rows }: Grid, { title, source }: About): string {
  const flat = (text: string) => bare(text).replace(/\s+/g, " ");
  return [title, columns.map((one) => flat(one.title)).join("\t"), ...rows.map((row) => row.map(({ text }) => flat(text)).join("\t")), bare(source)].join("\n");
}

const TEX: Record<string, string> = {
  "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "&": "\\&", "%": "\\%", $: "\\$", "#": "\\#", _: "\\_", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}",
  "<": "\\textless{}", ">": "\\textgreater{}", "|": "\\textbar{}", "−": "$-$", "–": "--", "—": "---", "×": "$\\times$", "…": "\\ldots{}", "·": "\\textperiodcentered{}", "→": "$\\to$", "↔": "$\\leftrightarrow$",
};

/** Text as LaTeX sets it: nothing in it is a command, and marks that turn its direction, which LaTeX does not know, are gone. */
export function tex(text: string): string {
  const flat = text.replace(/[\u0000-\u001F\u007F\u200E\u200F\u202A-\u202E\u2066-\u2069]+/g, (marks) => (/[\t\n\r]/.test(marks) ? " " : ""));
  return flat.replace(/[\\{}&%$#_~^<>|−–—×…·→↔]/g, (one) => TEX[one]);
}

const CHINESE = /[\u2E80-\u9FFF\uF900-\uFAFF\uFF00-\uFFEF]/;
// So many rows stand on one page.
const PAGE = 40;

/** A table in LaTeX with the rules of booktabs; one that is longer than a page breaks over pages. */
export function latex(grid: Grid, { title, source }: About): string {
  const { columns, rows } = grid;
  // A bracket that follows the end of a row would be read as its option.
  const line = (texts: string[]) => `${texts.map((text) => tex(text).replace(/^\[/, "{[}")).join(" & ")} \\\\`;
  const [head, body] = [line(columns.map((one) => one.title)), rows.map((row) => `  ${line(row.map(({ text }) => text))}`)];
  const shape = columns.map((one) => (one.numeric ? "r" : "l")).join("");
  const long = rows.length > PAGE;
  const chinese = CHINESE.test(title + source + columns.map((one) => one.title).join("") + rows.flatMap((row) => row.map(({ text }) => text)).join(""));
  const needs = [`% \\usepackage{booktabs${long ? ",longtable" : ""}}`, ...(chinese ? ["% \\usepackage{ctex}  % xelatex / lualatex"] : [])];
  const top = ["  \\toprule", `  ${head}`, "  \\midrule"];
  const made = long
    ? [`\\begin{longtable}{${shape}}`, `  \\caption{${tex(title)}}\\\\`, ...top, "  \\endhead", ...body, "  \\bottomrule", "\\end{longtable}", `{\\footnotesize ${tex(source)}}`]
    : ["\\begin{table}[htbp]", "  \\centering", `  \\caption{${tex(title)}}`, `  \\begin{tabular}{${shape}}`, ...top, ...body, "  \\bottomrule", "  \\end{tabular}", "", `  {\\footnotesize ${tex(source)}}`, "\\end{table}"];
  return `${[...needs, ...made].join("\n")}\n`;
}
