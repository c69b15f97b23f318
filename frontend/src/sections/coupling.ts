/** Coupling coordination: how far along each region is in all stages of the chain, and how evenly. */

import type { Context } from "../context";
import { figure } from "../charts";
import { h, table, type Column } from "../dom";
import { fixed, signed } from "../format";
import type { Coupled, Couplings } from "../fused";
import { firstOf } from "../long";
import { drawRows } from "../rows";

// D is graded in tenths; from here on stages count as coordinated (Liao 1999).
const COORDINATED = 0.5;

/** What is said of the levels, by where they come from. */
const SAID = {
  coupling: { intro: "couplingIntro", note: "couplingNote" },
  digital: { intro: "digitalLevels", note: "digitalNote" },
} as const;

const known = (value: number | null | undefined): number => value ?? NaN;

export function coupling(c: Context, found: Couplings, of: keyof typeof SAID = "coupling"): HTMLElement {
  const rows = [...found.coupling].sort((a, b) => (b.coordination ?? -1) - (a.coordination ?? -1));
  return h(
    "div",
    {},
    h("h3", { class: "part" }, c.say("coupling")),
    h("p", { class: "note" }, c.joined([c.say(SAID[of].intro), c.say("couplingTerms"), c.say(found.couplingScale === "share" ? "couplingShare" : "couplingMinMax")])),
    h("p", { class: "standing" }, words(c, found, rows)),
    firstOf(c, rows, (shown) => picture(c, found, shown, rows, of)),
  );
}

function words(c: Context, found: Couplings, rows: Coupled[]): string {
  const { lang } = c.state;
  const told = rows.filter((row) => row.coordination !== null);
  if (!told.length) return c.say("couplingUnknown");
  const period = found.periods[found.periods.length - 1];
  const mean = told.reduce((sum, row) => sum + row.coordination!, 0) / told.length;
  const name = (row: Coupled) => `${c.regionOf(row.region)} ${fixed(known(row.coordination), 3, lang)}`;
  const both = told.filter((row) => row.was !== null);
  const rise = (row: Coupled) => row.coordination! - row.was!;
  const best = both.reduce<Coupled | null>((held, row) => (held && rise(held) >= rise(row) ? held : row), null);
  return c.joined([
    c.say("couplingWords", { period, n: told.length, mean: fixed(mean, 3, lang), good: told.filter((row) => row.coordination! >= COORDINATED).length, leaders: c.listed(told.slice(0, 3).map(name), 3) }),
    found.couplingFirst && best && rise(best) > 0 && c.say("couplingRise", {
      first: found.couplingFirst, up: both.filter((row) => rise(row) > 0).length, n: both.length,
      region: c.regionOf(best.region), was: fixed(known(best.was), 3, lang), now: fixed(known(best.coordination), 3, lang),
    }),
  ]);
}

function picture(c: Context, found: Couplings, shown: Coupled[], rows: Coupled[], of: keyof typeof SAID): HTMLElement {
  const { lang } = c.state;
  const first = found.couplingFirst;
  const name = (row: Coupled) => c.regionOf(row.region);
  const grade = (row: Coupled) => row.grade?.[lang] ?? "–";
  const number = (head: string, of: (row: Coupled) => number | null | undefined): Column<Coupled> => ({ title: head, cell: (row) => fixed(known(of(row)), 3, lang), value: (row) => known(of(row)), numeric: true, descending: true });
  const title = c.say("couplingTitle", { period: found.periods[found.periods.length - 1] });
  const columns: Column<Coupled>[] = [
    { title: c.say("region"), cell: name, value: name, heading: true },
    { title: c.say("grade"), cell: grade, value: (row) => row.coordination ?? -1, descending: true },
    number(c.say("coordination"), (row) => row.coordination),
    ...(first
      ? [
          number(c.say("coordinationIn", { period: first }), (row) => row.was),
          { title: c.say("change"), cell: (row: Coupled) => signed(known(row.coordination) - known(row.was), 3, lang), value: (row: Coupled) => known(row.coordination) - known(row.was), numeric: true, descending: true },
        ]
      : []),
    number(c.say("couplingDegree"), (row) => row.coupling),
    number(c.say("developmentLevel"), (row) => row.level),
    ...found.coupling[0].levels.map((_, stage) => number(c.say("levelOf", { stage: found.chain[stage][lang] }), (row) => row.levels[stage])),
  ];
  return figure({
    name: of === "coupling" ? of : `${of}-coupling`,
    text: c.figure(title, c.say("couplingDescribe", { leaders: c.listed(shown.slice(0, 3).map((row) => `${name(row)} ${grade(row)}`), 3) }), c.say(SAID[of].note), found.files),
    draw: (width, theme) =>
      drawRows(
        {
          rows: shown.map((row) => ({ name: `${name(row)} · ${grade(row)}`, value: known(row.coordination), tick: known(row.was) })),
          kind: "dot",
          marks: { value: c.say("coordination"), tick: first ? c.say("coordinationIn", { period: first }) : undefined },
          limits: [{ value: COORDINATED, name: c.say("coordinatedFrom") }],
          axis: { min: 0, max: 1, step: 0.2 },
          tickLabel: (value) => c.tick(value),
          tip: (i) => [name(shown[i]), ...columns.slice(1).map(({ title: head, cell }) => `${head}: ${String(cell(shown[i]))}`)],
        },
        width,
        theme,
      ),
    table: () => table(columns, rows, c.table(title), 40),
    click: (i) => {
      const place = c.report.places.findIndex((one) => one.code === shown[i].region);
      if (place >= 0) c.store.set({ place });
    },
  });
}
