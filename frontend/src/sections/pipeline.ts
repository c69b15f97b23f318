/** The pipeline of a region: how much stands on each rung, whether successors are there, and quantity beside standard. */

import type { Context } from "../context";
import { pick, regionName } from "../chooser";
import { figure } from "../charts";
import { drawColumns } from "../columns";
import { h, table, type Column } from "../dom";
import { capital, count, percent, significant } from "../format";
import { counted, dataOf, type Amount, type Ladder, type Pipeline, type Position } from "../ladder";
import { firstOf } from "../long";
import { drawQuadrants } from "../quadrants";
import { drawStacks } from "../stacks";
import type { Three } from "../topics";

const HEADS = { number: "pipelineNumber", size: "pipelineSize", share: "pipelineShare" } as const;
const NOT_TOLD = 255;

export function pipeline(c: Context, found: Ladder, at: number, all: number[]): (HTMLElement | null)[] {
  const line = found.pipeline ?? plain(found, at, all);
  const order = (["share", "size", "number"] as Amount[]).filter((one) => line.columns.includes(one));
  return [
    h("h3", { class: "part" }, c.say("pipeline")),
    h("p", { class: "standing" }, words(c, found, line, at)),
    pick(c, "pipeline-what", c.say("show"), order.map((one) => c.say(HEADS[one], { size: found.size.name[c.state.lang] })), (i) => [years(c, found, line, at, order[i])]),
    found.pipeline && found.regional && found.regions.length > 1 ? regions(c, found, line, order[0]) : null,
    ...(found.standings?.length ? [h("h3", { class: "part" }, c.say("position")), pick(c, "standard", c.say("standardOf"), found.standings.map(({ standard }) => capital(standard[c.state.lang])), (i) => position(c, found, found.standings![i], at))] : []),
  ];
}

/** Where nothing has been counted for the page: how many industries are likeliest on each rung. */
function plain(found: Ladder, at: number, all: number[]): Pipeline {
  const counts = found.years.map((_, year) => counted(found, all, year));
  return { years: found.years, columns: ["number"], lacking: [], at: (region, year, rung) => (region === at ? counts[year][rung] : NaN), successorsAt: () => NOT_TOLD };
}

const lastOf = (found: Ladder, line: Pipeline, at: number): number => {
  let year = line.years.length - 1;
  while (year > 0 && !found.rungs.some((_, rung) => line.at(at, year, rung, 0) > 0)) year -= 1;
  return year;
};

function words(c: Context, found: Ladder, line: Pipeline, at: number): string {
  const { lang } = c.state;
  const year = lastOf(found, line, at);
  const column = line.columns.indexOf("share");
  const part = (on: boolean, of: number) => found.rungs.reduce((sum, rung, i) => sum + (rung.on === on ? line.at(at, year, i, of) || 0 : 0), 0);
  const there = line.successorsAt(at, year);
  const lacking = line.lacking[at];
  const blanks = { region: regionName(c, found, at), year: line.years[year] };
  return c.joined([
    column >= 0
      ? c.say("pipelineShares", { ...blanks, on: percent(part(true, column), lang), off: percent(part(false, column), lang) })
      : c.say("pipelineCounts", { ...blanks, on: count(part(true, line.columns.indexOf("number")), lang), off: count(part(false, line.columns.indexOf("number")), lang) }),
    there !== NOT_TOLD && c.say(!there ? "successorsNone" : lacking ? "successorsBut" : "successorsThere"),
    c.sentence(lacking),
  ]);
}

const amount = (c: Context, value: number, what: Amount): string => (!Number.isFinite(value) ? "–" : what === "share" ? percent(value, c.state.lang) : significant(value, 4, c.state.lang));

function years(c: Context, found: Ladder, line: Pipeline, at: number, what: Amount): HTMLElement {
  const { lang } = c.state;
  const column = line.columns.indexOf(what);
  const value = (year: number, rung: number) => line.at(at, year, rung, column);
  const [low, high] = [line.columns.indexOf("numberLow"), line.columns.indexOf("numberHigh")];
  const written = (year: number, rung: number) => {
    const bounded = what === "number" && low >= 0 && Number.isFinite(line.at(at, year, rung, low));
    return amount(c, value(year, rung), what) + (bounded ? ` (${amount(c, line.at(at, year, rung, low), what)}–${amount(c, line.at(at, year, rung, high), what)})` : "");
  };
  const told = line.successorsAt(at, lastOf(found, line, at)) !== NOT_TOLD;
  const head = c.say(HEADS[what], { size: found.size.name[lang] });
  const title = c.say("pipelineTitle", { region: regionName(c, found, at), what: head });
  // From the lowest up: what is off the ladder first, then pillars to future industries.
  const order = found.rungs.map((_, rung) => rung).reverse();
  const places = line.years.flatMap((_, year) => (found.rungs.some((_, rung) => Number.isFinite(value(year, rung))) ? [year] : []));
  const there = (year: number) => (line.successorsAt(at, year) === NOT_TOLD ? null : line.successorsAt(at, year) === 1);
  const columns: Column<number>[] = [
    { title: c.say("year"), cell: (year) => String(line.years[year]), heading: true, value: (year) => year },
    ...found.rungs.map(({ name }, rung) => ({ title: capital(name[lang]), cell: (year: number) => written(year, rung), value: (year: number) => value(year, rung), numeric: true })),
    ...(told ? [{ title: c.say("successors"), cell: (year: number) => (there(year) === null ? "–" : c.say(there(year) ? "yes" : "no")) }] : []),
  ];
  return figure({
    name: "pipeline",
    data: dataOf(found, "pipeline", at),
    text: c.figure(title, title, told ? c.say("pipelineNote") : undefined, [found.file]),
    draw: (width, theme) =>
      drawColumns(
        {
          places: places.map((year) => line.years[year]),
          parts: places.map((year) => order.map((rung) => value(year, rung))),
          names: order.map((rung) => ({ name: capital(found.rungs[rung].name[lang]), colour: theme.rungs[rung] })),
          below: told ? { name: c.say("successors"), marks: places.map(there), signs: [c.say("successorsYes"), c.say("successorsNo")] } : undefined,
          yName: head,
          most: what === "share" ? 1 : undefined,
          yLabel: (v) => (what === "share" ? percent(v, lang, 0) : c.tick(v)),
          tip: (i) => columns.map(({ title: name, cell }, k) => (k ? `${name}: ${String(cell(places[i]))}` : String(cell(places[i])))),
        },
        width,
        theme,
      ),
    table: () => table(columns, [...places].reverse(), c.table(title), 60),
  });
}

/** All regions beside one another in the last year. */
function regions(c: Context, found: Ladder, line: Pipeline, what: Amount): HTMLElement {
  const { lang } = c.state;
  const column = line.columns.indexOf(what);
  const year = line.years.length - 1;
  const value = (region: number, rung: number) => line.at(region, year, rung, column) || 0;
  const name = (region: number) => regionName(c, found, region);
  const early = (region: number) => value(region, 0) + value(region, 1);
  const order = found.regions.map((_, region) => region).filter((region) => found.rungs.some((_, rung) => value(region, rung) > 0)).sort((a, b) => early(b) - early(a));
  const title = c.say("pipelineRegions", { what: c.say(HEADS[what], { size: found.size.name[lang] }), year: line.years[year] });
  const columns: Column<number>[] = [
    { title: c.say("region"), cell: name, value: name, heading: true },
    ...found.rungs.map((rung, i) => ({ title: capital(rung.name[lang]), cell: (region: number) => amount(c, value(region, i), what), value: (region: number) => value(region, i), numeric: true, descending: true })),
    { title: c.say("lackingHere"), cell: (region) => line.lacking[region]?.[lang] ?? "–" },
  ];
  return firstOf(c, order, (shown) =>
    figure({
      name: "pipelines",
      data: dataOf(found, "pipeline"),
      text: c.figure(title, title, c.say("pipelineRegionsNote"), [found.file]),
      draw: (width, theme) =>
        drawStacks(
          {
            rows: shown.map((region) => ({ name: name(region), parts: found.rungs.map((_, rung) => value(region, rung)) })),
            parts: found.rungs.map((rung, i) => ({ name: capital(rung.name[lang]), colour: theme.rungs[i] })),
            tickLabel: (v) => (what === "share" ? percent(v, lang, 0) : c.tick(v)),
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
    }),
  );
}

const three = ([value, low, high]: Three): [number, number, number] => [value ?? NaN, low ?? NaN, high ?? NaN];

function position(c: Context, found: Ladder, held: Position, at: number): HTMLElement[] {
  const { lang } = c.state;
  type Point = Position["points"][number];
  const { points } = held;
  const name = (one: Point) => regionName(c, found, one.region);
  const write = (value: number | null) => significant(value ?? NaN, 3, lang);
  const high = (one: Point) => (one.quantity[0] ?? -Infinity) >= held.cuts[0] && (one.standard[0] ?? -Infinity) >= held.cuts[1];
  const [both, own] = [points.filter(high), points.find((one) => one.region === at)];
  const axes = { quantity: held.quantity[lang], standard: held.standard[lang] };
  const title = capital(c.say("positionTitle", { ...axes, year: held.year }));
  const [more, better] = own ? [(own.quantity[0] ?? -Infinity) >= held.cuts[0], (own.standard[0] ?? -Infinity) >= held.cuts[1]] : [false, false];
  const said = c.joined([
    own && own.quantity[0] !== null && own.standard[0] !== null && c.say(more ? (better ? "positionBoth" : "positionMore") : better ? "positionBetter" : "positionNeither", { region: name(own), quantity: write(own.quantity[0]), standard: write(own.standard[0]) }),
    own && !own.certain && c.say("positionUnsure"),
    points.length > 1 && c.say("positionCount", { sure: both.filter(({ certain }) => certain).length, n: both.length, all: points.length, names: both.length ? c.listed(both.map(name), 5) : "–" }),
  ]);
  const between = ([, low, top]: Three) => (low === null || top === null ? "–" : `${write(low)} ${lang === "zh" ? "至" : "to"} ${write(top)}`);
  const columns: Column<Point>[] = [
    { title: c.say("region"), cell: name, value: name, heading: true },
    { title: capital(axes.quantity), cell: (one) => write(one.quantity[0]), value: (one) => one.quantity[0] ?? NaN, numeric: true, descending: true },
    { title: c.say("interval", { level: percent(held.level, lang, 0) }), cell: (one) => between(one.quantity), ends: c.ends(capital(axes.quantity), (one) => [one.quantity[1], one.quantity[2]]), numeric: true },
    { title: capital(axes.standard), cell: (one) => write(one.standard[0]), value: (one) => one.standard[0] ?? NaN, numeric: true, descending: true },
    { title: c.say("interval", { level: percent(held.level, lang, 0) }), cell: (one) => between(one.standard), ends: c.ends(capital(axes.standard), (one) => [one.standard[1], one.standard[2]]), numeric: true },
    { title: c.say("quadrant"), cell: (one) => `${capital(one.quadrant[lang])}${one.certain ? "" : ` ${c.say("notCertain")}`}`, value: (one) => one.quadrant[lang] },
  ];
  return [
    h("p", { class: "standing" }, said),
    figure({
      name: "quantity-standard",
      data: dataOf(found, "standing"),
      text: c.figure(title, said || title, c.say("positionNote", { level: percent(held.level, lang, 0) }), [found.file]),
      draw: (width, theme) =>
        drawQuadrants(
          {
            points: points.map((one) => ({ name: name(one), x: three(one.quantity), y: three(one.standard), faint: !one.certain, chosen: found.regional && one.region === at })),
            cuts: held.cuts,
            xName: capital(axes.quantity),
            yName: capital(axes.standard),
            label: (value) => c.tick(value),
            tip: (i) => columns.map(({ title: head, cell }, k) => (k ? `${head}: ${String(cell(points[i]))}` : String(cell(points[i])))),
          },
          width,
          theme,
        ),
      table: () => table(columns, points, c.table(title), 40),
    }),
  ];
}
