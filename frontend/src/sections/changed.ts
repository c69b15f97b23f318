/** What made a region's score change between two years, exactly where that can be said. */

import { drawBars, type Bar } from "../bars";
import type { Context } from "../context";
import { figure } from "../charts";
import { byIndicator, changeable, decompose, fixedWeights, type Decomposed, type Share } from "../decompose";
import { h, table, type Column } from "../dom";
import { children, elementNode, scoredYears, scoreOf, top } from "../findings";
import { decimals, fixed } from "../format";
import { steps } from "./trend";

const ID = "change";
const MOST = 15;
// Cells have five digits: less than this is rounding.
const SLIGHT = 1e-5;

/** The years compared, as the address keeps them: the first and the last where it says nothing else. */
function yearsOf(c: Context, years: number[]): [number, number] {
  const [from, to] = c.kept(ID).split("-").map((year) => c.report.years.indexOf(Number(year)));
  return years.includes(from) && years.includes(to) && from !== to ? [from, to] : [years[0], years[years.length - 1]];
}

export function changed(c: Context): HTMLElement | null {
  const { report: r, state } = c;
  const element = top(r);
  const years = scoredYears(r, element).filter((year) => Number.isFinite(r.scores.at(state.region, year, element)));
  if (years.length < 2) return null;
  const head = h("h3", {}, c.say("changeHead"));
  if (!changeable(r)) return h("div", {}, head, h("p", { class: "refusal", role: "note" }, c.say("changeRefused", { steps: steps(c) })));
  const [from, to] = yearsOf(c, years);
  const found = decompose(r, state.region, element, from, to);
  if (!found) return null;
  const blanks = { region: c.region(state.region), first: c.year(from), last: c.year(to), what: c.element(element) };
  const fine = byIndicator(r, state.region, from, to);
  const came = (fine ?? found.shares).filter(({ entry }) => entry !== 0);
  // Weights move by the year, or because those of what is missing go to its siblings.
  const moved = !fixedWeights(r) || came.length > 0 || (fine ?? []).some(({ weight }) => Math.abs(weight) > SLIGHT);
  const said = [
    c.say("changeSaid", { ...blanks, from: finer(c, found.from), to: finer(c, found.to), change: written(c, found.to - found.from) }),
    found.way === "sum" ? c.say(moved ? "changeSumWeights" : "changeSum") : found.way ? c.say("changeShapley", { mean: c.say(found.way) }) : c.say("changeNone"),
    came.length > 0 && c.say("changeEntry", { n: came.length, part: written(c, came.reduce((sum, { entry }) => sum + entry, 0)), all: written(c, found.to - found.from) }),
  ];
  return h(
    "div",
    {},
    head,
    chooser(c, years, from, to),
    h("p", { class: "standing", "aria-live": "polite" }, c.joined(said)),
    found.way ? split(c, "change", c.say("changeTitle", blanks), found, found.shares) : own(c, c.say("changeOwnTitle", blanks), from, to),
    fine && fine.some(({ node }) => !found.shares.some((one) => one.node === node)) ? split(c, "change-indicators", c.say("changeIndicators", blanks), found, fine) : null,
  );
}

function chooser(c: Context, years: number[], from: number, to: number): HTMLElement {
  const select = (id: string, word: "changeFrom" | "changeTo", chosen: number, keep: (year: number) => string) => {
    const list = h("select", { id }, years.map((year) => h("option", { value: year }, c.year(year))));
    list.value = String(chosen);
    list.addEventListener("change", () => {
      c.keep(ID, keep(Number(list.value)));
      document.getElementById(id)?.focus();
    });
    return h("span", { class: "choice" }, h("label", { for: id }, c.say(word)), list);
  };
  const named = (one: number, other: number) => `${c.year(one)}-${c.year(other)}`;
  return h(
    "div",
    { class: "slider" },
    select("change-from", "changeFrom", from, (year) => named(year, year === to ? from : to)),
    select("change-to", "changeTo", to, (year) => named(year === from ? to : from, year)),
  );
}

/** Changes are smaller than scores, so they are given one digit more. */
function finer(c: Context, value: number): string {
  const [low, high] = c.range(top(c.report));
  return fixed(value, decimals(high - low) + 1, c.state.lang);
}

function written(c: Context, value: number): string {
  const shown = finer(c, value);
  return value > 0 && !/^[0.,]*$/.test(shown) ? `+${shown}` : shown;
}

function split(c: Context, name: string, title: string, { from, to }: Decomposed, shares: Share[]): HTMLElement {
  const order = [...shares].sort((a, b) => Math.abs(b.whole) - Math.abs(a.whole));
  const rest = order.slice(MOST);
  const bar = (label: string, value: number, whole = false): Bar => ({ name: label, value, written: written(c, value), whole });
  const drawn = order.slice(0, MOST).sort((a, b) => b.whole - a.whole);
  const bars = [
    bar(c.say("changeWhole"), to - from, true),
    ...drawn.map(({ node, whole, entry }) => ({ ...bar(c.node(node), whole), apart: entry !== 0 })),
    ...(rest.length ? [bar(c.say("changeRest", { n: rest.length }), rest.reduce((sum, { whole }) => sum + whole, 0))] : []),
  ];
  const number = (word: "changeWhole" | "changeValue" | "changeWeight" | "changeIn", of: (share: Share) => number): Column<Share> => ({
    title: c.say(word),
    cell: (share) => written(c, of(share)),
    value: of,
    numeric: true,
    descending: true,
  });
  const columns: Column<Share>[] = [
    { title: c.say("name"), cell: ({ node }) => c.node(node), value: ({ node }) => c.node(node), heading: true },
    number("changeWhole", ({ whole }) => whole),
    ...(shares.some(({ weight, entry }) => Math.abs(weight) > SLIGHT || entry !== 0)
      ? [number("changeValue", ({ value }) => value), number("changeWeight", ({ weight }) => weight), number("changeIn", ({ entry }) => entry)]
      : []),
  ];
  const about = (i: number): Share | undefined => drawn[i - 1];
  return figure({
    name,
    text: c.figure(title, c.say("changeDescribe", { whole: written(c, to - from), parts: c.listed(order.slice(0, 3).map(({ node, whole }) => `${c.node(node)} ${written(c, whole)}`), 3) }), c.say("changeNote")),
    draw: (width, theme) =>
      drawBars(
        {
          bars,
          marks: { up: c.say("changeUp"), down: c.say("changeDown"), whole: c.say("changeWhole"), apart: c.say("changeIn") },
          tip: (i) => {
            const share = about(i);
            return [
              bars[i].name,
              `${c.say("changeWhole")}: ${bars[i].written}`,
              ...(share && Math.abs(share.weight) > SLIGHT ? [`${c.say("changeValue")}: ${written(c, share.value)}`, `${c.say("changeWeight")}: ${written(c, share.weight)}`] : []),
            ];
          },
        },
        width,
        theme,
      ),
    table: () => table(columns, order, c.table(title)),
  });
}

/** Where the score cannot be split: what became of each element by itself, which does not add up. */
function own(c: Context, title: string, from: number, to: number): HTMLElement {
  const { report: r, state } = c;
  const nodes = children(r, elementNode(r, top(r)));
  const at = (node: number, year: number) => scoreOf(r, state.region, year, node);
  const rows = nodes.filter((node) => Number.isFinite(at(node, to) - at(node, from))).sort((a, b) => at(b, to) - at(b, from) - (at(a, to) - at(a, from)));
  const change = (node: number) => at(node, to) - at(node, from);
  const number = (head: string, of: (node: number) => number): Column<number> => ({ title: head, cell: (node) => fixed(of(node), 3, state.lang), value: of, numeric: true });
  const columns: Column<number>[] = [
    { title: c.say("name"), cell: (node) => c.node(node), heading: true },
    number(String(c.year(from)), (node) => at(node, from)),
    number(String(c.year(to)), (node) => at(node, to)),
    number(c.say("changeOwn"), change),
  ];
  return figure({
    name: "change",
    text: c.figure(title, c.say("changeDescribe", { whole: "–", parts: c.listed(rows.slice(0, 3).map((node) => `${c.node(node)} ${written(c, change(node))}`), 3) })),
    draw: (width, theme) =>
      drawBars({ bars: rows.map((node) => ({ name: c.node(node), value: change(node), written: written(c, change(node)) })), marks: { up: c.say("changeUp"), down: c.say("changeDown") }, tip: (i) => [c.node(rows[i]), `${c.say("changeOwn")}: ${written(c, change(rows[i]))}`] }, width, theme),
    table: () => table(columns, rows, c.table(title)),
  });
}
