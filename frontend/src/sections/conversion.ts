/** Conversion of old into new: the parts of change, shares over time, how fast, and who carried it. */

import type { Context } from "../context";
import { ladderChoosers, ladderOf, pick, regionIn, regionName } from "../chooser";
import { figure } from "../charts";
import { h, table, type Column } from "../dom";
import { capital, fixed, percent, significant, signed } from "../format";
import type { Conversion, Ladder } from "../ladder";
import { firstOf } from "../long";
import { drawPlot } from "../plot";
import { drawRows } from "../rows";
import { drawStacks } from "../stacks";

// Carriers drawn at most, and parts of a change coloured.
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
      at >= 0 ? shares(c, found, held, at) : null,
      held.carriers.length ? carriers(c, found, held) : null,
      held.kinds.length ? pick(c, "shift-share", c.say("decomposition"), held.kinds.map(({ name }) => capital(name[c.state.lang])), (kind) => [parts(c, found, held, kind)]) : null,
      held.speed.length > 1 ? speed(c, found, held) : null,
    ];
  });
  return h("section", { id: "conversion", "aria-labelledby": "conversion-title" }, h("h2", { id: "conversion-title" }, c.say("conversion")), h("p", {}, c.say("conversionIntro")), ladderChoosers(c, "conversion"), content);
}

function words(c: Context, found: Ladder, held: Conversion, at: number): string {
  const { lang } = c.state;
  const told = at < 0 ? [] : held.years.flatMap((_, t) => (Number.isFinite(held.sharesAt(at, t)[0]) ? [t] : []));
  const [first, last] = [told[0], told[told.length - 1]];
  const own = held.speed.find(({ region }) => region === at);
  const top = held.carriers.filter(({ contribution }) => contribution > 0).slice(0, 3);
  const share = (t: number, which: 0 | 1) => percent(held.sharesAt(at, t)[which], lang);
  return c.joined([
    c.sentence(held.say),
    told.length > 1 && c.say("conversionShares", { region: regionName(c, found, at), first: held.years[first], last: held.years[last], was: share(first, 0), now: share(last, 0), oldWas: share(first, 1), oldNow: share(last, 1) }),
    own && own.value[0] !== null && c.say("conversionSpeed", { value: signed(own.value[0] * 100, 2, lang), low: signed(known(own.value[1]) * 100, 2, lang), high: signed(known(own.value[2]) * 100, 2, lang) }),
    top.length > 0 && c.say("carriersLead", { names: c.listed(top.map((one) => seriesName(c, found, one.series)), 3), share: percent(top.reduce((sum, one) => sum + one.share, 0), lang, 0) }),
  ]);
}

function seriesName(c: Context, found: Ladder, series: number): string {
  const name = capital(found.industries[found.industryOf[series]].name[c.state.lang]);
  return found.regional && found.regions.length > 1 ? `${name} · ${regionName(c, found, found.regionOf[series])}` : name;
}

function shares(c: Context, found: Ladder, held: Conversion, at: number): HTMLElement | null {
  const { lang } = c.state;
  const told = held.years.flatMap((_, t) => (held.sharesAt(at, t).some(Number.isFinite) ? [t] : []));
  if (told.length < 2) return null;
  const title = c.say("sharesTitle", { region: regionName(c, found, at), first: held.years[told[0]], last: held.years[told[told.length - 1]] });
  const heads = [c.say("newShare"), c.say("oldShare")];
  const columns: Column<number>[] = [
    { title: c.say("year"), cell: (t) => String(held.years[t]), value: (t) => t, heading: true },
    ...heads.map((head, which) => ({ title: head, cell: (t: number) => percent(held.sharesAt(at, t)[which], lang), value: (t: number) => held.sharesAt(at, t)[which], numeric: true, descending: true })),
  ];
  return figure({
    name: "new-old",
    text: c.figure(title, title, c.say("sharesNote", { size: found.size.name[lang] }), [found.file]),
    draw: (width, theme) =>
      drawPlot(
        {
          places: told.map((t) => held.years[t]),
          marks: heads.map((name, which) => ({ name, shape: which ? ("dash" as const) : ("line" as const), colour: theme.lines[which] })),
          lines: heads.map((_, which) => ({ points: told.map((t): [number, number] => [held.years[t], held.sharesAt(at, t)[which]]), colour: theme.lines[which], dash: which > 0, wide: 2.5 })),
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

/** One after the other, each from where those before it have brought the whole. */
function carriers(c: Context, found: Ladder, held: Conversion): HTMLElement {
  const { lang } = c.state;
  type Row = Conversion["carriers"][number];
  const shown = held.carriers.slice(0, MOST);
  const title = c.say("carriersTitle", { first: held.from, last: held.to });
  const name = (row: Row) => seriesName(c, found, row.series);
  const columns: Column<Row>[] = [
    { title: c.say("industry"), cell: name, value: name, heading: true },
    { title: c.say("carried"), cell: (row) => significant(row.contribution, 3, lang), value: (row) => row.contribution, numeric: true, descending: true },
    { title: c.say("carriedPart"), cell: (row) => percent(row.share, lang), value: (row) => row.share, numeric: true, descending: true },
  ];
  let sum = 0;
  const steps = shown.map((row) => ({ name: name(row), from: sum, value: (sum += row.share) }));
  return figure({
    name: "carriers",
    text: c.figure(title, title, c.say("carriersNote", { n: shown.length, share: percent(sum, lang, 0) }), [found.file]),
    draw: (width, theme) =>
      drawRows(
        {
          rows: steps,
          kind: "bar",
          marks: { value: c.say("carriedPart") },
          tickLabel: (value) => percent(value, lang, 0),
          axisName: c.say("carriedSum"),
          tip: (i) => columns.map(({ title: head, cell }, k) => (k ? `${head}: ${String(cell(shown[i]))}` : String(cell(shown[i])))),
        },
        width,
        theme,
      ),
    table: () => table(columns, held.carriers, c.table(title), 40),
  });
}

function parts(c: Context, found: Ladder, held: Conversion, kind: number): HTMLElement {
  const { lang } = c.state;
  type Row = Conversion["shiftShare"][number];
  const about = held.kinds[kind];
  const rows = held.shiftShare.filter((row) => row.kind === kind).sort((a, b) => known(b.total) - known(a.total));
  const title = c.say("shiftShareTitle", { kind: about.name[lang], first: held.from, last: held.to });
  const name = (row: Row) => regionName(c, found, row.region);
  const write = (value: number | null) => significant(known(value), 4, lang);
  const columns: Column<Row>[] = [
    { title: c.say("region"), cell: name, value: name, heading: true },
    ...about.parts.map((part, at) => ({ title: capital(part[lang]), cell: (row: Row) => write(row.parts[at]), value: (row: Row) => known(row.parts[at]), numeric: true, descending: true })),
    { title: c.say("totalChange"), cell: (row) => write(row.total), value: (row) => known(row.total), numeric: true, descending: true },
  ];
  return firstOf(c, rows, (shown) =>
    figure({
      name: "shift-share",
      text: c.figure(title, title, c.say("shiftShareNote", { size: found.size.name[lang], cite: about.cite }), [found.file]),
      draw: (width, theme) =>
        drawStacks(
          {
            rows: shown.map((row) => ({ name: name(row), parts: row.parts.map(known), tick: known(row.total) })),
            parts: about.parts.map((part, at) => ({ name: capital(part[lang]), colour: theme.parts[at] })),
            tick: c.say("totalChange"),
            tickLabel: (value) => c.tick(Number(value.toPrecision(3))),
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
    ...(bounded ? [{ title: c.say("bounds"), cell: (row: Row) => `${write(row.value[1])} ${lang === "zh" ? "至" : "to"} ${write(row.value[2])}`, numeric: true }] : []),
  ];
  return firstOf(c, rows, (shown) =>
    figure({
      name: "speed",
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
