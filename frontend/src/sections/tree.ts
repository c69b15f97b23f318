/** The index as a tree that opens down to every indicator: what it weighs, how it was made, what it rests on. */

import { drawColumns } from "../columns";
import type { Context } from "../context";
import { figure } from "../charts";
import { h, table } from "../dom";
import { children, effectiveIn, elementNode, scoreOf, sharesIn, top } from "../findings";
import { count, fixed, percent, significant } from "../format";
import { formulaOf } from "../formula";
import { correlation } from "../likeness";
import { drawSpread } from "../spread";
import { done } from "./done";
import "./looking.css";
import { formula } from "./method";
import { regionChooser } from "./profile";

const ID = "tree";
// Beyond so many indicators the tree opens with its first level only.
const MANY = 40;
const KEYS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"];

export function tree(c: Context): HTMLElement {
  const { report: r } = c;
  const whole = new Branches(c);
  const content = c.store.live(["year", "region"], () => [whole.made()]);
  c.store.on(["kept"], () => whole.follow(), () => content.isConnected);
  return h(
    "section",
    { id: "tree", "aria-labelledby": "tree-title" },
    h("h2", { id: "tree-title" }, c.say("treeHead")),
    h("p", { class: "note" }, c.joined([c.say("treeIntro", { n: r.indicators }), r.shares.length > 1 && c.say("treeYearly")])),
    regionChooser(c, "tree-region"),
    content,
  );
}

/** How a node and the index go together over the regions of a year. */
function together(c: Context, node: number): { r: number; n: number } {
  const { report, state } = c;
  const pairs = report.regions.map((_, region): [number, number] => [scoreOf(report, region, state.year, node), report.scores.at(region, state.year, top(report))]);
  return { r: correlation(pairs), n: pairs.filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b)).length };
}

class Branches {
  /** Nodes that are not as the tree opens: indicators that are open, branches that are shut (or open, in a large tree). */
  private turned = new Set<number>();
  private written = "";
  private place: HTMLElement = h("div");

  constructor(private readonly c: Context) {
    this.read();
  }

  private read(): void {
    this.written = this.c.kept(ID);
    this.turned = new Set(this.written.split(".").filter(Boolean).map(Number).filter((at) => at >= 0 && at < this.c.report.nodes.length));
  }

  /** Look as the address says, where that was changed elsewhere. */
  follow(): void {
    if (this.c.kept(ID) === this.written) return;
    this.read();
    this.place.replaceWith(this.made());
  }

  private open(node: number): boolean {
    const { report: r } = this.c;
    const first = node >= r.indicators && (r.indicators <= MANY || node === elementNode(r, top(r)));
    return first !== this.turned.has(node);
  }

  private turn(node: number): void {
    if (!this.turned.delete(node)) this.turned.add(node);
    this.written = [...this.turned].sort((a, b) => a - b).join(".");
    this.c.keep(ID, this.written);
  }

  made(): HTMLElement {
    const { c } = this;
    const { report: r, state } = c;
    const root = elementNode(r, top(r));
    const effective = effectiveIn(r, state.year);
    const most = Math.max(...effective.filter((_, node) => node !== root));
    const heads = (["name", "share", "effective", "correlation", "unit"] as const).map((word) => h("span", {}, c.say(word)));
    const list = h("ul", { class: "branches", "aria-label": c.say("treeHead") }, this.branch(root, 0, most));
    list.addEventListener("keydown", (event) => this.key(event, list));
    this.place = h("div", {}, h("div", { class: "twigs", "aria-hidden": "true" }, heads), list);
    return this.place;
  }

  private branch(node: number, depth: number, most: number): HTMLElement {
    const { c } = this;
    const { report: r, state } = c;
    const leaf = node < r.indicators;
    const root = depth === 0;
    const [share, effective] = [sharesIn(r, state.year)[node], effectiveIn(r, state.year)[node]];
    const { r: goes } = together(c, node);
    const under = h(leaf ? "div" : "ul", leaf ? { class: "fruit" } : {});
    under.id = `tree-${node}`;
    const fill = () => under.append(...(leaf ? indicator(c, node) : children(r, node).map((child) => this.branch(child, depth + 1, most))));
    const button = h(
      "button",
      { type: "button", class: leaf ? "leaf" : "branch", "aria-expanded": String(this.open(node)), "aria-controls": under.id },
      h("span", {}, root ? c.element(top(r)) : c.node(node), " ", leaf ? h("span", { class: "code" }, r.nodes[node].code) : null),
    );
    button.addEventListener("click", () => {
      this.turn(node);
      const open = this.open(node);
      button.setAttribute("aria-expanded", String(open));
      if (open && !under.firstChild) fill();
      under.hidden = !open;
    });
    if (this.open(node)) fill();
    else under.hidden = true;
    const meter = (word: "share" | "effective", value: number, of: number) =>
      h("span", { class: "meter" }, h("span", { class: "unseen" }, `${c.say(word)}: `), h("i", { "aria-hidden": "true" }, h("b", { style: `width: ${((100 * value) / of).toFixed(1)}%` })), percent(value, state.lang));
    const unit = [r.nodes[node].unit?.[state.lang], r.nodes[node].direction < 0 ? c.say("negative") : ""].filter(Boolean).join(" · ");
    return h(
      "li",
      { style: `--depth: ${depth}` },
      h(
        "div",
        { class: "twig" },
        button,
        root ? h("span") : meter("share", share, 1),
        root ? h("span") : meter("effective", effective, most),
        h("span", { class: "way" }, root ? "" : fixed(goes, 2, state.lang)),
        h("span", { class: "in" }, leaf ? unit : [unit ? `${unit} · ` : "", c.link("ranking", c.say("treeShow"), { element: node - r.indicators })]),
      ),
      under,
    );
  }

  /** Up and down over what is shown; right opens or goes in, left shuts or goes out. */
  private key(event: KeyboardEvent, list: HTMLElement): void {
    if (!KEYS.includes(event.key) || !(event.target as Element).matches(".twig > button")) return;
    event.preventDefault();
    const all = [...list.querySelectorAll<HTMLElement>(".twig > button")].filter((one) => one.offsetParent !== null);
    const here = event.target as HTMLElement;
    const at = all.indexOf(here);
    const open = here.getAttribute("aria-expanded") === "true";
    const go = (to: number) => all[Math.min(all.length - 1, Math.max(0, to))].focus();
    if (event.key === "ArrowDown" || (event.key === "ArrowRight" && open)) go(at + 1);
    else if (event.key === "ArrowUp") go(at - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(all.length - 1);
    else if (event.key === "ArrowRight" || (event.key === "ArrowLeft" && open)) here.click();
    else here.closest("ul")?.closest("li")?.querySelector<HTMLElement>(".twig > button")?.focus();
  }
}

/** Everything that is known of an indicator. */
function indicator(c: Context, at: number): HTMLElement[] {
  const { report: r, state } = c;
  const { lang } = state;
  const node = r.nodes[at];
  const { r: goes, n } = together(c, at);
  const marks = (["target", "low", "high"] as const).flatMap((name) => (node[name] === undefined ? [] : [`${c.say(name === "target" ? "markTarget" : name === "low" ? "markLow" : "markHigh")} ${significant(node[name], 6, lang)}`]));
  if (node.within) marks.push(c.say("markWithin", { low: significant(node.within[0], 6, lang), high: significant(node.within[1], 6, lang) }));
  const sources = (node.files ?? []).map((file) => r.sources[file]).filter(Boolean);
  const facts: [string, (HTMLElement | string)[]][] = [
    [c.say("computedFrom"), [formula(node)]],
    [c.say("unit"), [node.unit?.[lang] ?? c.say("treeNoUnit")]],
    [c.say("direction"), [c.say(node.direction > 0 ? "positive" : "negative")]],
    ...(marks.length ? [[c.say("marks"), [marks.join(lang === "zh" ? "；" : "; ")]] as [string, string[]]] : []),
    ...(sources.length
      ? [[c.say("treeSource"), sources.flatMap(({ file, sheet, cite }) => [h("div", {}, h("code", {}, sheet ? `${file} · ${sheet}` : file), cite[lang] ? ` ${cite[lang]}` : "")])] as [string, HTMLElement[]]]
      : []),
    [c.say("correlation"), [Number.isFinite(goes) ? c.say("treeCorrelation", { r: fixed(goes, 2, lang), n: count(n, lang), year: c.year() }) : c.say("treeCorrelationNone")]],
  ];
  return [
    ...(node.about ? [h("p", {}, node.about[lang])] : []),
    h("dl", {}, facts.flatMap(([name, told]) => [h("dt", {}, name), h("dd", {}, told)])),
    h("h3", {}, c.say("treeDone")),
    h("ol", {}, done(c, at).map(({ said, step }) => h("li", {}, said, step ? formulaOf(step) : null))),
    h("div", { class: "pair" }, covered(c, at), spread(c, at)),
  ];
}

function covered(c: Context, at: number): HTMLElement {
  const { report: r, state } = c;
  const [observed, filled] = [r.coverage.observed[at], r.coverage.filled[at]];
  const missing = r.years.map((_, t) => r.regions.length - observed[t] - filled[t]);
  const sum = (row: number[]) => row.reduce((a, b) => a + b, 0);
  const share = (row: number[]) => percent(sum(row) / (r.regions.length * r.years.length), state.lang);
  const title = c.say("treeCoverage", { what: c.node(at) });
  const tells = (t: number) => [String(c.year(t)), `${c.say("observed")}: ${observed[t]}`, `${c.say("filled")}: ${filled[t]}`, `${c.say("missingShort")}: ${missing[t]}`];
  return h(
    "div",
    {},
    figure({
      name: `covered-${at}`,
      text: c.figure(title, c.say("treeCoverageDescribe", { observed: share(observed), filled: share(filled), missing: share(missing) })),
      draw: (width, theme) =>
        drawColumns(
          {
            places: r.years,
            parts: r.years.map((_, t) => [observed[t], filled[t], missing[t]]),
            names: [
              { name: c.say("observed"), colour: theme.accent },
              { name: c.say("filled"), colour: theme.ramp[2] },
              { name: c.say("missingShort"), colour: theme.context },
            ],
            yName: c.say("treeRegions"),
            most: r.regions.length,
            tall: 100,
            yLabel: (value) => count(value, state.lang),
            tip: tells,
          },
          width,
          theme,
        ),
      table: () => coverageTable(c, title, observed, filled, missing),
    }),
  );
}

function spread(c: Context, at: number): HTMLElement {
  const { report: r, state } = c;
  const values = r.regions.map((_, region) => r.values.at(region, state.year, at));
  const own = values[state.region];
  const title = c.say("treeSpread", { what: c.node(at), year: c.year() });
  const unit = r.nodes[at].unit?.[state.lang];
  const written = (value: number) => significant(value, 4, state.lang) + (unit ? ` ${unit}` : "");
  const known = values.filter(Number.isFinite).length;
  if (!known) return h("div", {}, h("p", { class: "refusal" }, c.say("treeSpreadNone", { year: c.year() })));
  return h(
    "div",
    {},
    figure({
      name: `spread-${at}`,
      text: c.figure(title, c.say(Number.isFinite(own) ? "treeSpreadDescribe" : "treeSpreadOthers", { region: c.region(state.region), value: written(own), n: count(known, state.lang) })),
      draw: (width, theme) =>
        drawSpread(
          {
            values,
            own,
            marks: { own: `${c.region(state.region)} ${written(own)}`, median: c.say("median") },
            label: (value) => c.tick(value),
            tip: (from, to, found) => [`${c.tick(Number(from.toPrecision(6)))}–${c.tick(Number(to.toPrecision(6)))}`, c.say("treeIn", { n: count(found, state.lang) })],
          },
          width,
          theme,
        ),
      table: () => spreadTable(c, title, at),
    }),
  );
}

function coverageTable(c: Context, title: string, observed: number[], filled: number[], missing: number[]): HTMLElement {
  const number = (word: "observed" | "filled" | "missingShort", row: number[]) => ({ title: c.say(word), cell: (t: number) => count(row[t], c.state.lang), value: (t: number) => row[t], numeric: true });
  const columns = [
    { title: c.say("year"), cell: (t: number) => String(c.year(t)), value: (t: number) => c.year(t), heading: true },
    number("observed", observed),
    number("filled", filled),
    number("missingShort", missing),
  ];
  return table(columns, c.report.years.map((_, t) => t), c.table(title));
}

function spreadTable(c: Context, title: string, at: number): HTMLElement {
  const { report: r, state } = c;
  const value = (region: number) => r.values.at(region, state.year, at);
  const columns = [
    { title: c.say("region"), cell: (region: number) => c.region(region), value: (region: number) => c.region(region), heading: true },
    { title: c.say("value"), cell: (region: number) => significant(value(region), 4, state.lang), value, numeric: true, descending: true },
  ];
  return table(columns, r.regions.map((_, region) => region), c.table(title));
}
