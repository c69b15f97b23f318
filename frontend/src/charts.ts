/** The frame that every chart shares: title, picture, table beside it, source, and what goes on over it. */

import { dark, light, type Theme } from "./colour";
import { gridOf, h, onRefill } from "./dom";
import { compose, type Api, type Axis, type Item, type Mark, type Option, type Scene, type Series } from "./engine";
import type { About } from "./exports";
import { FONT, widthOf } from "./lettering";
import { inPicture, toPng } from "./picture";
import { Pointing, type Targets } from "./pointing";
import { isDark, onScheme } from "./scheme";
import { raise, renew, type Drawn } from "./shapes";
import { onSheet, spotAt, type Sheet } from "./sheet";
import { takeaway, type Data, type Taking } from "./takeaway";

export { FONT, widthOf };

/** What the chart engine draws, or a sheet of our own. */
export interface Drawing {
  height: number;
  option?: Option;
  sheet?: Sheet;
}

export interface FigureText {
  title: string;
  note?: string;
  source: string;
  describe: string;
  /** How to walk over the chart with the keys. */
  keys: string;
  asTable: string;
  asChart: string;
  taking: Taking;
}

export interface FigureSpec {
  name: string;
  text: FigureText;
  draw: (width: number, theme: Theme) => Drawing;
  table: () => HTMLElement;
  /** Which table of the server the figure is made of. */
  data?: Data;
  click?: (index: number, series: number) => void;
  /** Where the reader may walk over the chart with arrows: how far to the right and down. */
  walk?: (right: number, down: number) => void;
  /** Something that draws the chart again as things have come to stand. */
  ready?: (again: () => void) => void;
}

const PRINTED_WIDTH = 680;
const EXPORTED_WIDTH = 960;

const figures = new Map<Element, Figure>();
let printing = false;
const watcher = new ResizeObserver((entries) => {
  // Drawing changes heights, so it waits for the next frame: an observer must not answer to itself.
  requestAnimationFrame(() => {
    for (const entry of entries) figures.get(entry.target)?.fit(Math.floor(entry.contentRect.width));
  });
});
// A figure whose section was made anew is gone from the page: let its chart go too. One that has come is drawn before it is seen.
new MutationObserver(() => {
  for (const [place, figure] of figures) if (!place.isConnected) figure.dispose();
  settle();
}).observe(document.documentElement, { childList: true, subtree: true });
onScheme(() => figures.forEach((figure) => figure.draw()));
addEventListener("beforeprint", () => {
  printing = true;
  figures.forEach((figure) => figure.draw(PRINTED_WIDTH));
});
addEventListener("afterprint", () => {
  printing = false;
  figures.forEach((figure, place) => figure.draw(widthAt(place)));
});

const widthAt = (place: Element): number => Math.floor(place.getBoundingClientRect().width);

let opened = false;

/** Draw what has just been put on the page now, so that its heights are known. When the page opens, what is out of sight waits until it has been seen. */
export function settle(): void {
  const fresh = [...figures].filter(([place, figure]) => !figure.width && place.isConnected);
  if (!opened) {
    if (!fresh.length) return;
    for (const [place, figure] of fresh) {
      const { top, width } = place.getBoundingClientRect();
      if (top > innerHeight) break;
      figure.fit(Math.floor(width));
    }
    requestAnimationFrame(() => setTimeout(() => ((opened = true), settle())));
    return;
  }
  // All widths are read before anything is drawn, or every chart would have the page laid out again.
  const widths = fresh.map(([place]) => widthAt(place));
  fresh.forEach(([, figure], i) => figure.fit(widths[i]));
}

class Figure {
  width = 0;
  private readonly pointing: Pointing;
  private sheet: Drawn | null = null;

  constructor(
    private readonly place: HTMLElement,
    private spec: FigureSpec,
  ) {
    this.pointing = new Pointing(place, () => this.spec.walk);
    figures.set(place, this);
    watcher.observe(place);
  }

  fit(width: number): void {
    if (width !== this.width && !printing) this.draw(width);
  }

  draw(width = this.width): void {
    if (width < 40) return;
    this.width = width;
    const theme = isDark() && !printing ? dark : light;
    const drawing = this.spec.draw(width, theme);
    this.place.style.height = `${drawing.height}px`;
    const { sheet, marks } = sceneOf(drawing, width);
    // What the pointing has put on the sheet goes before the sheet is changed.
    const again = this.pointing.rest();
    const on = this.sheet ? renew(this.sheet, sheet) : raise(sheet);
    this.sheet = sheet;
    const targets = targetsOf(drawing, on, marks, this.spec.click);
    this.pointing.take(targets, again);
    this.reached(targets.count > 0 || !!this.spec.walk);
  }

  /** Show something else in the same place: what is the same in both pictures is left as it stands. */
  become(spec: FigureSpec): void {
    this.spec = spec;
    this.draw();
  }

  /** A chart that tells something is reached with the keys; any other is a picture. */
  private reached(telling: boolean): void {
    const { describe, keys } = this.spec.text;
    if (telling) this.place.setAttribute("tabindex", "0");
    else this.place.removeAttribute("tabindex");
    this.place.setAttribute("role", telling ? "application" : "img");
    this.place.setAttribute("aria-label", telling ? `${describe} ${keys}` : describe);
  }

  dispose(): void {
    this.pointing.hide();
    watcher.unobserve(this.place);
    figures.delete(this.place);
  }
}

const sceneOf = ({ height, option, sheet }: Drawing, width: number): Scene => (sheet ? { sheet: onSheet(sheet, width, height), marks: [] } : compose(option!, width, height));

/** What of a drawing tells something. */
function targetsOf({ option, sheet }: Drawing, on: SVGElement, marks: Mark[], click: FigureSpec["click"]): Targets {
  if (sheet) {
    const under = (event: MouseEvent) => {
      const { left, top } = on.getBoundingClientRect();
      return spotAt(sheet.spots, event.clientX - left, event.clientY - top);
    };
    return { sheet: on, count: sheet.spots.length, under, box: (at) => sheet.spots[at], lines: sheet.tip, click: click && ((at) => click(at, 0)) };
  }
  const numbers = new Map<Element, number>(marks.map((mark, at) => [mark.on.on!, at]));
  const under = ({ target }: Event) => {
    for (let one = target as Element | null; one && one !== on; one = one.parentElement) {
      const at = numbers.get(one);
      if (at !== undefined) return at;
    }
    return -1;
  };
  const box = (at: number) => (marks[at].on.on as SVGGraphicsElement).getBBox();
  const lines = (at: number) => option!.tooltip?.lines(marks[at].index, marks[at].series) ?? [];
  return { sheet: on, count: marks.length, under, box, lines, click: click && ((at) => click(marks[at].index, marks[at].series)), on: (at) => marks[at].on.on! };
}

/** The chart with its title and source inside, on white, as a reader would paste it into a paper. */
function exported(spec: FigureSpec, about: About): { svg: string; png: () => Promise<Blob> } {
  const drawing = spec.draw(EXPORTED_WIDTH, light);
  const chart = raise(sceneOf(drawing, EXPORTED_WIDTH).sheet);
  const dated = spec.text.taking.say("takeDate", { date: about.date });
  const made = inPicture(chart, EXPORTED_WIDTH, drawing.height, { ...about, source: `${about.source}${about.language === "zh" ? "" : " "}${dated}` });
  return { svg: made.svg, png: () => toPng(made.svg, made.width, made.height) };
}

/** The figure as a table, without tools of its own: those of the figure do for both. */
function tabled(spec: FigureSpec): HTMLElement {
  const made = spec.table();
  made.querySelectorAll(".take").forEach((one) => one.remove());
  return made;
}

export function figure(spec: FigureSpec): HTMLElement {
  const { text } = spec;
  const held: Held = { chart: h("div", { class: "chart" }), toggle: h("button", { type: "button", "aria-pressed": "false" }, text.asTable), figure: null!, spec };
  const { chart, toggle } = held;
  const beside = h("div", { class: "beside", hidden: true });
  toggle.addEventListener("click", () => {
    const asTable = beside.hidden;
    if (asTable && !beside.firstChild) beside.append(tabled(spec));
    beside.hidden = !asTable;
    held.chart.hidden = asTable;
    toggle.setAttribute("aria-pressed", String(asTable));
    toggle.textContent = asTable ? text.asChart : text.asTable;
  });
  const frame = h(
    "figure",
    { id: `figure-${spec.name}` },
    h(
      "figcaption",
      {},
      h("h3", {}, text.title),
      h(
        "div",
        { class: "tools" },
        toggle,
        takeaway({ name: spec.name, title: text.title, note: text.note, taking: { ...text.taking, source: text.source }, grid: () => gridOf(spec.table()), picture: (about) => exported(spec, about), data: spec.data }),
      ),
    ),
    text.note ? h("p", { class: "note" }, text.note) : null,
    chart,
    beside,
    h("p", { class: "source" }, text.source),
  );
  held.figure = new Figure(chart, spec);
  spec.ready?.(() => held.figure.draw());
  frames.set(frame, held);
  return frame;
}

interface Held {
  chart: HTMLElement;
  toggle: HTMLButtonElement;
  figure: Figure;
  spec: FigureSpec;
}

const frames = new WeakMap<Element, Held>();

/** Make a figure into another of its name: everything around its chart is put in anew, the chart is changed where it differs. */
function become(old: Element, fresh: Element): boolean {
  const [before, now] = [frames.get(old), frames.get(fresh)];
  if (!before || !now || old.id !== fresh.id) return false;
  const parts = [...fresh.children];
  const at = parts.indexOf(now.chart);
  for (const one of [...old.children]) if (one !== before.chart) one.remove();
  before.chart.before(...parts.slice(0, at));
  before.chart.after(...parts.slice(at + 1));
  now.figure.dispose();
  Object.assign(now, { chart: before.chart, figure: before.figure });
  frames.set(old, now);
  if (before.toggle.getAttribute("aria-pressed") === "true") now.toggle.click();
  now.figure.become(now.spec);
  return true;
}

onRefill(become);

/** Circles of their own sizes where their values lie, as a series of the engine. */
export function dots(points: { x: number | null; y: number | null; r: number }[], style: { fill: string; stroke: string; opacity: number }, z = 2): Series {
  const draw = ({ dataIndex }: Item, api: Api) => {
    const { x, y, r } = points[dataIndex];
    if (x === null || y === null) return { type: "group", children: [] };
    const [cx, cy] = api.coord([x, y]);
    return { type: "circle", shape: { cx, cy, r }, style: { ...style, lineWidth: 1 } };
  };
  return { type: "custom", renderItem: draw, data: points.map(({ x, y }) => [x, y]), z };
}

interface Look {
  colour: string;
  width: number;
  dash?: number[];
  /** How large the dots at the places are; without them the line is silent. */
  dot?: number;
  /** What is written above a place. */
  label?: (place: number) => string;
}

/** A line with gaps where nothing is known, as a series of the engine; places of a named axis go by number. */
export function path(points: [number, number | null][], { colour, width, dash, dot, label }: Look, z = 5): Series {
  const known = (i: number) => points[i]?.[1] != null && Number.isFinite(points[i][1]);
  const stroke = { stroke: colour, fill: "none", lineWidth: width, ...(dash ? { lineDash: dash } : {}) };
  const draw = ({ dataIndex: i }: Item, api: Api) => {
    const at = (k: number) => api.coord(points[k] as [number, number]);
    const line = (from: number, to: number) => ({ type: "polyline", silent: true, shape: { points: Array.from({ length: to - from + 1 }, (_, k) => at(from + k)) }, style: stroke });
    const children: object[] = [];
    if (!dot) {
      for (let from = 0; from < points.length; from++) {
        if (!known(from)) continue;
        let to = from;
        while (known(to + 1)) to += 1;
        if (to > from) children.push(line(from, to));
        from = to;
      }
    } else if (known(i)) {
      const [cx, cy] = at(i);
      if (known(i - 1)) children.push(line(i - 1, i));
      children.push({ type: "circle", shape: { cx, cy, r: dot / 2 }, style: { fill: colour } });
      if (label) children.push({ type: "text", silent: true, style: { text: label(i), x: cx, y: cy - dot, textAlign: "center", textVerticalAlign: "bottom", fill: colour, font: `12px ${FONT}` } });
    }
    return { type: "group", children };
  };
  return { type: "custom", silent: !dot, renderItem: draw, data: dot ? points : points.slice(0, 1), z };
}

/** Every year from the first to the last, so that a gap in the data is a gap on the axis; the last is always named. */
export function yearAxis(years: number[], width: number, theme: Theme): Axis {
  const [first, last] = [years[0], years[years.length - 1]];
  const every = Math.ceil(((last - first + 1) * 46) / Math.max(width, 100));
  const named = (at: number) => (last - first - at) % every === 0;
  return {
    type: "category",
    data: Array.from({ length: last - first + 1 }, (_, i) => String(first + i)),
    boundaryGap: false,
    position: "bottom",
    splitLine: { show: false },
    axisLine: { onZero: false, lineStyle: { color: theme.muted } },
    axisTick: { interval: named },
    axisLabel: { color: theme.muted, fontSize: 12, interval: named },
  };
}

/** What is told of a datum of a series, as a heading and lines. */
export function tooltip(_: Theme, lines: (index: number, series: number) => string[]): Option["tooltip"] {
  return { lines };
}
