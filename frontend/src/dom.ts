/** Small helpers over the DOM. Text goes in as text nodes only, so nothing from a study can become markup. */

import type { Cell, Grid } from "./exports";
import { numbered, saysSo, shortest } from "./format";

export type Child = globalThis.Node | string | number | null | undefined | false;
type Value = string | number | boolean | null | undefined | ((event: Event) => void);

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Record<string, Value> = {},
  ...children: (Child | Child[])[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(typeof child === "number" ? String(child) : child);
  }
  return element;
}

export function svg<K extends keyof SVGElementTagNameMap>(tag: K, props: Record<string, unknown>, ...children: (globalThis.Node | string)[]): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(props)) if (value !== undefined) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

const becoming: ((old: Element, fresh: Element) => boolean)[] = [];

/** Say how an element that has come to stand can be made into one that is to take its place, if it can. */
export function onRefill(become: (old: Element, fresh: Element) => boolean): void {
  becoming.push(become);
}

/** Put other things in a place; those that can become what is to take theirs stay, with what the reader did to them. */
export function refill(place: Element, fresh: globalThis.Node[]): void {
  const old = [...place.childNodes];
  if (old.length !== fresh.length) return place.replaceChildren(...fresh);
  fresh.forEach((one, i) => {
    const was = old[i];
    const stays = was instanceof Element && one instanceof Element && becoming.some((become) => become(was, one));
    if (!stays) was.replaceWith(one);
  });
}

export interface Ends<Row> {
  titles: [string, string];
  of: (row: Row) => readonly [number | null, number | null];
}

export interface Column<Row> {
  title: string;
  cell: (row: Row) => Child | Child[];
  /** What to sort by; without it the column cannot be sorted. */
  value?: (row: Row) => number | string;
  /** What the cell is in full, where that is not what it sorts by. */
  raw?: (row: Row) => Cell;
  /** The two ends of the interval that is written in the cell, and what they are called. */
  ends?: Ends<Row>;
  numeric?: boolean;
  /** Largest first at the first click. */
  descending?: boolean;
  heading?: boolean;
}

export interface TableText {
  caption: string;
  more: (rest: number) => string;
  /** What stands over a table that is not part of a figure. */
  tools?: (table: HTMLElement) => HTMLElement;
}

const grids = new WeakMap<Element, () => Grid>();

/** The table within a place in full, in the order it stands in; null where there is none. */
export function gridOf(place: Element): Grid | null {
  const found = [place, ...place.querySelectorAll("div.table")].find((one) => grids.has(one));
  return found ? grids.get(found)!() : null;
}

/** A table whose headings sort it; long ones show their first rows and a button for the rest. */
export function table<Row>(columns: Column<Row>[], rows: Row[], text: TableText, most = 60): HTMLElement {
  let shown = rows;
  let sorted: { column: Column<Row>; up: boolean } | null = null;
  let all = rows.length <= most * 1.2;
  const body = h("tbody");
  const more = h("button", { type: "button", class: "more", click: () => ((all = true), fill()) });
  const headings = columns.map((column) => {
    const name = column.value
      ? h("button", { type: "button", class: "sort", click: () => sort(column) }, column.title)
      : column.title;
    return h("th", { scope: "col", class: column.numeric ? "number" : null }, name);
  });

  function sort(column: Column<Row>): void {
    const up = sorted?.column === column ? !sorted.up : !column.descending;
    sorted = { column, up };
    const value = column.value!;
    shown = [...rows].sort((a, b) => compare(value(a), value(b), up));
    columns.forEach((other, i) => {
      if (other === column) headings[i].setAttribute("aria-sort", up ? "ascending" : "descending");
      else headings[i].removeAttribute("aria-sort");
    });
    fill();
  }

  function fill(): void {
    const part = all ? shown : shown.slice(0, most);
    body.replaceChildren(
      ...part.map((row) =>
        h(
          "tr",
          {},
          columns.map((column) =>
            column.heading
              ? h("th", { scope: "row" }, column.cell(row))
              : h("td", { class: column.numeric ? "number" : null }, column.cell(row)),
          ),
        ),
      ),
    );
    more.hidden = all;
    more.textContent = text.more(rows.length - part.length);
  }

  fill();
  const caption = h("caption", {}, text.caption);
  const grid = h("table", {}, caption, h("thead", {}, h("tr", {}, headings)), body);
  const made = h("div", { class: "table" }, h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": text.caption }, grid), more);
  grids.set(made, () => gridFrom(columns, shown, text.caption));
  if (text.tools) made.prepend(text.tools(made));
  return made;
}

function gridFrom<Row>(columns: Column<Row>[], rows: Row[], caption: string): Grid {
  const end = (value: number | null): Cell => (value === null || !Number.isFinite(value) ? null : shortest(value));
  const ends = ({ ends: both }: Column<Row>, row: Row): { ends?: [Cell, Cell] } => (both ? { ends: both.of(row).map(end) as [Cell, Cell] } : {});
  const cells = rows.map((row) => columns.map((column) => ({ value: inFull(column, row), text: written(column.cell(row)), ...ends(column, row) })));
  columns.forEach((_, at) => {
    // A column is of one kind: where some cells say more than a number, all stand as they are written.
    const kinds = new Set(cells.map((row) => typeof row[at].value));
    if (kinds.has("number") && kinds.has("string")) for (const row of cells) if (row[at].value !== null) row[at].value = row[at].text;
  });
  return { caption, columns: columns.map(({ title, numeric = false, ends: both }) => ({ title, numeric, ...(both ? { ends: both.titles } : {}) })), rows: cells };
}

/** What is written in a cell, its parts apart. */
function written(cell: Child | Child[]): string {
  const texts = (child: Child): string[] => (child instanceof Node ? (child.nodeType === Node.TEXT_NODE ? [child.textContent ?? ""] : [...child.childNodes].flatMap(texts)) : child || child === 0 ? [String(child)] : []);
  return [cell].flat().flatMap(texts).map((text) => text.trim()).filter(Boolean).join(" ");
}

/** A cell's number in full precision where it has one, else its text; nothing where nothing is known. */
function inFull<Row>(column: Column<Row>, row: Row): Cell {
  if (column.raw) return column.raw(row);
  const cell = column.cell(row);
  if (typeof cell === "number") return Number.isFinite(cell) ? cell : null;
  const text = written(cell);
  if (text === "–" || text === "") return null;
  if (!column.numeric) return text;
  const value = column.value?.(row);
  return typeof value === "number" && saysSo(text, value) ? shortest(value) : (numbered(text)?.value ?? text);
}

/** Numbers before gaps, whichever way the order runs. */
function compare(a: number | string, b: number | string, up: boolean): number {
  const [gapA, gapB] = [Number.isNaN(a), Number.isNaN(b)];
  if (gapA || gapB) return Number(gapA) - Number(gapB);
  const order = typeof a === "string" && typeof b === "string" ? a.localeCompare(b) : Number(a) - Number(b);
  return up ? order : -order;
}

/** Hand a text or a picture to the reader as a file. */
export function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
