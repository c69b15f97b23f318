/** Whether science, technology and industry of a region grow into one another: fits beside chance, gaps, lags. */

import type { Context } from "../context";
import { choosers, placeIn } from "../chooser";
import { figure } from "../charts";
import { h, table, type Column } from "../dom";
import { chance, fixed, listed, percent, signed } from "../format";
import { firstOf } from "../long";
import { drawRows } from "../rows";
import { FIT, type Fusion } from "../fused";
import { across, supported } from "./across";
import { coupling } from "./coupling";
import { lags } from "./lags";

// Below this a fit, or a lag, is said to be more than chance.
const ALPHA = 0.05;
const MOST_GAPS = 12;

export function fusion(c: Context): HTMLElement {
  const found = c.report.structure!.fusion!;
  const chain = found.chain.map((stage) => stage[c.state.lang]).join(" → ");
  return h(
    "section",
    { id: "fusion", "aria-labelledby": "fusion-title" },
    h("h2", { id: "fusion-title" }, c.say("fusion")),
    h("p", {}, c.say("fusionIntro", { chain })),
    h("ul", { class: "fits" }, found.pairs.map((_, pair) => h("li", {}, overall(c, found, pair)))),
    found.pairs.map((_, pair) => firstOf(c, byFit(found, pair), (shown) => fits(c, found, pair, shown))),
    h("h3", {}, c.say("fieldsTable")),
    h("p", { class: "note" }, c.say("fieldsNote")),
    fields(c, found),
    found.across.length ? across(c, found) : null,
    found.lags.length ? lags(c, found) : null,
    found.coupling.length ? coupling(c, found) : null,
    h("h3", { class: "part" }, c.say("fusionRegion")),
    choosers(c, "fusion", { region: true }),
    c.store.live(["place"], () => region(c, found)),
  );
}

function step(c: Context, found: Fusion, pair: number): string {
  const [from, to] = found.pairs[pair];
  return `${found.chain[from][c.state.lang]} → ${found.chain[to][c.state.lang]}`;
}

const known = (value: number | null | undefined): number => value ?? NaN;

/** How far a pair of stages fits in the last period, beside chance, and how that has moved since the first. */
function overall(c: Context, found: Fusion, pair: number): string {
  const { lang } = c.state;
  const rows = found.overall.filter((row) => row.pair === pair);
  const [first, last] = [rows[0], rows[rows.length - 1]];
  const write = (value: number | null) => fixed(known(value), 3, lang);
  const verdict = known(last.p) > ALPHA ? "fitChance" : known(last.fit) > known(last.byChance) ? "fitBeyond" : "fitBelow";
  return c.joined([
    c.say(verdict, {
      step: step(c, found, pair),
      period: last.period,
      fit: write(last.fit),
      chance: write(last.byChance),
      p: chance("p", known(last.p), lang),
      above: known(last.above),
      n: known(last.regions),
    }),
    rows.length > 1 && c.say("fitMoved", { first: first.period, fit: write(first.fit), chance: write(first.byChance) }),
  ]);
}

const cell = (found: Fusion, at: number, pair: number, what: number): number => found.byRegion.at(at, pair, what);

/** Regions of which a fit is known, those furthest beyond chance first. */
function byFit(found: Fusion, pair: number): number[] {
  const ahead = (at: number) => cell(found, at, pair, FIT.fit) - cell(found, at, pair, FIT.byChance);
  return found.regions.flatMap((_, at) => (Number.isFinite(ahead(at)) ? [at] : [])).sort((a, b) => ahead(b) - ahead(a) || a - b);
}

function fits(c: Context, found: Fusion, pair: number, shown: number[]): HTMLElement {
  const { lang } = c.state;
  const name = (at: number) => c.regionOf(found.regions[at]);
  const title = c.say("fitsTitle", { step: step(c, found, pair), period: found.periods[found.periods.length - 1] });
  const of = (what: number) => (at: number) => cell(found, at, pair, what);
  const number = (head: string, what: number, digits = 3): Column<number> => ({ title: head, cell: (at) => fixed(of(what)(at), digits, lang), value: of(what), numeric: true, descending: true });
  const columns: Column<number>[] = [
    { title: c.say("region"), cell: name, value: name, heading: true },
    number(c.say("fit"), FIT.fit),
    number(c.say("fitByChance"), FIT.byChance),
    number("z", FIT.z, 1),
    number("q", FIT.q),
    { title: c.say("carriedShare"), cell: (at) => percent(of(FIT.carried)(at), lang), value: of(FIT.carried), numeric: true, descending: true },
  ];
  return figure({
    name: `fits-${pair + 1}`,
    data: { table: "fusion-fields" },
    text: c.figure(title, c.say("fitsDescribe", { leaders: c.listed(shown.slice(0, 3).map(name), 3) }), c.say("fitsNote"), found.files),
    draw: (width, theme) =>
      drawRows(
        {
          rows: shown.map((at) => ({ name: name(at), value: of(FIT.fit)(at), tick: of(FIT.byChance)(at) })),
          kind: "bar",
          marks: { value: c.say("fit"), tick: c.say("fitByChance") },
          tickLabel: (value) => c.tick(value),
          tip: (i) => [name(shown[i]), ...columns.slice(1).map(({ title: head, cell: write }) => `${head}: ${String(write(shown[i]))}`)],
        },
        width,
        theme,
      ),
    table: () => table(columns, byFit(found, pair), c.table(title), 40),
    click: (i) => {
      const place = c.report.places.findIndex((one) => one.code === found.regions[shown[i]]);
      if (place >= 0) c.store.set({ place });
    },
  });
}

function fields(c: Context, found: Fusion): HTMLElement {
  const { lang } = c.state;
  type Row = Fusion["fields"][number];
  const number = (head: string, of: (row: Row) => number | null, digits = 3): Column<Row> => ({ title: head, cell: (row) => fixed(known(of(row)), digits, lang), value: (row) => known(of(row)), numeric: true, descending: true });
  const columns: Column<Row>[] = [
    { title: c.say("field"), cell: (row) => row.name[lang], value: (row) => row.name[lang], heading: true },
    ...(found.pairs.length > 1 ? [{ title: c.say("stages"), cell: (row: Row) => step(c, found, row.pair), value: (row: Row) => row.pair }] : []),
    number(c.say("rankCorrelation"), (row) => row.fit),
    number("z", (row) => row.z, 1),
    number("q", (row) => row.q),
    number(c.say("factRegions"), (row) => row.regions, 0),
  ];
  const rows = [...found.fields].sort((a, b) => a.pair - b.pair || known(b.fit) - known(a.fit));
  return table(columns, rows, c.table(c.say("fieldsTable")), 20);
}

/** What can be said of one region: its fits, the fields where stages part, the links that a chain lacks. */
function region(c: Context, found: Fusion): (HTMLElement | null)[] {
  const { lang } = c.state;
  const at = placeIn(c, found.regions);
  const name = c.region(c.state.place);
  if (at < 0) return [h("p", { class: "standing" }, c.say("notFused", { region: name }))];
  const code = found.regions[at];
  const said = found.pairs.flatMap((_, pair) => {
    const of = (what: number) => cell(found, at, pair, what);
    if (!Number.isFinite(of(FIT.fit))) return [];
    const order = byFit(found, pair);
    const blanks = { step: step(c, found, pair), fit: fixed(of(FIT.fit), 3, lang), chance: fixed(of(FIT.byChance), 3, lang), q: fixed(of(FIT.q), 3, lang), rank: order.indexOf(at) + 1, n: order.length };
    return [c.say(of(FIT.q) <= ALPHA ? "regionFit" : "regionFitChance", blanks)];
  });
  const drawnOn = found.support.filter((row) => row.region === code && row.difference !== null).map((row) =>
    c.say(row.difference! > 0 ? "supportMore" : "supportLess", {
      from: found.chain[row.from][lang], to: found.chain[row.to][lang], held: fixed(known(row.held), 3, lang), missing: fixed(known(row.missing), 3, lang),
    }),
  );
  return [h("p", { class: "standing", "aria-live": "polite" }, c.joined([...said, ...drawnOn])), gaps(c, found, code), supported(c, found, code), missing(c, found, code), led(c, found, code)];
}

function gaps(c: Context, found: Fusion, code: string): HTMLElement | null {
  const { lang } = c.state;
  const all = found.gaps.filter((gap) => gap.region === code);
  if (!all.length) return null;
  return h(
    "div",
    {},
    found.pairs.map((_, pair) => {
      const rows = all.filter((gap) => gap.pair === pair).sort((a, b) => known(b.actual) - known(b.carried) - known(a.actual) + known(a.carried)).slice(0, MOST_GAPS);
      if (!rows.length) return null;
      const [from, to] = found.pairs[pair].map((stage) => found.chain[stage][lang]);
      const title = c.say("gapsTitle", { region: c.regionOf(code), from, to });
      const columns: Column<(typeof rows)[number]>[] = [
        { title: c.say("field"), cell: (row) => row.field[lang], value: (row) => row.field[lang], heading: true },
        { title: c.say("actualShare"), cell: (row) => percent(known(row.actual), lang), value: (row) => known(row.actual), numeric: true, descending: true },
        { title: c.say("ledShare", { from }), cell: (row) => percent(known(row.carried), lang), value: (row) => known(row.carried), numeric: true, descending: true },
        { title: c.say("breakDifference"), cell: (row) => signed((known(row.actual) - known(row.carried)) * 100, 1, lang), value: (row) => known(row.actual) - known(row.carried), numeric: true, descending: true },
      ];
      const ends = { most: rows[0].field[lang], least: rows[rows.length - 1].field[lang] };
      return figure({
        name: `gaps-${pair + 1}`,
        data: { table: "fusion-gaps" },
        text: c.figure(title, c.say("gapsDescribe", ends), c.say("gapsNote", { from, to }), found.files),
        draw: (width, theme) =>
          drawRows(
            {
              rows: rows.map((row) => ({ name: row.field[lang], value: known(row.actual), tick: known(row.carried) })),
              kind: "bar",
              marks: { value: c.say("actualShare"), tick: c.say("ledShare", { from }) },
              tickLabel: (value) => percent(value, lang, 0),
              tip: (i) => columns.map(({ title: head, cell: write }, at) => (at ? `${head}: ${String(write(rows[i]))}` : String(write(rows[i])))),
            },
            width,
            theme,
          ),
        table: () => table(columns, rows, c.table(title)),
      });
    }),
  );
}

function missing(c: Context, found: Fusion, code: string): HTMLElement | null {
  const { lang } = c.state;
  const rows = found.missing.filter((row) => row.region === code);
  // Where a stage has no links of its own nobody can say that it lacks.
  const stages = found.chain.map((_, at) => at).filter((at) => found.missing.some((row) => Number.isFinite(known(row.quotients[at]))));
  if (stages.length < 2) return null;
  const title = c.say("missingTitle", { region: c.regionOf(code) });
  if (!rows.length) return h("div", {}, h("h3", {}, title), h("p", {}, c.say("missingLinksNone")));
  const columns: Column<(typeof rows)[number]>[] = [
    { title: c.say("field"), cell: (row) => row.field[lang], value: (row) => row.field[lang], heading: true },
    { title: c.say("lacks"), cell: (row) => found.chain[row.lacks][lang], value: (row) => row.lacks },
    ...stages.map((stage) => ({
      title: c.say("quotientOf", { stage: found.chain[stage][lang] }),
      cell: (row: (typeof rows)[number]) => fixed(known(row.quotients[stage]), 2, lang),
      value: (row: (typeof rows)[number]) => known(row.quotients[stage]),
      numeric: true,
      descending: true,
    })),
  ];
  return h("div", {}, h("h3", {}, title), h("p", { class: "note" }, c.say("missingNote")), table(columns, rows, c.table(title), 20));
}

function led(c: Context, found: Fusion, code: string): HTMLElement | null {
  const { lang } = c.state;
  const rows = found.led.filter((row) => row.region === code);
  if (!rows.length) return null;
  const title = c.say("ledTitle", { region: c.regionOf(code), stage: found.chain[found.chain.length - 1][lang] });
  const columns: Column<(typeof rows)[number]>[] = [
    { title: c.say("field"), cell: (row) => row.field[lang], value: (row) => row.field[lang], heading: true },
    { title: c.say("shareOfRegion"), cell: (row) => percent(known(row.share), lang), value: (row) => known(row.share), numeric: true, descending: true },
  ];
  return figure({
    name: "led",
    data: { table: "fusion-led" },
    text: c.figure(title, c.say("ledDescribe", { leaders: listed(rows.map((row) => row.field[lang]), 3, lang) }), c.say("ledNote"), found.files),
    draw: (width, theme) =>
      drawRows(
        {
          rows: rows.map((row) => ({ name: row.field[lang], value: known(row.share) })),
          kind: "bar",
          marks: { value: c.say("shareOfRegion") },
          tickLabel: (value) => percent(value, lang, 0),
          tip: (i) => [rows[i].field[lang], `${c.say("shareOfRegion")}: ${percent(known(rows[i].share), lang)}`],
        },
        width,
        theme,
      ),
    table: () => table(columns, rows, c.table(title)),
  });
}
