/** Follow, run alongside or lead: how far a region is from the frontier of each activity, and whether it comes closer. */

import type { Context } from "../context";
import { choosers, placeIn, spaceOf } from "../chooser";
import { figure } from "../charts";
import { h, table, type Column } from "../dom";
import { fixed, percent } from "../format";
import { firstOf } from "../long";
import { drawRows } from "../rows";
import type { Space, Stand, Standing } from "../space";

const [ABSENT, FOLLOW, ALONGSIDE, LEAD] = [0, 1, 2, 3];
// The share of draws from which a region is said to have come closer.
const SURE = 0.9;

export function standing(c: Context): HTMLElement {
  const content = c.store.live(["place", "space"], () => {
    const found = spaceOf(c);
    if (!found.standing) return [h("p", { class: "note" }, c.say("standingNone"))];
    const at = placeIn(c, found.regions);
    const rows = at < 0 ? [] : found.standing.of(at);
    return [
      h("p", { class: "standing", "aria-live": "polite" }, words(c, found, found.standing, at, rows)),
      rows.length ? firstOf(c, rows, (shown) => picture(c, found, found.standing!, shown, rows)) : null,
      h("h3", {}, c.say("standingTable", { period: found.standing.period })),
      regions(c, found, found.standing),
    ];
  });
  return h(
    "section",
    { id: "standing", "aria-labelledby": "standing-title" },
    h("h2", { id: "standing-title" }, c.say("standing")),
    h("p", {}, c.say("standingIntro")),
    choosers(c, "standing", { region: true, links: true }),
    content,
  );
}

function words(c: Context, found: Space, stood: Standing, at: number, rows: Stand[]): string {
  const what = found.title[c.state.lang];
  if (at < 0) return c.say("notLinked", { region: c.region(c.state.place), what });
  const count = (stage: number) => stood.inStage(at, stage);
  const nearer = rows.filter((row) => row.closer >= SURE).length;
  const further = rows.filter((row) => row.closer <= 1 - SURE).length;
  return c.joined([
    c.say("standingCounts", { what, period: stood.period, region: c.region(c.state.place), lead: count(LEAD), alongside: count(ALONGSIDE), follow: count(FOLLOW), absent: count(ABSENT) }),
    stood.first && c.say("standingCloser", { first: stood.first, nearer, further }),
  ]);
}

function picture(c: Context, found: Space, stood: Standing, shown: Stand[], rows: Stand[]): HTMLElement {
  const { lang } = c.state;
  const name = (row: Stand) => found.activities[row.activity].name[lang];
  const share = (value: number) => percent(value, lang, 0);
  const stage = (at: number) => stood.stages[at]?.[lang] ?? "–";
  const title = c.say("standingTitle", { region: c.region(c.state.place), what: found.title[lang], period: stood.period });
  const [alongside, lead] = stood.thresholds;
  const bounded = rows.some((row) => Number.isFinite(row.low));
  const columns: Column<Stand>[] = [
    { title: c.say("activity"), cell: name, value: name, heading: true },
    { title: c.say("stage"), cell: (row) => stage(row.stage), value: (row) => row.stage, descending: true },
    { title: c.say("ratio"), cell: (row) => percent(row.ratio, lang), value: (row) => row.ratio, numeric: true, descending: true },
    ...(bounded ? [{ title: c.say("interval", { level: c.say("ninety") }), cell: (row: Stand) => between(c, row), numeric: true }] : []),
    ...(stood.first
      ? [
          { title: c.say("stageIn", { period: stood.first }), cell: (row: Stand) => stage(row.was), value: (row: Stand) => row.was },
          { title: c.say("ratioIn", { period: stood.first }), cell: (row: Stand) => percent(row.first, lang), value: (row: Stand) => row.first, numeric: true, descending: true },
          { title: c.say("closer"), cell: (row: Stand) => percent(row.closer, lang, 0), value: (row: Stand) => row.closer, numeric: true, descending: true },
        ]
      : []),
  ];
  return figure({
    name: "standing",
    text: c.figure(title, c.say("standingDescribe", { names: c.listed(shown.slice(0, 3).map((row) => `${name(row)} ${share(row.ratio)}`), 3) }), c.say("standingNote", { alongside: share(alongside), lead: share(lead) }), [found.file]),
    draw: (width, theme) =>
      drawRows(
        {
          rows: shown.map((row) => ({ name: `${name(row)} · ${stage(row.stage)}`, value: row.ratio, low: row.low, high: row.high, tick: row.first })),
          kind: "dot",
          marks: { value: c.say("ratio"), interval: bounded ? c.say("interval", { level: c.say("ninety") }) : undefined, tick: stood.first ? c.say("ratioIn", { period: stood.first }) : undefined },
          tickLabel: share,
          tip: (i) => columns.map(({ title: head, cell }, at) => (at ? `${head}: ${String(cell(shown[i]))}` : String(cell(shown[i])))),
        },
        width,
        theme,
      ),
    table: () => table(columns, rows, c.table(title), 40),
  });
}

function between(c: Context, row: Stand): string {
  const [low, high] = [row.low, row.high].map((value) => percent(value, c.state.lang, 0));
  return c.state.lang === "zh" ? `${low} 至 ${high}` : `${low} to ${high}`;
}

function regions(c: Context, found: Space, stood: Standing): HTMLElement {
  const name = (at: number) => c.regionOf(found.regions[at]);
  const weight = (at: number) => [LEAD, ALONGSIDE, FOLLOW].reduce((sum, stage) => sum * 1000 + stood.inStage(at, stage), 0);
  const columns: Column<number>[] = [
    { title: c.say("region"), cell: name, value: name, heading: true },
    ...[LEAD, ALONGSIDE, FOLLOW, ABSENT].map((stage) => ({
      title: stood.stages[stage][c.state.lang],
      cell: (at: number) => fixed(stood.inStage(at, stage), 0, c.state.lang),
      value: (at: number) => stood.inStage(at, stage),
      numeric: true,
      descending: true,
    })),
  ];
  const order = found.regions.map((_, at) => at).sort((a, b) => weight(b) - weight(a) || a - b);
  return table(columns, order, c.table(c.say("standingTable", { period: stood.period })), 20);
}
