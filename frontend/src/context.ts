/** What every section is given: the report, the reader's choices, and words and numbers in their language. */

import { comparable, elementNode, spread, top } from "./findings";
import { capital, decimals, fixed, listed, significant } from "./format";
import type { FigureText } from "./charts";
import { gridOf, h, type Child, type Ends, type TableText } from "./dom";
import type { Report, Text } from "./payload";
import type { Served } from "./served";
import type { State, Store } from "./state";
import { fileName, takeaway, type Data, type Taking } from "./takeaway";
import { say, type Word } from "./words";

export class Context {
  constructor(
    readonly report: Report,
    readonly store: Store,
    /** What only a page from a server has; null in a report. */
    readonly served: Served | null = null,
  ) {}

  get state(): State {
    return this.store.now;
  }

  /** Go to a view, to one place of it if need be; in the whole report that is a place further down. */
  open(view: string, change: Partial<State> = {}, place = view): void {
    const whole = this.state.view === "all" && document.getElementById(view) !== null;
    this.store.set(whole ? change : { ...change, view });
    const target = document.getElementById(place);
    if (!target || (!whole && place === view)) return;
    target.setAttribute("tabindex", "-1");
    target.focus({ preventScroll: true });
    target.scrollIntoView({ behavior: whole ? "auto" : "instant" });
  }

  /** A link to a view; opened in a tab of its own it shows the same as here. */
  link(view: string, content: Child | Child[], change: Partial<State> = {}, place = view): HTMLAnchorElement {
    const link = h("a", { href: this.store.address({ looks: [], ...change, view }) }, content);
    const renew = () => (link.href = this.store.address({ looks: [], ...change, view }));
    for (const event of ["pointerdown", "focus", "contextmenu"]) link.addEventListener(event, renew);
    link.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      this.open(view, change, place);
    });
    return link;
  }

  /** What a section has kept in the address under an id of its own. */
  kept(id: string): string {
    return this.state.kept[id] ?? "";
  }

  keep(id: string, text: string): void {
    this.store.set({ kept: { ...this.state.kept, [id]: text } });
  }

  say(word: Word, blanks: Record<string, string | number> = {}): string {
    return say(this.state.lang, word, blanks);
  }

  /** A region by name. */
  region(at: number): string {
    return this.report.places[at].name[this.state.lang];
  }

  private byCode: Map<string, number> | null = null;

  /** A region by name from its code. */
  regionOf(code: string): string {
    this.byCode ??= new Map(this.report.places.map((place, at) => [place.code, at]));
    const at = this.byCode.get(code);
    return at === undefined ? code : this.region(at);
  }

  /** Words from the document as a sentence. */
  sentence(text: Text | null | undefined): string | null {
    const words = text?.[this.state.lang].trim();
    return words ? capital(words) + (/[.!?。！？]$/.test(words) ? "" : this.state.lang === "zh" ? "。" : ".") : null;
  }

  /** Sentences one after the other. */
  joined(sentences: (string | null | false | undefined)[]): string {
    return sentences.filter(Boolean).join(this.state.lang === "zh" ? "" : " ");
  }

  /** A node by name. */
  node(at: number): string {
    return this.report.nodes[at].name[this.state.lang];
  }

  /** An element by name; the index goes by its own title. */
  element(at: number): string {
    return at === top(this.report) ? this.report.index![this.state.lang] : this.node(elementNode(this.report, at));
  }

  year(at: number = this.state.year): number {
    return this.report.years[at];
  }

  /** A score with the digits that suit its element. */
  score(value: number, element: number): string {
    const [low, high] = this.range(element);
    return fixed(value, decimals(high - low), this.state.lang);
  }

  /** A number on an axis. */
  tick(value: number): string {
    return significant(Number(value.toPrecision(6)), 6, this.state.lang);
  }

  private ranges = new Map<number, [number, number]>();

  range(element: number): [number, number] {
    let found = this.ranges.get(element);
    if (!found) this.ranges.set(element, (found = spread(this.report, element)));
    return found;
  }

  listed(names: string[], most = 5): string {
    return listed(names, most, this.state.lang);
  }

  get comparable(): boolean {
    return comparable(this.report);
  }

  /** The words around a chart. */
  figure(title: string, describe: string, note?: string, files?: string[]): FigureText {
    return {
      title,
      describe,
      keys: this.say("chartKeys"),
      note,
      source: files ? this.madeOf(files.join(this.state.lang === "zh" ? "；" : "; ")) : this.source,
      asTable: this.say("asTable"),
      asChart: this.say("asChart"),
      taking: this.taking,
    };
  }

  private madeOf(sources: string): string {
    const { fictional, version } = this.report;
    return fictional ? this.say("figureSourceFictional", { version }) : this.say("figureSource", { sources, version });
  }

  private get source(): string {
    const { cites, fictional, sources, version } = this.report;
    const named = cites.length ? cites.map((cite) => cite[this.state.lang]) : sources.map((source) => source.file);
    if (!named.length && !fictional) return this.say("figureSourceNone", { version });
    const joint = this.state.lang === "zh" ? "；" : "; ";
    return this.madeOf(named.join(joint).replace(/[.。]$/, ""));
  }

  /** The words around a table; `data` says which table of the server it is made of, `source` where it comes from if not from the sources of all. */
  table(caption: string, data?: Data, source = this.source): TableText {
    const tools = (made: HTMLElement) => takeaway({ name: fileName(caption), title: caption, taking: { ...this.taking, source }, grid: () => gridOf(made), data });
    return { caption, more: (n) => this.say("moreRows", { n }), tools };
  }

  /** The ends of an interval by names of their own, for those who take the numbers. */
  ends<Row>(title: string, of: Ends<Row>["of"]): Ends<Row> {
    return { titles: [this.say("endLow", { of: title }), this.say("endHigh", { of: title })], of };
  }

  /** Which rows of the server's scores an element has, in one year or in all. */
  scores(element: number, year?: number): Data {
    const { report } = this;
    const where = [`element=${report.nodes[elementNode(report, element)].code}`, ...(year === undefined ? [] : [`time=${report.years[year]}`])];
    return { table: "scores", query: { where, order: year === undefined ? ["region", "time"] : "rank" } };
  }

  /** Which rows of a table of the course of the scores an element has. */
  course(table: string, element: number): Data {
    return { table, query: { where: [`element=${this.report.nodes[elementNode(this.report, element)].code}`] } };
  }

  /** What everything that is taken away from the page says of itself. */
  private get taking(): Taking {
    const { report, state, served } = this;
    return {
      say: (word, blanks) => this.say(word, blanks),
      language: state.lang,
      study: report.title[state.lang],
      version: report.version,
      source: this.source,
      // The address bar is a moment behind what is chosen.
      link: () => new URL(this.store.address(), location.href).href,
      served,
    };
  }
}
