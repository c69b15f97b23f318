/** Conversion of old into new: the parts of change, shares over time, how fast, and who carried it. */

import type { Context } from "../context";
import { ladderChoosers, ladderOf, pick, regionIn, regionName } from "../chooser";
import { figure } from "../charts";
import { h, table, type Column } from "../dom";
import { capital, fixed, percent, significant, signed } from "../format";
import { dataOf, type Conversion, type Ladder } from "../ladder";
import { ticks } from "../layout";
import { firstOf } from "../long";
import { drawPlot } from "../plot";
import { drawRows } from "../rows";
import { drawStacks } from "../stacks";

// Carriers drawn at most.
const MOST = 15;

const known = (value: number | null | undefined): number => value ?? NaN;

export function conversion(c: Context): HTMLElement {
  const content = c.store.live(["ladder", "place"], () => {
    const found = ladderOf(c);
    const held = found.conversion;
    if (!held) return [h("p", { class: "note" }, c.say("conversionNone", { what: found.title[c.state.lang] }))];
    const at = regionIn(c, found);
    return [
      h("p", { class: "standing", "aria-live": "polite" }, words(c, found, held, at)),
      said(c, held, at),
      at >= 0 ? shares(c, found, held, at) : null,
      at >= 0 ? carriers(c, found, held, at) : null,
      held.kinds.length ? pick(c, "shift-share", c.say("decomposition"), held.kinds.map(({ name }) => capital(name[c.state.lang])), (kind) => [parts(c, found, held, kind)]) : null,
      held.speed.length > 1 ? speed(c, found, held) : null,
    ];
  });
  return h("section", { id: "conversion", "aria-labelledby": "conversion-title" }, h("h2", { id: "conversion-title" }, c.say("conversion")), h("p", {}, c.say("conversionIntro")), ladderChoosers(c, "conversion"), content);
}

/** What the document says of the region, one point each. */
function said(c: Context, held: Conversion, at: number): HTMLElement | null {
  const { lang } = c.state;
  const points = at < 0 ? [] : (held.say?.[at]?.[lang] ?? "").split(lang === "zh" ? "；" : "; ").filter(Boolean);
  return points.length ? h("ul", { class: "fits" }, points.map((one) => h("li", {}, capital(one)))) : null;
}

function words(c: Context, found: Ladder, held: Conversion, at: number): string {
  const { lang } = c.state;
  if (at < 0) return c.say("notInIndustries", { region: c.region(c.state.place), what: found.title[lang] });
  const told = held.years.flatMap((_, t) => (Number.isFinite(held.sharesAt(at, t)[0][0]) ? [t] : []));
  const [first, last] = [told[0], told[told.length - 1]];
  const own = held.speed.find(({ region }) => region === at);
  const [value, low, high] = own?.value ?? [null, null, null];
  const verdict = known(low) > 0 ? "conversionForward" : known(high) < 0 ? "conversionBack" : "conversionOpen";
  const share = (t: number, side: 0 | 1) => percent(held.sharesAt(at, t)[side][0], lang);
  const points = (of: number | null) => signed(known(of) * 100, 2, lang);
  return c.joined([
    told.length > 1 && c.say("conversionShares", { region: regionName(c, found, at), first: held.years[first], last: held.years[last], was: share(first, 0), now: share(last, 0), oldWas: share(first, 1), oldNow: share(last, 1) }),
    value !== null && c.say("conversionSpeed", { value: points(value), low: points(low), high: points(high), level: percent(held.level, lang, 0) }),
    value !== null && c.say(verdict),
  ]);
}

const seriesName = (c: Context, found: Ladder, series: number): string => capital(found.industries[found.industryOf[series]].name[c.state.lang]);

function shares(c: Context, found: Ladder, held: Conversion, at: number): HTMLElement | null {
  const { lang } = c.state;
  const told = held.years.flatMap((_, t) => (held.sharesAt(at, t).some(([share]) => Number.isFinite(share)) ? [t] : []));
  if (told.length < 2) return null;
  const title = c.say("sharesTitle", { region: regionName(c, found, at), first: held.years[told[0]], last: held.years[told[told.length - 1]] });
  const rungs = (codes: string[]) => c.listed(found.rungs.filter(({ code }) => codes.includes(code)).map(({ name }) => name[lang]), 6);
  const heads = [c.say("newShare"), c.say("oldShare")];
  const interval = ([share, low, high]: [number, number, number]) => percent(share, lang) + (Number.isFinite(low) ? ` (${percent(low, lang)}–${percent(high, lang)})` : "");
  const columns: Column<number>[] = [
    { title: c.say("year"), cell: (t) => String(held.years[t]), value: (t) => t, heading: true },
    ...heads.map((head, which) => ({ title: head, cell: (t: number) => interval(held.sharesAt(at, t)[which]), value: (t: number) => held.sharesAt(at, t)[which][0], raw: (t: number) => known(held.sharesAt(at, t)[which][0]), ends: c.ends(head, (t: number) => [held.sharesAt(at, t)[which][1], held.sharesAt(at, t)[which][2]]), numeric: true, descending: true })),
  ];
  return figure({
    name: "new-old",
    data: dataOf(found, "conversion", at),
    text: c.figure(title, title, c.say("sharesNote", { size: found.size.name[lang], new: rungs(held.new), old: rungs(held.old), level: percent(held.level, lang, 0) }), [found.file]),
    draw: (width, theme) =>
      drawPlot(
        {
          places: told.map((t) => held.years[t]),
          marks: heads.map((name, which) => ({ name, shape: which ? ("dash" as const) : ("line" as const), colour: theme.lines[which] })),
          bands: heads.map((_, which) => ({ points: told.map((t): [number, number, number] => [held.years[t], ...(held.sharesAt(at, t)[which].slice(1) as [number, number])]).filter(([, low]) => Number.isFinite(low)), fill: theme.lines[which], opacity: 0.16 })),
          lines: heads.map((_, which) => ({ points: told.map((t): [number, number] => [held.years[t], held.sharesAt(at, t)[which][0]]), colour: theme.lines[which], dash: which > 0, wide: 2.5 })),
          xLabel: (value) => String(value),
          yLabel: (value) => percent(value, lang, 0),
          tip: (i) => columns.map(({ title: head, cell }, k) => (k ? `${head}: ${String(cell(told[i]))}` : String(cell(told[i])))),
        },
        width,
        theme,
        0.34,
      ),
    table: () => table(columns, [...told].reverse(), c.table(title), 60),
  });
}

/** One after the other, each from where those before it have brought the change; the small ones together. */
function carriers(c: Context, found: Ladder, held: Conversion, at: number): HTMLElement | null {
  const { lang } = c.state;
  type Row = Conversion["carriers"][number];
  const own = held.carriers.filter(({ series, contribution }) => found.regionOf[series] === at && contribution !== null && contribution !== 0);
  if (!own.length) return null;
  const large = [...own].sort((a, b) => Math.abs(b.contribution!) - Math.abs(a.contribution!)).slice(0, MOST);
  const shown = large.sort((a, b) => b.contribution! - a.contribution!);
  const rest = own.filter((row) => !shown.includes(row)).reduce((sum, row) => sum + row.contribution!, 0);
  const title = c.say("carriersTitle", { region: regionName(c, found, at), first: held.from, last: held.to });
  const name = (row: Row) => seriesName(c, found, row.series);
  const points = (value: number | null) => signed(known(value) * 100, 2, lang);
  const columns: Column<Row>[] = [
    { title: c.say("industry"), cell: name, value: name, heading: true },
    { title: c.say("carried"), cell: (row) => points(row.contribution), value: (row) => known(row.contribution), numeric: true, descending: true },
    ...held.carrierParts.map((part, i) => ({ title: capital(part[lang]), cell: (row: Row) => points(row.parts[i]), value: (row: Row) => known(row.parts[i]), numeric: true, descending: true })),
  ];
  let sum = 0;
  const few = own.length > shown.length;
  const steps = [...shown.map((row) => ({ name: name(row), by: row.contribution! })), ...(few ? [{ name: c.say("carriersRest", { n: own.length - shown.length }), by: rest }] : [])].map((row) => ({ name: row.name, by: row.by, from: sum * 100, value: (sum += row.by) * 100 }));
  const all = { name: c.say("carriersSum"), from: 0, value: sum * 100, by: sum };
  const tall = [0, ...steps.map(({ value }) => value)];
  return figure({
    name: "carriers",
    data: dataOf(found, "carriers", at),
    text: c.figure(title, title, c.say("carriersNote", { sum: points(sum) }), [found.file]),
    draw: (width, theme) =>
      drawRows(
        {
          rows: [...steps, all],
          kind: "bar",
          marks: { value: c.say("carried") },
          axis: ticks(Math.min(...tall), Math.max(...tall)),
          tickLabel: (value) => c.tick(value),
          axisName: c.say("carriedSum"),
          tip: (i) => (shown[i] ? columns.map(({ title: head, cell }, k) => (k ? `${head}: ${String(cell(shown[i]))}` : String(cell(shown[i])))) : [(steps[i] ?? all).name, `${c.say("carried")}: ${points((steps[i] ?? all).by)}`]),
        },
        width,
        theme,
      ),
    table: () => table(columns, own, c.table(title), 40),
  });
}

function parts(c: Context, found: Ladder, held: Conversion, kind: number): HTMLElement {
  const { lang } = c.state;
  type Row = Conversion["shiftShare"][number];
  const about = held.kinds[kind];
  const rows = held.shiftShare.filter((row) => row.kind === kind).sort((a, b) => known(b.total) / (b.base || 1) - known(a.total) / (a.base || 1));
  const title = c.say("shiftShareTitle", { kind: about.name[lang], first: held.from, last: held.to });
  const name = (row: Row) => regionName(c, found, row.region);
  // Beside the size at the start, so that large and small regions can be told apart by what they are made of.
  const based = rows.every(({ base }) => base !== null && base > 0);
  const beside = (value: number | null, row: Row) => (based ? known(value) / row.base! : known(value));
  const write = (value: number | null, row: Row) => (based ? percent(beside(value, row), lang) : significant(known(value), 4, lang));
  const columns: Column<Row>[] = [
    { title: c.say("region"), cell: name, value: name, heading: true },
    ...about.parts.map((part, at) => ({ title: capital(part[lang]), cell: (row: Row) => write(row.parts[at], row), value: (row: Row) => beside(row.parts[at], row), numeric: true, descending: true })),
    { title: c.say("totalChange"), cell: (row) => write(row.total, row), value: (row) => beside(row.total, row), numeric: true, descending: true },
  ];
  return firstOf(c, rows, (shown) =>
    figure({
      name: "shift-share",
      data: dataOf(found, "shift-share-regions"),
      text: c.figure(title, title, c.say(based ? "shiftShareNoteBase" : "shiftShareNote", { size: found.size.name[lang], cite: about.cite }), [found.file]),
      draw: (width, theme) =>
        drawStacks(
          {
            rows: shown.map((row) => ({ name: name(row), parts: row.parts.map((part) => beside(part, row)), tick: beside(row.total, row) })),
            parts: about.parts.map((part, at) => ({ name: capital(part[lang]), colour: theme.parts[at] })),
            tick: c.say("totalChange"),
            tickLabel: (value) => (based ? percent(value, lang, 0) : c.tick(Number(value.toPrecision(3)))),
            tip: (i) => columns.map(({ title: head, cell }, k) => (k ? `${head}: ${String(cell(shown[i]))}` : String(cell(shown[i])))),
          },
          width,
          theme,
        ),
      table: () => table(columns, rows, c.table(title), 40),
    }),
  );
}

function speed(c: Context, found: Ladder, held: Conversion): HTMLElement {
  const { lang } = c.state;
  type Row = Conversion["speed"][number];
  const rows = held.speed.filter(({ value }) => value[0] !== null).sort((a, b) => b.value[0]! - a.value[0]!);
  const title = c.say("speedTitle", { first: held.from, last: held.to });
  const name = (row: Row) => regionName(c, found, row.region);
  const write = (value: number | null) => fixed(known(value) * 100, 2, lang);
  const bounded = rows.some(({ value }) => value[1] !== null);
  const columns: Column<Row>[] = [
    { title: c.say("region"), cell: name, value: name, heading: true },
    { title: c.say("speed"), cell: (row) => write(row.value[0]), value: (row) => known(row.value[0]), numeric: true, descending: true },
    ...(bounded ? [{ title: c.say("bounds"), cell: (row: Row) => `${write(row.value[1])} ${lang === "zh" ? "至" : "to"} ${write(row.value[2])}`, ends: c.ends(c.say("bounds"), (row: Row) => [known(row.value[1]) * 100, known(row.value[2]) * 100]), numeric: true }] : []),
  ];
  return firstOf(c, rows, (shown) =>
    figure({
      name: "speed",
      data: dataOf(found, "conversion"),
      text: c.figure(title, title, c.say("speedNote"), [found.file]),
      draw: (width, theme) =>
        drawRows(
          {
            rows: shown.map((row) => ({ name: name(row), value: known(row.value[0]) * 100, low: known(row.value[1]) * 100, high: known(row.value[2]) * 100 })),
            kind: "dot",
            marks: { value: c.say("speed"), interval: bounded ? c.say("bounds") : undefined },
            tickLabel: (value) => c.tick(value),
            axisName: c.say("speed"),
            tip: (i) => columns.map(({ title: head, cell }, k) => (k ? `${head}: ${String(cell(shown[i]))}` : String(cell(shown[i])))),
          },
          width,
          theme,
        ),
      table: () => table(columns, rows, c.table(title), 40),
    }),
  );
}
