/** How the index was built: its tree with weights, the method of every step, what was treated and left out. */

import type { Context } from "../context";
import { h, table, type Column } from "../dom";
import { children, effectiveIn, elementNode, sharesIn, top } from "../findings";
import { fixed, percent } from "../format";
import { formulaOf } from "../formula";
import "./looking.css";
import type { Node, Notice, Step, Treated } from "../payload";
import type { Space, Structure } from "../space";
import type { Word } from "../words";

const STEPS: Record<string, Word> = {
  denominate: "stepDenominate",
  screen: "stepScreen",
  impute: "stepImpute",
  treat: "stepTreat",
  normalise: "stepNormalise",
  weigh: "stepWeigh",
  aggregate: "stepAggregate",
  presence: "stepPresence",
  complexity: "stepComplexity",
  relatedness: "stepRelatedness",
  density: "stepDensity",
};

export function method(c: Context): HTMLElement {
  return h(
    "section",
    { id: "method", "aria-labelledby": "method-title" },
    h("h2", { id: "method-title" }, c.say(c.report.index ? "method" : c.report.structure?.spaces.length ? "methodLinks" : "methodOther")),
    c.report.index ? ofIndex(c) : null,
    c.report.structure?.spaces.length ? ofLinks(c, c.report.structure.spaces) : null,
    c.report.structure ? others(c, c.report.structure) : null,
  );
}

function ofIndex(c: Context): HTMLElement {
  return h(
    "div",
    {},
    h("h3", {}, c.say("tree")),
    c.store.live(["year"], () => [tree(c)]),
    h("h3", {}, c.say("steps")),
    h("p", { class: "note" }, c.say("stepsIntro")),
    h("ol", { class: "steps" }, c.report.steps.map((step) => described(c, step))),
    h("h3", {}, c.say("treatedTitle")),
    treated(c),
    h("h3", {}, c.say("omitted")),
    c.report.omitted.length ? notices(c, c.report.omitted, c.report.omittedInAll, c.say("omitted")) : h("p", {}, c.say("omittedNone")),
  );
}

function ofLinks(c: Context, spaces: Space[]): HTMLElement {
  return h(
    "div",
    {},
    c.report.index ? h("h3", {}, c.say("methodLinks")) : null,
    spaces.map((space) =>
      h(
        "div",
        {},
        spaces.length > 1 ? h("h4", {}, space.title[c.state.lang]) : null,
        h("ol", { class: "steps" }, space.steps.map((step) => described(c, step))),
        space.dropped ? h("p", { class: "note" }, c.say("linksDropped", { n: space.dropped })) : null,
      ),
    ),
  );
}

/** What the other parts hold their findings against, block by block. */
function others(c: Context, { emergence, dependency, digital, records, ladder }: Structure): HTMLElement {
  const { lang } = c.state;
  const part = (what: Word, title: string, facts: [string, string][], about: string[] = []) =>
    h("li", {}, h("span", { class: "step" }, c.say(what)), h("div", {}, h("strong", {}, title), about.map((one) => h("div", { class: "about" }, one)), h("dl", {}, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))))));
  const share = (value: number) => percent(value, lang, 0);
  const parts = [
    ...(digital ? [part("navDigital", digital.chain.map((level) => level[lang]).join(lang === "zh" ? "，" : "; "), digital.couplingScale ? [[c.say("coupling"), digital.couplingScale]] : [])] : []),
    ...emergence.map((one) => part("navEmergence", one.title[lang], [[c.say("lastYears"), String(one.window)], [c.say("threshold"), String(one.threshold)]])),
    ...dependency.map((one) => part("navChokepoints", one.title[lang], [[c.say("dependency"), `≥ ${share(one.thresholds[0])}`], [c.say("hhi"), `≥ ${one.thresholds[1]}`]])),
    ...records.flatMap(({ title, recognised: one }) => (one ? [part("navRecords", `${title[lang]} · ${one.title[lang]}`, [[c.say("recognisedBy"), one.way[lang]], [c.say("threshold"), String(one.threshold)]])] : [])),
    ...ladder.map((one) => {
      const cited = one.criteria.filter(({ cite }) => cite).map(({ name, cite }) => (lang === "zh" ? `${name.zh}（${cite}）` : `${name.en} (${cite})`));
      return part("navLadder", `${one.title[lang]} · ${c.say(one.way === "rule" ? "byRule" : "byModel")}`, one.settings.map(({ key, value }) => [key, value]), [c.say("criteriaUsed", { names: c.listed(one.criteria.map(({ name }) => name[lang]), 30) }), ...(cited.length ? [c.say("criteriaCited", { names: c.listed(cited, 30) })] : [])]);
    }),
  ];
  return parts.length ? h("div", {}, c.report.index || c.report.structure!.spaces.length ? h("h3", {}, c.say("otherParts")) : null, h("ol", { class: "steps" }, parts)) : h("div");
}

interface Branch {
  node: number;
  depth: number;
}

function tree(c: Context): HTMLElement {
  const { report: r, state } = c;
  const branches: Branch[] = [];
  const walk = (node: number, depth: number): void => {
    branches.push({ node, depth });
    for (const child of children(r, node)) walk(child, depth + 1);
  };
  walk(elementNode(r, top(r)), 0);
  const shares = sharesIn(r, state.year);
  const effective = effectiveIn(r, state.year);
  const widest = Math.max(...effective.slice(0, r.indicators));
  const name = ({ node, depth }: Branch) => {
    const { about } = r.nodes[node];
    const title = depth === 0 ? c.element(top(r)) : c.node(node);
    return h(
      "div",
      { class: node < r.indicators ? "leaf" : "branch", style: `padding-inline-start: ${depth * 1.1}em` },
      title,
      h("code", {}, r.nodes[node].code),
      about ? h("div", { class: "about" }, about[state.lang]) : null,
    );
  };
  const weight = ({ node }: Branch) =>
    h(
      "span",
      { class: "weight" },
      node < r.indicators ? h("span", { class: "bar", style: `width: ${((effective[node] / widest) * 3).toFixed(2)}em`, "aria-hidden": "true" }) : null,
      percent(effective[node], state.lang),
    );
  const columns: Column<Branch>[] = [
    { title: c.say("name"), cell: name, heading: true },
    { title: c.say("share"), cell: ({ node, depth }) => (depth ? percent(shares[node], state.lang) : ""), numeric: true },
    { title: c.say("effective"), cell: weight, numeric: true },
    {
      title: c.say("direction"),
      cell: ({ node, depth }) => (depth ? c.say(r.nodes[node].direction > 0 ? "positive" : "negative") : ""),
    },
    { title: c.say("unit"), cell: ({ node }) => r.nodes[node].unit?.[state.lang] ?? "" },
    { title: c.say("computedFrom"), cell: ({ node }) => (node < r.indicators ? formula(r.nodes[node]) : "") },
  ];
  return h(
    "div",
    { class: "tree" },
    r.shares.length > 1 ? h("p", { class: "note" }, c.say("treeYear", { year: c.year() })) : null,
    table(columns, branches, c.table(c.say("tree")), 400),
  );
}

/** What an indicator is read from, as the data call it: a label may promise more than its formula keeps. */
export function formula({ code, column, denominator }: Node): HTMLElement {
  return h("code", {}, denominator ? `${column ?? code} ÷ ${denominator}` : (column ?? code));
}

function described(c: Context, step: Step): HTMLElement {
  const { state } = c;
  const facts: [string, string][] = [];
  if (step.level !== null || step.step === "weigh" || step.step === "aggregate") {
    const level = step.level === null ? c.say("levelAll") : step.level === 1 ? c.say("levelOne") : c.say("levelN", { n: step.level });
    facts.push([c.say("level"), level]);
  }
  if (step.scope !== null) {
    const { scope } = step;
    const said =
      scope === "pooled" ? c.say("scopePooled") : scope === "year" ? c.say("scopeYear") : c.say("scopeBase", { first: scope[0], last: scope[1] });
    facts.push([c.say("scope"), said]);
  }
  for (const [name, value] of step.options) facts.push([name, value]);
  if (step.cite) facts.push([c.say("cite"), step.cite]);
  const only = step.only.length ? ` (${c.say("onlyFor", { what: c.listed(step.only, 20) })})` : "";
  return h(
    "li",
    {},
    h("span", { class: "step" }, c.say(STEPS[step.step])),
    h(
      "div",
      {},
      h("strong", {}, step.name[state.lang]),
      step.method && state.lang === "zh" ? h("code", {}, step.method) : null,
      only,
      step.summary && state.lang === "en" ? h("div", { class: "about" }, step.summary) : null,
      formulaOf(step),
      h("dl", {}, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    ),
  );
}

function treated(c: Context): HTMLElement {
  const { report: r } = c;
  if (!r.treated.length) return h("p", {}, c.say("treatedNone"));
  const shape = (pair: [number, number] | null) =>
    pair ? pair.map((value) => fixed(value, 2, c.state.lang)).join(" → ") : "–";
  const number = (title: Word, cell: (row: Treated) => string | number, value: (row: Treated) => number): Column<Treated> => ({
    title: c.say(title),
    cell,
    value,
    numeric: true,
    descending: true,
  });
  const columns: Column<Treated>[] = [
    { title: c.say("indicator"), cell: (row) => c.node(row.indicator), value: (row) => c.node(row.indicator), heading: true },
    number("treatedLowered", (row) => row.lowered, (row) => row.lowered),
    number("treatedRaised", (row) => row.raised, (row) => row.raised),
    number("treatedTransformed", (row) => row.transformed, (row) => row.transformed),
  ];
  if (r.treated.some((row) => row.skew)) {
    columns.push(
      number("skewness", (row) => shape(row.skew), (row) => row.skew?.[0] ?? NaN),
      number("kurtosis", (row) => shape(row.kurtosis), (row) => row.kurtosis?.[0] ?? NaN),
    );
  }
  return table(columns, r.treated, c.table(c.say("treatedTitle")));
}

export function notices(c: Context, all: Notice[], inAll: number, caption: string): HTMLElement {
  const some = inAll > all.length ? h("p", { class: "note" }, c.say("noticesSome", { n: all.length, all: inAll })) : null;
  const columns: Column<Notice>[] = [
    ...(all.some((one) => one.place[c.state.lang]) ? [{ title: c.say("place"), cell: (one: Notice) => one.place[c.state.lang] }] : []),
    { title: c.say("notice"), cell: (one) => one.text[c.state.lang] },
  ];
  return h("div", {}, some, table(columns, all, c.table(caption), 40));
}
