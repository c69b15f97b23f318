/** What came of a what-if: in a sentence, as two rankings side by side, and as a table. */

import { figure } from "../charts";
import type { Context } from "../context";
import { h, table, type Column } from "../dom";
import { count, decimals, fixed, signed } from "../format";
import type { Bench } from "./bench";
import { changed } from "./choices";
import { drawSlopes, regionAt } from "./slopes";
import { close, furthest, gained, moves as movesOf, spearman, type Move } from "./told";

// Beyond so many regions a line for each tells nobody anything: those that move most are drawn.
const MOST = 60;
const DRAWN = 40;
const STILL = 800;

/** The regions that are drawn, in the order of their new ranks. */
function drawn(c: Context, found: Move[]): Move[] {
  if (found.length <= MOST) return found;
  const kept = new Set([...found].sort((a, b) => Math.abs(gained(b)) - Math.abs(gained(a)) || a.after - b.after).slice(0, DRAWN).map((move) => move.region));
  return found.filter((move) => kept.has(move.region) || move.region === c.state.region);
}

/** The study's own ranks as a what-if that changes nothing. */
export function unmoved(c: Context): Move[] {
  const { report: r, state } = c;
  const column = <T extends { at(region: number, year: number, item: number): number }>(cube: T) => r.regions.map((_, region) => cube.at(region, state.year, state.element));
  const [ranks, scores] = [column(r.ranks), column(r.scores)];
  return movesOf(ranks, ranks, scores, scores);
}

export function result(bench: Bench): { element: HTMLElement; follow: () => void } {
  const { c } = bench;
  const words = h("div", { class: "standing" });
  const heard = h("p", { class: "heard", role: "status" });
  let still: ReturnType<typeof setTimeout> | undefined;
  const below = h("div", {});
  const place = h("div", {});
  let again = () => {};
  let shape = "";
  const rows = () => drawn(c, bench.outcome().moves);
  const make = () => {
    const found = bench.outcome().moves;
    const title = c.say("whatifTitle", { what: c.element(c.state.element), year: c.year() });
    const note = found.length > rows().length ? c.say("whatifMost", { n: rows().length, all: count(found.length, c.state.lang) }) : undefined;
    return figure({
      name: "whatif",
      text: c.figure(title, c.say("whatifDescribe", { what: c.element(c.state.element), year: c.year() }), note),
      draw: (width, theme) =>
        drawSlopes({
          shown: rows(), name: (region) => c.region(region), heads: [c.say("whatifStudy"), c.say("whatif")], chosen: c.state.region,
          signs: { rises: c.say("whatifRises"), falls: c.say("whatifFalls"), stays: c.say("whatifStays") }, tip: (move) => told(c, move),
        }, width, theme),
      table: () => rowsTable(c, bench.outcome().moves, title),
      click: (spot) => c.store.set({ region: regionAt(rows(), spot) }),
      ready: (draw) => (again = draw),
    });
  };
  const follow = () => {
    const { moves, refused, faults } = bench.outcome();
    words.replaceChildren(h("p", {}, refused.length ? c.joined([...refused, moves.length ? c.say("whatifStale") : null]) : sentence(bench)));
    // Who listens is told once the hand is still, not at every step of a slider.
    clearTimeout(still);
    if (changed(bench.choices()) || heard.textContent) still = setTimeout(() => (heard.textContent = words.textContent), STILL);
    words.classList.toggle("refusal", refused.length > 0);
    below.replaceChildren(...faults.filter(({ severity }) => severity === "warning").map((fault) => h("p", { class: "note" }, fault[c.state.lang])), ...(precision(bench) ? [h("p", { class: "note" }, precision(bench)!)] : []));
    // The frame stays while its lines move; another set of rows has another height, and another table beside it.
    const next = `${rows().length}/${moves.length}/${place.querySelector(".beside:not([hidden])") ? Math.random() : ""}`;
    if (!moves.length) place.replaceChildren();
    else if (next === shape && place.firstChild) again();
    else {
      const asTable = place.querySelector<HTMLElement>(".beside:not([hidden])");
      place.replaceChildren(make());
      if (asTable) place.querySelector<HTMLElement>("button[aria-pressed]")?.click();
    }
    shape = next;
  };
  c.store.on(["region"], () => again(), () => place.isConnected);
  return { element: h("div", { class: "results" }, words, heard, place, below), follow };
}

/** What moved, the largest movers by name, and how like the study the order still is. */
function sentence(bench: Bench): string {
  const { c } = bench;
  const { moves: found } = bench.outcome();
  if (!changed(bench.choices())) return c.say("whatifNothing");
  const movers = found.filter((move) => gained(move) !== 0);
  if (!movers.length) return c.say("whatifNobody", { n: count(found.length, c.state.lang) });
  const side = (sign: 1 | -1, one: "whatifUp" | "whatifDown", several: "whatifUps" | "whatifDowns") => {
    const most = furthest(found, sign);
    if (!most.length) return null;
    const [first] = most;
    const n = Math.abs(gained(first));
    return most.length === 1 ? c.say(one, { name: c.region(first.region), from: first.before, to: first.after, n }) : c.say(several, { names: c.listed(most.map(({ region }) => c.region(region)), 4), n });
  };
  const rho = spearman(found);
  return c.joined([
    c.say("whatifMoved", { n: count(movers.length, c.state.lang), all: count(found.length, c.state.lang) }),
    side(1, "whatifUp", "whatifUps"),
    side(-1, "whatifDown", "whatifDowns"),
    Number.isFinite(rho) ? c.say("whatifRho", { rho: fixed(rho, rho > 0.9995 && rho < 1 ? 5 : 3, c.state.lang) }) : null,
  ]);
}

function precision(bench: Bench): string | null {
  const { c } = bench;
  const { moves: found, error, refused } = bench.outcome();
  if (refused.length || !changed(bench.choices())) return null;
  if (bench.offer) return c.say("whatifFull");
  const n = close(found, error);
  return c.joined([c.say("whatifDigits", { error: error.toPrecision(1) }), n ? c.say("whatifClose", { n: count(n, c.state.lang) }) : null]);
}

function told(c: Context, move: Move): string[] {
  const score = (value: number) => c.score(value, c.state.element);
  return [c.region(move.region), `${c.say("rank")}: ${move.before} → ${move.after}`, `${c.say("score")}: ${score(move.scoreBefore)} → ${score(move.scoreAfter)}`];
}

function rowsTable(c: Context, found: Move[], caption: string): HTMLElement {
  const { element } = c.state;
  const [low, high] = c.range(element);
  const digits = decimals(high - low);
  // Scores of another method may live on another scale than the study's.
  const after = found.map((move) => move.scoreAfter);
  const digitsAfter = after.length ? decimals(Math.max(...after) - Math.min(...after)) : digits;
  const columns: Column<Move>[] = [
    { title: c.say("region"), cell: (move) => c.region(move.region), value: (move) => c.region(move.region), heading: true },
    { title: c.say("whatifRankStudy"), cell: (move) => move.before, value: (move) => move.before, numeric: true },
    { title: c.say("whatifRankNew"), cell: (move) => move.after, value: (move) => move.after, numeric: true },
    {
      title: c.say("whatifPlaces"),
      cell: (move) => h("span", { class: gained(move) > 0 ? "up" : gained(move) < 0 ? "down" : null }, signed(gained(move), 0, c.state.lang)),
      value: gained,
      numeric: true,
      descending: true,
    },
    { title: c.say("whatifScoreStudy"), cell: (move) => fixed(move.scoreBefore, digits, c.state.lang), value: (move) => move.scoreBefore, numeric: true, descending: true },
    { title: c.say("whatifScoreNew"), cell: (move) => fixed(move.scoreAfter, digitsAfter, c.state.lang), value: (move) => move.scoreAfter, numeric: true, descending: true },
  ];
  return table(columns, found, c.table(caption));
}
