/** Where the scores lie: a labelled tile grid, or the reader's own shapes. */

import { drawShapes, drawTiles, type Area, type Atlas } from "../atlas";
import type { Context } from "../context";
import { figure } from "../charts";
import type { Theme } from "../colour";
import { h, table, type Column } from "../dom";
import { extent, ranking, scoredYears } from "../findings";
import { walker } from "../walker";
import "./looking.css";

export function map(c: Context): HTMLElement {
  const { report: r } = c;
  const drawn = r.shapes ? new Set(r.shapes.map((shape) => shape.region)) : new Set(r.regions.flatMap((one, at) => (one.tile ? [at] : [])));
  const content = drawn.size
    ? [slider(c), c.store.live(["year", "element"], () => [picture(c), absent(c, drawn)]), c.store.live(["year", "element", "region"], () => [chosen(c)])]
    : [h("p", { class: "refusal" }, c.say("mapNone"))];
  return h("section", { id: "map", "aria-labelledby": "map-title" }, h("h2", { id: "map-title" }, c.say("map")), content);
}

/** The years as a slider, and a button that walks through them to the last. */
function slider(c: Context): HTMLElement | null {
  const years = scoredYears(c.report, c.report.elements - 1);
  return walker(c, { id: "map-year", label: c.say("year"), names: years.map((at) => String(c.year(at))), at: () => years.indexOf(c.state.year), go: (at) => c.store.set({ year: years[at] }), keys: ["year"] });
}

/** What is told of the chosen region, and where there is more of it. */
function chosen(c: Context): HTMLElement {
  const [, ...told] = about(c, c.state.region);
  return h("p", { class: "chosen", "aria-live": "polite" }, h("strong", {}, c.region(c.state.region)), ` · ${told.join(" · ")} · `, c.link("profile", c.say("mapProfile")));
}

function picture(c: Context): HTMLElement {
  const { report: r, state } = c;
  const places = ranking(r, state.year, state.element);
  const title = c.say("mapTitle", { what: c.element(state.element), year: c.year() });
  const leaders = c.listed(places.slice(0, 3).map((place) => c.region(place.region)), 3);
  const notes = [r.shapes ? "" : c.say("mapTilesNote"), r.years.length > 1 ? c.say(c.comparable ? "mapScaleFixed" : "mapScaleYear") : ""];
  const tiles = r.regions.flatMap((one, at) => (one.tile ? [at] : []));
  return figure({
    name: "map",
    text: c.figure(
      title,
      c.say("mapDescribe", { what: c.element(state.element), year: c.year(), leaders }),
      notes.filter(Boolean).join(state.lang === "zh" ? "" : " "),
    ),
    draw: (width, theme) => (r.shapes ? drawShapes : drawTiles)(atlas(c, theme, tiles), width, theme),
    data: c.scores(state.element, state.year),
    table: () => values(c, title),
    click: (at) => {
      const region = r.shapes ? r.shapes[at].region : tiles[at];
      if (region !== undefined) c.store.set({ region });
    },
    ready: (again) => {
      let here = true;
      c.store.on(["region"], again, () => here);
      c.store.on(["year", "element"], () => (here = false), () => here);
    },
  });
}

/** The ends of the colour scale: of all years where they can be compared, of this year where they cannot. */
function ends(c: Context): [number, number] {
  const { report: r, state } = c;
  return c.comparable ? c.range(state.element) : extent(ranking(r, state.year, state.element).map((place) => place.score));
}

function about(c: Context, region: number): string[] {
  const { report: r, state } = c;
  const rank = r.ranks.at(region, state.year, state.element);
  if (!rank) return [c.region(region), c.say("noScore")];
  const among = ranking(r, state.year, state.element).length;
  return [
    c.region(region),
    `${c.say("score")}: ${c.score(r.scores.at(region, state.year, state.element), state.element)}`,
    `${c.say("rank")}: ${c.say("nth", { rank, n: among })}`,
  ];
}

/** What is drawn: the regions with their scores, then places outside the study. */
function atlas(c: Context, theme: Theme, tiles: number[]): Atlas {
  const { report: r, state } = c;
  const area = (region: number): Area => {
    const value = r.scores.at(region, state.year, state.element);
    return { label: r.regions[region].label[state.lang], value, written: c.score(value, state.element) };
  };
  const elsewhere = r.elsewhere.map(({ label, tile }): Area => ({ label: label[state.lang], tile, value: NaN, written: "" }));
  const regions = r.shapes ? r.shapes.map(({ region }) => region) : tiles;
  const [low, high] = ends(c);
  return {
    areas: r.shapes ? r.shapes.map(({ region, geometry }) => ({ ...area(region), geometry })) : [...tiles.map((at) => ({ ...area(at), tile: r.regions[at].tile! })), ...elsewhere],
    chosen: regions.indexOf(state.region),
    ramp: theme.ramp,
    ends: [low, high],
    written: [c.score(low, state.element), c.score(high, state.element)],
    name: c.element(state.element),
    none: c.say("noScore"),
    tip: (at) => (at < regions.length ? about(c, regions[at]) : [r.elsewhere[at - regions.length].label[state.lang], c.say("notInStudy")]),
  };
}

function values(c: Context, title: string): HTMLElement {
  const { report: r, state } = c;
  const columns: Column<number>[] = [
    { title: c.say("region"), cell: (at) => c.region(at), value: (at) => c.region(at), heading: true },
    {
      title: c.say("score"),
      cell: (at) => c.score(r.scores.at(at, state.year, state.element), state.element),
      value: (at) => r.scores.at(at, state.year, state.element),
      numeric: true,
      descending: true,
    },
    {
      title: c.say("rank"),
      cell: (at) => r.ranks.at(at, state.year, state.element) || "–",
      value: (at) => r.ranks.at(at, state.year, state.element) || NaN,
      numeric: true,
    },
  ];
  return table(columns, r.regions.map((_, at) => at), c.table(title));
}

function absent(c: Context, drawn: Set<number>): HTMLElement | null {
  const rest = c.report.regions.flatMap((_, at) => (drawn.has(at) ? [] : [at]));
  if (!rest.length) return null;
  const shown = (at: number) => {
    const score = c.report.scores.at(at, c.state.year, c.state.element);
    return Number.isFinite(score) ? `${c.region(at)} ${c.score(score, c.state.element)}` : `${c.region(at)} –`;
  };
  return h("p", { class: "absent" }, h("strong", {}, c.say("mapAbsent")), ` ${rest.map(shown).join(c.state.lang === "zh" ? "，" : ", ")}`);
}
