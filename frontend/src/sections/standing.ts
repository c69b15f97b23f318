/** Follow, run alongside or lead: how far a region is from the frontier of each activity, and whether it comes closer. */

import type { Context } from "../context";
import { choosers, placeIn, spaceOf } from "../chooser";
import { figure } from "../charts";
import { shade } from "../colour";
import { h, table, type Column } from "../dom";
import { fixed, percent } from "../format";
import { firstOf } from "../long";
import { ticks } from "../layout";
import { drawRows } from "../rows";
import { drawStacks } from "../stacks";
import type { Space, Stand, Standing } from "../space";

const [ABSENT, FOLLOW, ALONGSIDE, LEAD] = [0, 1, 2, 3];
const STAGES = [LEAD, ALONGSIDE, FOLLOW, ABSENT];
// Regions that only follow are left to the table, but for so many.
const [LEAST_REGIONS, MOST_REGIONS] = [6, 20];
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
  // Who was at the frontier and still is has come no closer, nor fallen back.
  const nearer = rows.filter((row) => row.closer >= SURE && row.ratio > row.first).length;
  const further = rows.filter((row) => row.closer <= 1 - SURE && row.ratio < row.first).length;
  const leads = rows.filter((row) => row.stage === LEAD).map((row) => found.activities[row.activity].name[c.state.lang]);
  return c.joined([
    c.say("standingCounts", { what, period: stood.period, region: c.region(c.state.place), lead: count(LEAD), alongside: count(ALONGSIDE), follow: count(FOLLOW), absent: count(ABSENT) }),
    leads.length > 0 && c.say("standingLeads", { names: c.listed(leads, 4) }),
    stood.first && c.say("standingCloser", { first: stood.first, nearer, further }),
  ]);
}

function picture(c: Context, found: Space, stood: Standing, shown: Stand[], rows: Stand[]): HTMLElement {
  const { lang } = c.state;
  const name = (row: Stand) => found.activities[row.activity].name[lang];
  const share = (value: number) => percent(value, lang, 0);
  const ahead = (row: Stand) => {
    const first = stood.ahead(row.activity);
    return first === undefined ? "–" : c.regionOf(found.regions[first]);
  };
  const stage = (at: number) => stood.stages[at]?.[lang] ?? "–";
  const title = c.say("standingTitle", { region: c.region(c.state.place), what: found.title[lang], period: stood.period });
  const [alongside, lead] = stood.thresholds;
  const bounded = rows.some((row) => Number.isFinite(row.low));
  const columns: Column<Stand>[] = [
    { title: c.say("activity"), cell: name, value: name, heading: true },
    { title: c.say("stage"), cell: (row) => stage(row.stage), value: (row) => row.stage, descending: true },
    { title: c.say("frontierFirst"), cell: ahead, value: ahead },
    { title: c.say("ratio"), cell: (row) => percent(row.ratio, lang), value: (row) => row.ratio, numeric: true, descending: true },
    ...(bounded ? [{ title: c.say("interval", { level: c.say("ninety") }), cell: (row: Stand) => between(c, row), ends: c.ends(c.say("interval", { level: c.say("ninety") }), (row: Stand) => [row.low, row.high]), numeric: true }] : []),
    ...(stood.first
      ? [
          { title: c.say("stageIn", { period: stood.first }), cell: (row: Stand) => stage(row.was), value: (row: Stand) => row.was },
          { title: c.say("ratioIn", { period: stood.first }), cell: (row: Stand) => percent(row.first, lang), value: (row: Stand) => row.first, numeric: true, descending: true },
          { title: c.say("closer"), cell: (row: Stand) => (row.ratio === row.first ? "–" : percent(row.closer, lang, 0)), value: (row: Stand) => row.closer, numeric: true, descending: true },
        ]
      : []),
  ];
  return figure({
    name: "standing",
    text: c.figure(title, c.say("standingDescribe", { names: c.listed(shown.slice(0, 3).map((row) => `${name(row)} ${share(row.ratio)}`), 3) }), c.say(found.unit ? "standingNoteUnit" : "standingNote", { alongside: share(alongside), lead: share(lead), unit: found.unit }), [found.file]),
    draw: (width, theme) =>
      drawRows(
        {
          rows: shown.map((row) => ({ name: name(row), value: row.ratio, low: row.low, high: row.high, tick: row.first })),
          kind: "dot",
          marks: { value: c.say("ratio"), interval: bounded ? c.say("interval", { level: c.say("ninety") }) : undefined, tick: stood.first ? c.say("ratioIn", { period: stood.first }) : undefined },
          limits: [{ value: alongside, name: stage(ALONGSIDE) }, { value: lead, name: stage(LEAD) }],
          axis: ticks(0, Math.max(1, ...shown.flatMap((row) => [row.ratio, row.high, row.first]).filter(Number.isFinite))),
          tickLabel: share,
          axisName: c.say("ratio"),
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

/** How many activities each region has in each stage. */
function regions(c: Context, found: Space, stood: Standing): HTMLElement {
  const { lang } = c.state;
  const name = (at: number) => c.regionOf(found.regions[at]);
  const weight = (at: number) => [LEAD, ALONGSIDE, FOLLOW].reduce((sum, stage) => sum * 1000 + stood.inStage(at, stage), 0);
  const columns: Column<number>[] = [
    { title: c.say("region"), cell: name, value: name, heading: true },
    ...STAGES.map((stage) => ({
      title: stood.stages[stage][lang],
      cell: (at: number) => fixed(stood.inStage(at, stage), 0, lang),
      value: (at: number) => stood.inStage(at, stage),
      numeric: true,
      descending: true,
    })),
  ];
  const order = found.regions.map((_, at) => at).sort((a, b) => weight(b) - weight(a) || a - b);
  const own = placeIn(c, found.regions);
  // The first of all, and the one that is looked at.
  const shown = order.filter((at, i) => (i < MOST_REGIONS && (i < LEAST_REGIONS || stood.inStage(at, LEAD) + stood.inStage(at, ALONGSIDE) > 0)) || at === own);
  const title = c.say("standingTable", { what: found.title[lang], period: stood.period });
  const leaders = order.filter((at) => stood.inStage(at, LEAD) > 0).slice(0, 3).map((at) => `${name(at)} ${stood.inStage(at, LEAD)}`);
  const note = shown.length < order.length ? c.say("standingFirst", { n: shown.length, all: order.length }) : undefined;
  return figure({
    name: "stages",
    text: c.figure(title, leaders.length ? c.say("standingLeaders", { leaders: c.listed(leaders, 3) }) : title, note, [found.file]),
    draw: (width, theme) =>
      drawStacks(
        {
          rows: shown.map((at) => ({ name: name(at), parts: STAGES.map((stage) => stood.inStage(at, stage)) })),
          parts: STAGES.map((stage, i) => ({ name: stood.stages[stage][lang], colour: [shade(theme.ramp, 0.92), shade(theme.ramp, 0.6), shade(theme.ramp, 0.28), theme.context][i] })),
          axisName: c.say("factActivities"),
          tickLabel: (value) => c.tick(value),
          tip: (i) => columns.map(({ title: head, cell }, k) => (k ? `${head}: ${String(cell(shown[i]))}` : String(cell(shown[i])))),
        },
        width,
        theme,
      ),
    table: () => table(columns, order, c.table(title), 40),
    click: (i) => {
      const place = c.report.places.findIndex((one) => one.code === found.regions[shown[i]]);
      if (place >= 0) c.store.set({ place });
    },
  });
}
