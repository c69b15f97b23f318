/** The chart engine, cut to what the report draws, and a frame that every chart shares. */

import { CustomChart } from "echarts/charts";
import { GraphicComponent, GridSimpleComponent, TooltipComponent } from "echarts/components";
import { init, use, type ECharts } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams, EChartsOption } from "echarts";
import { dark, light, type Theme } from "./colour";
import { h, save } from "./dom";
import { inPicture, toPng } from "./picture";
import { onSheet, spotAt, type Sheet } from "./sheet";

use([
  CustomChart,
  GraphicComponent,
  GridSimpleComponent,
  TooltipComponent,
  SVGRenderer,
]);

export const FONT =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", sans-serif';

/** What the chart engine draws, or a sheet of our own. */
export interface Drawing {
  height: number;
  option?: EChartsOption;
  sheet?: Sheet;
}

export interface FigureText {
  title: string;
  note?: string;
  source: string;
  describe: string;
  asTable: string;
  asChart: string;
  exportSvg: string;
  exportPng: string;
}

export interface FigureSpec {
  name: string;
  text: FigureText;
  draw: (width: number, theme: Theme) => Drawing;
  table: () => HTMLElement;
  click?: (index: number, series: number) => void;
  /** Where the reader may walk over the chart with arrows: how far to the right and down. */
  walk?: (right: number, down: number) => void;
  /** Something that draws the chart again as things have come to stand. */
  ready?: (again: () => void) => void;
}

const ARROWS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const PRINTED_WIDTH = 680;
const EXPORTED_WIDTH = 960;

const scheme = matchMedia("(prefers-color-scheme: dark)");
const figures = new Map<Element, Figure>();
let printing = false;

const watcher = new ResizeObserver((entries) => {
  // Drawing changes heights, so it waits for the next frame: an observer must not answer to itself.
  requestAnimationFrame(() => {
    for (const entry of entries) figures.get(entry.target)?.fit(Math.floor(entry.contentRect.width));
  });
});
// A figure whose section was made anew is gone from the page: let its chart go too.
new MutationObserver(() => {
  for (const [place, figure] of figures) if (!place.isConnected) figure.dispose();
}).observe(document.documentElement, { childList: true, subtree: true });
scheme.addEventListener("change", () => figures.forEach((figure) => figure.draw()));
addEventListener("beforeprint", () => {
  printing = true;
  figures.forEach((figure) => figure.draw(PRINTED_WIDTH));
});
addEventListener("afterprint", () => {
  printing = false;
  figures.forEach((figure, place) => figure.draw(Math.floor(place.getBoundingClientRect().width)));
});

/** Draw what has just been put on the page now, so that its heights are known. */
export function settle(): void {
  figures.forEach((figure, place) => figure.fit(Math.floor(place.getBoundingClientRect().width)));
}

class Figure {
  private chart: ECharts | null = null;
  private width = 0;

  constructor(
    private readonly place: HTMLElement,
    private readonly spec: FigureSpec,
  ) {
    figures.set(place, this);
    watcher.observe(place);
  }

  fit(width: number): void {
    if (width !== this.width && !printing) this.draw(width);
  }

  draw(width = this.width): void {
    if (width < 40) return;
    this.width = width;
    const theme = scheme.matches && !printing ? dark : light;
    const { height, option, sheet } = this.spec.draw(width, theme);
    this.place.style.height = `${height}px`;
    if (sheet) {
      this.lay(sheet, width, height);
      return;
    }
    if (!this.chart) {
      this.chart = init(this.place, null, { renderer: "svg", width, height });
      const click = this.spec.click;
      if (click) {
        this.chart.on("click", (event) => {
          if (typeof event.dataIndex === "number") click(event.dataIndex, event.seriesIndex ?? 0);
        });
      }
    } else {
      // A tooltip left open would be shown again by a view that the new option has put away.
      this.chart.dispatchAction({ type: "hideTip" });
      this.chart.resize({ width, height });
    }
    this.chart.setOption({ animation: false, textStyle: { fontFamily: FONT }, ...option }, { notMerge: true });
  }

  private lay(sheet: Sheet, width: number, height: number): void {
    const picture = onSheet(sheet, width, height);
    const tip = h("div", { class: "tip", hidden: true });
    const spot = (event: MouseEvent) => {
      const { left, top } = this.place.getBoundingClientRect();
      const [x, y] = [event.clientX - left, event.clientY - top];
      return { x, y, at: spotAt(sheet.spots, x, y) };
    };
    picture.addEventListener("pointermove", (event) => {
      const { x, y, at } = spot(event);
      const [head, ...rest] = at < 0 ? [] : sheet.tip(at);
      picture.style.cursor = at >= 0 && this.spec.click ? "pointer" : "";
      tip.hidden = head === undefined;
      if (head === undefined) return;
      tip.replaceChildren(h("strong", {}, head), ...rest.map((line) => h("div", {}, line)));
      const [wide, tall] = [tip.offsetWidth, tip.offsetHeight];
      tip.style.left = `${Math.max(0, Math.min(width - wide, x + 14 + wide > width ? x - wide - 14 : x + 14))}px`;
      tip.style.top = `${Math.max(0, Math.min(height - tall, y + 14))}px`;
    });
    picture.addEventListener("pointerleave", () => (tip.hidden = true));
    picture.addEventListener("click", (event) => {
      const { at } = spot(event);
      if (at >= 0) this.spec.click?.(at, 0);
    });
    this.place.replaceChildren(picture, tip);
  }

  dispose(): void {
    this.chart?.dispose();
    watcher.unobserve(this.place);
    figures.delete(this.place);
  }
}

/** The chart with its title and source inside, on white, as a reader would paste it into a paper. */
function exported(spec: FigureSpec): { svg: string; width: number; height: number } {
  const { height, option, sheet } = spec.draw(EXPORTED_WIDTH, light);
  if (sheet) return inPicture(onSheet(sheet, EXPORTED_WIDTH, height), EXPORTED_WIDTH, height, spec.text, FONT);
  // Drawn into a place off the page: the engine's own string of SVG leaves the quotes of font names bare.
  const place = h("div");
  const chart = init(place, null, { renderer: "svg", width: EXPORTED_WIDTH, height });
  chart.setOption({ animation: false, textStyle: { fontFamily: FONT }, ...option });
  const picture = inPicture(place.querySelector("svg")!, EXPORTED_WIDTH, height, spec.text, FONT);
  chart.dispose();
  return picture;
}

export function figure(spec: FigureSpec): HTMLElement {
  const { text } = spec;
  const chart = h("div", { class: "chart", role: "img", "aria-label": text.describe });
  const beside = h("div", { class: "beside", hidden: true });
  const toggle = h("button", { type: "button", "aria-pressed": "false" }, text.asTable);
  toggle.addEventListener("click", () => {
    const asTable = beside.hidden;
    if (asTable && !beside.firstChild) beside.append(spec.table());
    beside.hidden = !asTable;
    chart.hidden = asTable;
    toggle.setAttribute("aria-pressed", String(asTable));
    toggle.textContent = asTable ? text.asChart : text.asTable;
  });
  const asSvg = () => save(new Blob([exported(spec).svg], { type: "image/svg+xml" }), `${spec.name}.svg`);
  const asPng = async () => {
    const { svg, width, height } = exported(spec);
    save(await toPng(svg, width, height), `${spec.name}.png`);
  };
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
        h("button", { type: "button", click: asSvg, title: text.exportSvg, "aria-label": text.exportSvg }, "SVG"),
        h("button", { type: "button", click: () => void asPng(), title: text.exportPng, "aria-label": text.exportPng }, "PNG"),
      ),
    ),
    text.note ? h("p", { class: "note" }, text.note) : null,
    chart,
    beside,
    h("p", { class: "source" }, text.source),
  );
  const made = new Figure(chart, spec);
  spec.ready?.(() => made.draw());
  const { walk } = spec;
  if (walk) {
    chart.setAttribute("tabindex", "0");
    chart.addEventListener("keydown", (event) => {
      const step = ARROWS[event.key];
      if (!step) return;
      event.preventDefault();
      walk(...step);
    });
  }
  return frame;
}

let pen: CanvasRenderingContext2D | null = null;

/** How wide a line of text will stand. */
export function widthOf(text: string, size: number, weight = 400): number {
  pen ??= document.createElement("canvas").getContext("2d");
  if (!pen) return text.length * size;
  pen.font = `${weight} ${size}px ${FONT}`;
  return pen.measureText(text).width;
}

/** Circles of their own sizes where their values lie, as a series of the engine. */
export function dots(points: { x: number | null; y: number | null; r: number }[], style: { fill: string; stroke: string; opacity: number }, z = 2): object {
  const draw = ({ dataIndex }: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
    const { x, y, r } = points[dataIndex];
    if (x === null || y === null) return { type: "group", children: [] };
    const [cx, cy] = api.coord([x, y]);
    return { type: "circle", shape: { cx, cy, r }, style: { ...style, lineWidth: 1 } };
  };
  return { type: "custom", renderItem: draw, emphasis: { disabled: true }, data: points.map(({ x, y }) => [x, y]), z };
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
export function path(points: [number, number | null][], { colour, width, dash, dot, label }: Look, z = 5): object {
  const known = (i: number) => points[i]?.[1] != null && Number.isFinite(points[i][1]);
  const stroke = { stroke: colour, fill: "none", lineWidth: width, ...(dash ? { lineDash: dash } : {}) };
  const draw = ({ dataIndex: i }: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
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
  return { type: "custom", silent: !dot, renderItem: draw, emphasis: { disabled: true }, data: dot ? points : points.slice(0, 1), z };
}

/** Every year from the first to the last, so that a gap in the data is a gap on the axis; the last is always named. */
export function yearAxis(years: number[], width: number, theme: Theme): NonNullable<EChartsOption["xAxis"]> {
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

/** A tooltip whose content is made of nodes, never of markup. */
export function tooltip(theme: Theme, lines: (index: number, series: number) => string[]): EChartsOption["tooltip"] {
  return {
    trigger: "item",
    confine: true,
    backgroundColor: theme.ground,
    borderColor: theme.rule,
    padding: [8, 12],
    textStyle: { color: theme.ink, fontSize: 13, fontFamily: FONT },
    extraCssText: "box-shadow: 0 4px 18px rgba(0,0,0,.14); max-width: 320px; white-space: normal;",
    formatter: (params: unknown) => {
      const { dataIndex, seriesIndex } = params as { dataIndex: number; seriesIndex: number };
      const [head, ...rest] = lines(dataIndex, seriesIndex);
      if (head === undefined) return "";
      return h("div", {}, h("strong", {}, head), ...rest.map((line) => h("div", {}, line))) as unknown as string;
    },
  };
}
