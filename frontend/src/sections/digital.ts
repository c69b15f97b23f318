/** How far the digital has grown into the real economy: the score of every level, and how evenly they stand. */

import type { Context } from "../context";
import { pick } from "../chooser";
import { figure } from "../charts";
import { h, table, type Column } from "../dom";
import { fixed } from "../format";
import type { Digital } from "../fused";
import { firstOf } from "../long";
import { drawRows } from "../rows";
import { coupling } from "./coupling";

type Row = Digital["coupling"][number];

const known = (value: number | null | undefined): number => value ?? NaN;
const periodOf = (found: Digital): string => found.periods[found.periods.length - 1];

export function digital(c: Context): HTMLElement {
  const { lang } = c.state;
  const found = c.report.structure!.digital!;
  const apart = !found.couplingScale && c.say(found.chain.length > 1 ? "digitalApart" : "digitalAlone");
  return h(
    "section",
    { id: "digital", "aria-labelledby": "digital-title" },
    h("h2", { id: "digital-title" }, c.say("digital")),
    h("p", {}, c.say("digitalIntro")),
    h("ul", { class: "fits" }, found.chain.map((_, level) => h("li", {}, words(c, found, level)))),
    found.missing.length || apart ? h("p", { class: "note" }, c.joined([found.missing.length > 0 && c.say("digitalMissing", { names: c.listed(found.missing.map((one) => one[lang])) }), apart])) : null,
    pick(c, "digital-level", c.say("digitalLevel"), found.chain.map((level) => level[lang]), (level) => [scores(c, found, level)]),
    found.couplingScale ? coupling(c, found, "digital") : null,
  );
}

/** Rows with a score on a level, the highest first. */
const told = (found: Digital, level: number): Row[] => found.coupling.filter(({ scores: of }) => of[level] !== null).sort((a, b) => b.scores[level]! - a.scores[level]!);

const meanOf = (rows: Row[], level: number): number => rows.reduce((sum, row) => sum + known(row.scores[level]), 0) / rows.length;

function words(c: Context, found: Digital, level: number): string {
  const { lang } = c.state;
  const rows = told(found, level);
  const blanks = { level: found.chain[level][lang], period: periodOf(found) };
  const leaders = rows.slice(0, 3).map((row) => `${c.regionOf(row.region)} ${fixed(known(row.scores[level]), 3, lang)}`);
  return rows.length ? c.say("digitalSay", { ...blanks, n: rows.length, mean: fixed(meanOf(rows, level), 3, lang), leaders: c.listed(leaders, 3) }) : c.say("digitalNobody", blanks);
}

/** What is said of the levels in the headline. */
export function digitalLead(c: Context, found: Digital): string {
  const { lang } = c.state;
  // Within a sentence a level is no heading.
  const name = (level: string) => level.charAt(0).toLowerCase() + level.slice(1);
  const levels = found.chain.map((level, at) => `${name(level[lang])} ${fixed(meanOf(told(found, at), at), 3, lang)}`);
  return c.say("digitalLead", { period: periodOf(found), levels: levels.join(lang === "zh" ? "，" : ", ") });
}

function scores(c: Context, found: Digital, level: number): HTMLElement | null {
  const { lang } = c.state;
  const rows = told(found, level);
  if (!rows.length) return null;
  const name = (row: Row) => c.regionOf(row.region);
  const title = c.say("digitalScores", { level: found.chain[level][lang], period: periodOf(found) });
  const columns: Column<Row>[] = [
    { title: c.say("region"), cell: name, value: name, heading: true },
    ...found.chain.map((one, at) => ({ title: one[lang], cell: (row: Row) => fixed(known(row.scores[at]), 3, lang), value: (row: Row) => known(row.scores[at]), numeric: true, descending: true })),
  ];
  return firstOf(c, rows, (shown) =>
    figure({
      name: `digital-${level + 1}`,
      text: c.figure(title, words(c, found, level), found.chain.length > 1 ? c.say("digitalScoresNote") : undefined, found.files),
      draw: (width, theme) =>
        drawRows(
          {
            rows: shown.map((row) => ({ name: name(row), value: known(row.scores[level]) })),
            kind: "bar",
            marks: { value: c.say("digitalScore") },
            tickLabel: (value) => c.tick(value),
            tip: (i) => [name(shown[i]), ...columns.slice(1).map(({ title: head, cell }) => `${head}: ${String(cell(shown[i]))}`)],
          },
          width,
          theme,
        ),
      table: () => table(columns, found.coupling, c.table(title), 40),
      click: (i) => {
        const place = c.report.places.findIndex((one) => one.code === shown[i].region);
        if (place >= 0) c.store.set({ place });
      },
    }),
  );
}
