/** What lies within a region's reach: relatedness density against complexity, beside the density that chance leads to. */

import type { Context } from "../context";
import { choosers, placeIn, spaceOf } from "../chooser";
import { dots, figure, path, tooltip, widthOf, type Drawing } from "../charts";
import { shade, type Theme } from "../colour";
import { h, table, type Column } from "../dom";
import { extent } from "../findings";
import { count, decimals, fixed, percent, signed } from "../format";
import { key, type Mark } from "../key";
import { beside, cut } from "../labels";
import { ticks } from "../layout";
import { ACTIVITY, beyond, prospects, REGION, rankedRegions, type Pair, type PairColumn, type Space } from "../space";

const HIGHLIGHTED = 10;

export function space(c: Context): HTMLElement {
  const content = c.store.live(["place", "space"], () => {
    const found = spaceOf(c);
    const at = placeIn(c, found.regions);
    if (at < 0) return [h("p", { class: "standing" }, c.say("notLinked", { region: c.region(c.state.place), what: found.title[c.state.lang] }))];
    const pairs = found.pairs?.(at) ?? [];
    return [h("p", { class: "standing", "aria-live": "polite" }, standing(c, found, at)), drawn(found, pairs) ? picture(c, found, at, pairs) : h("p", { class: "note" }, c.say("spaceNone"))];
  });
  return h(
    "section",
    { id: "space", "aria-labelledby": "space-title" },
    h("h2", { id: "space-title" }, c.say("space")),
    h("p", {}, c.say("spaceIntro")),
    choosers(c, "space", { region: true, links: true }),
    content,
  );
}

const last = (found: Space): number => found.periods.length - 1;
const complexityOf = (found: Space, activity: number): number => found.byActivity.at(activity, last(found), ACTIVITY.complexity);
const drawn = (found: Space, pairs: Pair[]): boolean =>
  pairs.some((pair) => Number.isFinite(pair.of("density")) && Number.isFinite(complexityOf(found, pair.activity)));

/** A period by name, where links have more than one. */
export const named = (c: Context, found: Space): string =>
  found.periods.length > 1 ? c.say("inPeriod", { what: found.title[c.state.lang], period: found.periods[last(found)] }) : found.title[c.state.lang];

function standing(c: Context, found: Space, at: number): string {
  const { lang } = c.state;
  const of = (what: number) => found.byRegion.at(at, last(found), what);
  const held = of(REGION.diversity);
  const blanks = { region: c.region(c.state.place), what: named(c, found), n: count(held, lang), all: count(found.activities.length, lang) };
  const [rank, low, high] = [of(REGION.rank), of(REGION.low), of(REGION.high)];
  const write = (value: number) => fixed(value, 0, lang);
  const ranked = { rank: write(rank), n: rankedRegions(found, last(found)).length, low: write(low), high: write(high), level: percent(found.level ?? NaN, lang, 0) };
  return c.joined([
    c.say("spaceHeld", blanks),
    Number.isFinite(rank) && c.say(Number.isFinite(low) ? "spaceRankBetween" : "spaceRank", ranked),
    near(c, found, at),
  ]);
}

/** How many of the missing activities lie nearer than chance would have them. */
function near(c: Context, found: Space, at: number): string {
  const lacking = (found.pairs?.(at) ?? []).filter((pair) => !pair.present && Number.isFinite(beyond(pair)));
  if (!lacking.length || !found.allPairs) return "";
  const n = lacking.filter((pair) => beyond(pair) > 0).length;
  return c.say("spaceBeyond", { n: count(n, c.state.lang), all: count(lacking.length, c.state.lang) });
}

function picture(c: Context, found: Space, at: number, pairs: Pair[]): HTMLElement {
  const { lang } = c.state;
  const shown = pairs.filter((pair) => Number.isFinite(pair.of("density")) && Number.isFinite(complexityOf(found, pair.activity)));
  const ahead = prospects(shown).slice(0, HIGHLIGHTED);
  const foretold = ahead.some((pair) => Number.isFinite(pair.of("chance")));
  const title = c.say("spaceTitle", { region: c.region(c.state.place), what: named(c, found) });
  const names = c.listed(ahead.slice(0, 3).map((pair) => found.activities[pair.activity].name[lang]), 3);
  const note = c.joined([
    c.say("spaceNote"),
    c.say(foretold ? "spaceNoteLikely" : "spaceNoteNear", { n: ahead.length }),
    !found.allPairs && c.say("spaceSome", { n: count(pairs.length, lang), all: count(found.activities.length, lang) }),
  ]);
  return figure({
    name: "space",
    data: { table: `${found.name}-pairs` },
    text: c.figure(title, c.say("spaceDescribe", { region: c.region(c.state.place), names }), note, [found.file]),
    draw: (width, theme) => drawing(c, found, at, shown, ahead, foretold, width, theme),
    table: () => table(columns(c, found, pairs), [...pairs].sort((a, b) => b.of("density") - a.of("density")), c.table(title), 40),
  });
}

function drawing(c: Context, found: Space, at: number, shown: Pair[], ahead: Pair[], foretold: boolean, width: number, theme: Theme): Drawing {
  const { lang } = c.state;
  const size = (pair: Pair) => found.byActivity.at(pair.activity, last(found), ACTIVITY.total) || 0;
  const most = Math.max(...shown.map(size), 1e-12);
  const largest = Math.max(12, Math.min(34, width / 22)) * Math.min(1, Math.max(0.45, Math.sqrt(60 / shown.length)));
  const round = (pair: Pair) => (ahead.includes(pair) ? 8 : 5) + largest * Math.sqrt(size(pair) / most);
  const curve = (found.curve?.(at) ?? []).filter(([x]) => Number.isFinite(x));
  const groups: { name: string; pairs: Pair[]; fill: string; line: string; z: number }[] = [
    { name: c.say("held"), pairs: shown.filter((pair) => pair.present), fill: shade([theme.ground, theme.muted], 0.55), line: theme.ground, z: 2 },
    { name: c.say("lacking"), pairs: shown.filter((pair) => !pair.present && !ahead.includes(pair)), fill: shade([theme.ground, theme.accent], 0.6), line: theme.accent, z: 3 },
    { name: c.say(foretold ? "likeliest" : "nearest"), pairs: ahead, fill: theme.mark, line: theme.ground, z: 5 },
  ];
  const marks: Mark[] = groups.filter((group) => group.pairs.length).map(({ name, fill }) => ({ name, shape: "dot", colour: fill }));
  if (curve.length > 1) marks.push({ name: c.say("nullCurve"), shape: "dash", colour: theme.ink });
  const above = key(marks, width, theme);
  const [xLow, xHigh] = extent([...shown.map((pair) => pair.of("density")), ...curve.map(([x]) => x)]);
  const x = ticks(Math.max(0, xLow - (xHigh - xLow) * 0.03), xHigh + (xHigh - xLow) * 0.03);
  const heights = shown.map((pair) => complexityOf(found, pair.activity));
  const [yLow, yHigh] = extent(heights);
  const y = ticks(yLow - (yHigh - yLow) * 0.03, yHigh + (yHigh - yLow) * 0.03);
  const left = Math.max(...[y.min, y.max].map((value) => widthOf(c.tick(value), 12))) + 34;
  const narrow = width < 560;
  const height = Math.round(Math.min(560, Math.max(380, width * 0.62))) + above.height;
  const room = { left: left + 2, right: width - 16, top: above.height + 12, bottom: height - 50 };
  const spots = ahead.map((pair) => ({
    name: cut(found.activities[pair.activity].name[lang], narrow ? 110 : 190),
    x: room.left + ((pair.of("density") - x.min) / (x.max - x.min)) * (room.right - room.left),
    y: room.bottom - ((complexityOf(found, pair.activity) - y.min) / (y.max - y.min)) * (room.bottom - room.top),
    r: round(pair) / 2,
  }));
  const axis = { axisLabel: { color: theme.muted, fontSize: 12, formatter: (v: number) => c.tick(v) }, splitLine: { lineStyle: { color: theme.rule } }, axisLine: { show: false }, axisTick: { show: false }, nameTextStyle: { color: theme.muted, fontSize: 12 }, nameLocation: "middle" as const };
  return {
    height,
    option: {
      graphic: [...above.graphic, ...beside(spots, room, HIGHLIGHTED, theme)] as never,
      grid: { left, right: 16, top: above.height + 12, bottom: 50 },
      xAxis: { ...axis, type: "value", min: x.min, max: x.max, interval: x.step, name: c.say("density"), nameGap: 32 },
      yAxis: { ...axis, type: "value", min: y.min, max: y.max, interval: y.step, name: c.say("complexityOfActivity"), nameGap: left - 16 },
      tooltip: tooltip(theme, (i, series) => (series < groups.length ? told(c, found, groups[series].pairs[i]) : [])),
      series: [
        ...groups.map(({ pairs, fill, line, z }, g) => dots(pairs.map((pair) => ({ x: pair.of("density"), y: complexityOf(found, pair.activity), r: round(pair) / 2 })), { fill, stroke: line, opacity: g === 0 ? 0.75 : 0.9 }, z)),
        ...(curve.length > 1
          ? [path(curve, { colour: theme.ink, width: 1.75, dash: [5, 4] }, 4)]
          : []),
      ],
    } as Drawing["option"],
  };
}

function told(c: Context, found: Space, pair: Pair): string[] {
  const [head, , ...rest] = columns(c, found, [pair]);
  return [String(head.cell(pair)), c.say(pair.present ? "held" : "lacking"), ...rest.map(({ title, cell }) => `${title}: ${String(cell(pair))}`).filter((line) => !line.endsWith("–"))];
}

/** What is known of a region's pairs, column by column; those that nothing is known of are left out. */
export function columns(c: Context, found: Space, pairs: Pair[]): Column<Pair>[] {
  const { lang } = c.state;
  const has = (name: PairColumn) => found.columns.includes(name);
  const number = (title: string, value: (pair: Pair) => number, write?: (value: number) => string): Column<Pair> => {
    const [low, high] = extent(pairs.map(value));
    const digits = decimals(high > low ? high - low : Math.abs(high));
    return { title, cell: (pair) => (write ?? ((v: number) => fixed(v, digits, lang)))(value(pair)), value, numeric: true, descending: true };
  };
  const share = (title: string, name: PairColumn) => number(title, (pair) => pair.of(name), (value) => percent(value, lang));
  const unit = found.unit ? ` (${found.unit})` : "";
  return [
    { title: c.say("activity"), cell: (pair) => found.activities[pair.activity].name[lang], value: (pair) => found.activities[pair.activity].name[lang], heading: true },
    { title: c.say("present"), cell: (pair) => c.say(pair.present ? "held" : "lacking"), value: (pair) => Number(pair.present), descending: true },
    ...(has("density") ? [number(c.say("density"), (pair) => pair.of("density"), (v) => fixed(v, 3, lang))] : []),
    ...(has("by_chance")
      ? [number(c.say("densityByChance"), (pair) => pair.of("by_chance"), (v) => fixed(v, 3, lang)), number(c.say("beyond"), beyond, (v) => signed(v, 3, lang))]
      : []),
    ...(found.steps.some(({ step }) => step === "complexity") ? [number(c.say("complexityOfActivity"), (pair) => complexityOf(found, pair.activity), (v) => fixed(v, 2, lang))] : []),
    ...(has("gain") ? [number(c.say("gain"), (pair) => pair.of("gain"))] : []),
    ...(has("chance") ? [share(c.say("chance"), "chance"), share(c.say("chanceNull"), "chance_null")] : []),
    number(`${c.say("amount")}${unit}`, (pair) => pair.of("value"), (v) => (v > 0 ? count(v, lang) : "0")),
    number(c.say("intensity"), (pair) => pair.of("intensity"), (v) => fixed(v, 2, lang)),
  ];
}
