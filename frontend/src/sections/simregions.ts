/** Regions of a grown world: an outcome on the map through the years, under a policy or against the baseline. */

import { drawShapes, drawTiles, type Area, type Atlas } from "../atlas";
import { drawBars } from "../bars";
import type { Context } from "../context";
import { figure } from "../charts";
import type { Theme } from "../colour";
import { h, table, type Column } from "../dom";
import { extent, once } from "../findings";
import { percent } from "../format";
import { ticks } from "../layout";
import { firstOf } from "../long";
import { drawPlot } from "../plot";
import { placeAt, type Series } from "../simulation";
import { walker } from "../walker";
import { amount, axisName, change, choices, chosen, choose, confidence, follows, full, grouped, inOrder, known, onePolicy, others, plain, policyChosen, policyColour, policyName, seriesName, simFigure, simOf, simSection, simTable, standing, tickOf, usual, wholeYear } from "./sim";
import "./looking.css";

/** What is looked at. */
interface View {
  at: number;
  series: Series;
  policy: number;
  year: number;
  /** Against the baseline, not as it is. */
  differs: boolean;
}

// How long a year stands while they are walked through.
const BEAT = 450;
// More regions than these are no longer told apart by where they stand in a list.
const MOST_ORDERED = 80;

export function simregions(c: Context): HTMLElement {
  const s = simOf(c);
  const map = s.map!;
  const last = map.years.length - 1;
  return simSection(
    c,
    "simregions",
    "simRegions",
    "simRegionsIntro",
    choices(c, "simregions", [
      { what: "outcome", label: c.say("simOutcome"), options: grouped(c, map.outcomes), fallback: usual(map.outcomes) },
      ...(others(s).length ? [{ what: "mode" as const, label: c.say("simShown"), options: plain([c.say("simLevels"), c.say("simAgainst", { baseline: policyName(c, s.experiment.baseline) })]) }] : []),
      onePolicy(c, first(c)),
    ]),
    walker(c, { id: "simregions-year", label: c.say("year"), names: map.years.map(String), at: () => chosen(c, "year", map.years.length, last), go: (at) => choose(c, "year", at, last), keys: ["picked"], beat: BEAT }),
    follows(c, ["outcome", "mode", "policy", "year"], () => {
      const view = viewOf(c);
      return view.differs && view.policy === s.experiment.baseline ? [h("p", { class: "note" }, c.say("simItself", { baseline: policyName(c, view.policy) }))] : [standing(words(c, view)), picture(c, view)];
    }),
    h("h3", { class: "part" }, c.say("simOneRegion")),
    choices(c, "simregions", [{ what: "region", label: c.say("region"), options: plain(s.regions.map((_, at) => name(c, at))) }]),
    follows(c, ["outcome", "mode", "policy", "region"], () => [course(c, viewOf(c))]),
    follows(c, ["outcome", "policy"], () => [regionsTable(c, viewOf(c))]),
  );
}

/** The policy that is looked at where none is chosen: one that can be held against the baseline. */
const first = (c: Context): number => inOrder(simOf(c))[0];

function viewOf(c: Context): View {
  const s = simOf(c);
  const at = chosen(c, "outcome", s.map!.outcomes.length, usual(s.map!.outcomes));
  const differs = chosen(c, "mode", 2) === 1 && others(s).length > 0;
  return { at, series: s.map!.outcomes[at], policy: policyChosen(c) < 0 ? first(c) : policyChosen(c), year: chosen(c, "year", s.map!.years.length, s.map!.years.length - 1), differs };
}

const levelAt = (c: Context, { at, policy }: View, year: number, region: number, of = policy): number => placeAt(simOf(c), at, of, year, region);
const gainAt = (c: Context, view: View, year: number, region: number): number => levelAt(c, view, year, region) - levelAt(c, view, year, region, simOf(c).experiment.baseline);
const valueAt = (c: Context, view: View, year: number, region: number): number => (view.differs ? gainAt : levelAt)(c, view, year, region);
const write = (c: Context, { series, differs }: View, value: number): string => (differs ? change(c, series, value) : amount(c, series, value));
const name = (c: Context, region: number): string => simOf(c).regions[region].name[c.state.lang];
const sureOf = (c: Context, { at, policy }: View, region: number): number => {
  const s = simOf(c);
  return s.map!.sure[(at * s.policies.length + policy) * s.regions.length + region];
};

function words(c: Context, view: View): string {
  const { lang } = c.state;
  const s = simOf(c);
  const all = s.regions.map((_, region) => ({ region, value: valueAt(c, view, view.year, region) })).filter(({ value }) => Number.isFinite(value));
  const order = [...all].sort((a, b) => b.value - a.value);
  if (!order.length) return c.say("simRegionsNothing");
  const named = ({ region, value }: { region: number; value: number }) => (lang === "zh" ? `${name(c, region)}（${write(c, view, value)}）` : `${name(c, region)} (${write(c, view, value)})`);
  const blanks = { what: seriesName(c, view.series), policy: policyName(c, view.policy), year: s.map!.years[view.year], high: c.listed(order.slice(0, 3).map(named), 3), low: c.listed(order.slice(-3).reverse().map(named), 3) };
  if (!view.differs) return c.joined([c.say("simRegionsSay", blanks), c.sentence(view.series.says)]);
  const [above, below] = [1, 2].map((side) => s.regions.filter((_, region) => sureOf(c, view, region) === side).length);
  return c.joined([
    c.say("simGainsSay", { ...blanks, baseline: policyName(c, s.experiment.baseline), n: all.filter(({ value }) => value > 0).length, all: all.length }),
    c.say("simGainsSure", { above, below, last: s.map!.years[s.map!.years.length - 1], confidence: confidence(c) }),
  ]);
}

/** The ends of the colours: of all years, and for levels of all policies too, so that one picture can be held against another. */
const ends = (c: Context, view: View): [number, number] => once(c.report, `ends of ${view.at} ${view.differs ? view.policy : ""}`, () => endsOf(c, view));

function endsOf(c: Context, view: View): [number, number] {
  const s = simOf(c);
  const years = s.map!.years.map((_, year) => year);
  const of = (policy: number) => years.flatMap((year) => s.regions.map((_, region) => valueAt(c, { ...view, policy }, year, region)));
  const [low, high] = extent((view.differs ? [view.policy] : [...s.policies.keys()]).flatMap(of).filter(Number.isFinite));
  if (!view.differs) return [low, high];
  const reach = Math.max(Math.abs(low), Math.abs(high));
  return [-reach, reach];
}

/** From less over nothing to more; which of them is good depends on the outcome. */
const bothWays = (theme: Theme): string[] => [theme.mark, theme.context, theme.accent];

function picture(c: Context, view: View): HTMLElement {
  const { lang } = c.state;
  const { report: r } = c;
  const s = simOf(c);
  const year = s.map!.years[view.year];
  const [low, high] = ends(c, view);
  const title = view.differs
    ? c.say("simMapGain", { what: seriesName(c, view.series), policy: policyName(c, view.policy), baseline: policyName(c, s.experiment.baseline), year })
    : c.say("simMapTitle", { what: seriesName(c, view.series), policy: policyName(c, view.policy), year });
  const shapes = s.regions.map(({ at }) => r.shapes?.find((shape) => shape.region === at)?.geometry);
  const asShapes = shapes.some(Boolean);
  // Where none has a place of its own, a few stand in their order.
  const ordered = !asShapes && s.regions.length <= MOST_ORDERED && s.regions.every(({ tile }) => !tile);
  const tileOf = (region: number): [number, number] | null => (ordered ? inRows(region, s.regions.length) : s.regions[region].tile);
  const placed = s.regions.flatMap((_, region) => ((asShapes ? shapes[region] : tileOf(region)) ? [region] : []));
  const tip = (region: number) => [
    name(c, region),
    `${seriesName(c, view.series)}: ${amount(c, view.series, levelAt(c, view, view.year, region))}`,
    ...(view.policy === s.experiment.baseline ? [] : [`${c.say("simAgainst", { baseline: policyName(c, s.experiment.baseline) })}: ${change(c, view.series, gainAt(c, view, view.year, region))}`]),
  ];
  const area = (region: number): Area => ({ label: s.regions[region].label[lang], tile: tileOf(region) ?? undefined, geometry: shapes[region], value: valueAt(c, view, view.year, region), written: short(c, view, valueAt(c, view, view.year, region)) });
  const atlas = (theme: Theme): Atlas => ({
    areas: placed.map(area),
    chosen: placed.indexOf(regionChosen(c)),
    ramp: view.differs ? bothWays(theme) : theme.ramp,
    ends: [low, high],
    written: [write(c, view, low), write(c, view, high)],
    name: view.differs ? c.say("simMapKey", { what: axisName(c, view.series, true) }) : axisName(c, view.series),
    none: c.say("simNoValue"),
    tip: (at) => tip(placed[at]),
  });
  const order = [...s.regions.keys()].sort((a, b) => known(valueAt(c, view, view.year, b)) - known(valueAt(c, view, view.year, a)));
  const bars = (shown: number[]) => shown.map((region) => ({ name: name(c, region), value: valueAt(c, view, view.year, region), written: write(c, view, valueAt(c, view, view.year, region)) }));
  const text = simFigure(c, title, words(c, view), placed.length ? c.joined([c.say(view.differs ? "simMapGainNote" : "simMapNote"), ordered && c.say("simMapOrdered")]) : c.say("simMeans"));
  const data = { table: "simulate_regions" };
  const values = () => table(columnsOf(c, view, view.year), order, simTable(c, title), 40);
  if (!placed.length) return firstOf(c, order, (shown) => figure({ name: "sim-map", data, text, draw: (width, theme) => drawBars({ bars: bars(shown), tip: (i) => tip(shown[i]) }, width, theme), table: values }));
  return figure({
    name: "sim-map",
    data,
    text,
    draw: (width, theme) => (asShapes ? drawShapes : drawTiles)(atlas(theme), width, theme),
    table: values,
    click: (at) => choose(c, "region", placed[at]),
    ready: (again) => {
      let here = true;
      c.store.on(["picked"], again, () => here);
      c.store.on(["view"], () => (here = false), () => here);
    },
  });
}

/** Where the nth of some stands where they fill rows. */
function inRows(at: number, n: number): [number, number] {
  const across = Math.ceil(Math.sqrt(n * 1.4));
  return [Math.floor(at / across), at % across];
}

const regionChosen = (c: Context): number => chosen(c, "region", simOf(c).regions.length);

/** What finds room in a tile. */
const short = (c: Context, view: View, value: number): string => (view.series.kind === "share" ? (view.differs ? (value > 0 ? "+" : value < 0 ? "−" : "") : "") + percent(Math.abs(value), c.state.lang, view.differs ? 2 : 1).replace("%", view.differs ? "" : "%") : write(c, view, value));

function columnsOf(c: Context, view: View, year: number): Column<number>[] {
  const s = simOf(c);
  return [
    { title: c.say("region"), cell: (region) => name(c, region), value: (region) => name(c, region), heading: true },
    { title: policyName(c, view.policy), cell: (region) => amount(c, view.series, levelAt(c, view, year, region)), value: (region) => levelAt(c, view, year, region), numeric: true, descending: true },
    ...(view.policy === s.experiment.baseline
      ? []
      : [
          { title: policyName(c, s.experiment.baseline), cell: (region: number) => amount(c, view.series, levelAt(c, view, year, region, s.experiment.baseline)), value: (region: number) => levelAt(c, view, year, region, s.experiment.baseline), numeric: true, descending: true },
          { title: c.say("simDifference"), cell: (region: number) => change(c, view.series, gainAt(c, view, year, region)), value: (region: number) => gainAt(c, view, year, region), numeric: true, descending: true },
        ]),
  ];
}

/** One region through the years, under every policy. */
function course(c: Context, view: View): HTMLElement {
  const s = simOf(c);
  const { years } = s.map!;
  const region = regionChosen(c);
  const shown = inOrder(s).slice(-7);
  const title = c.say("simCourse", { region: name(c, region), what: seriesName(c, view.series) });
  const level = (policy: number, year: number) => levelAt(c, { ...view, policy }, year, region);
  const values = shown.flatMap((policy) => years.map((_, year) => level(policy, year))).filter(Number.isFinite);
  const columns: Column<number>[] = [
    { title: c.say("year"), cell: (year) => String(years[year]), heading: true },
    ...shown.map((policy) => ({ title: policyName(c, policy), cell: (year: number) => amount(c, view.series, level(policy, year)), raw: (year: number) => full(level(policy, year)), numeric: true })),
  ];
  return figure({
    name: "sim-course",
    data: { table: "simulate_regions" },
    text: simFigure(c, title, title, c.say("simCourseNote")),
    draw: (width, theme) =>
      drawPlot(
        {
          places: years,
          y: values.length ? ticks(Math.min(...values), Math.max(...values)) : undefined,
          marks: [],
          ends: shown.map((policy) => ({ name: policyName(c, policy), shape: policy === s.experiment.baseline ? ("dash" as const) : ("line" as const), colour: policyColour(s, theme, policy), at: level(policy, years.length - 1) })),
          yName: axisName(c, view.series),
          lines: shown.map((policy) => ({ points: years.map((year, i): [number, number] => [year, level(policy, i)]), colour: policyColour(s, theme, policy), dash: policy === s.experiment.baseline, wide: policy === view.policy ? 3 : 1.75 })),
          xLabel: wholeYear,
          yLabel: tickOf(c, view.series, false),
          tip: (i) => [String(years[i]), ...shown.map((policy) => `${policyName(c, policy)}: ${amount(c, view.series, level(policy, i))}`)],
        },
        width,
        theme,
        0.34,
      ),
    table: () => table(columns, years.map((_, i) => i), simTable(c, title)),
  });
}

/** All regions at the end. */
function regionsTable(c: Context, view: View): HTMLElement {
  const s = simOf(c);
  const last = s.map!.years.length - 1;
  const title = c.say("simRegionsTable", { what: seriesName(c, view.series), last: s.map!.years[last] });
  const columns = columnsOf(c, view, last);
  const order = [...s.regions.keys()].sort((a, b) => known(levelAt(c, view, last, b)) - known(levelAt(c, view, last, a)));
  return h("div", {}, h("h3", {}, title), table(columns, order, simTable(c, title, { table: "simulate_regions" }), 40));
}
