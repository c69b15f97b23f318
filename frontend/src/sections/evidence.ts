/** Why an industry stands where it does in a year: the chance of every rung, the criteria with their cuts, and reasons. */

import type { Context } from "../context";
import { regionName } from "../chooser";
import { figure } from "../charts";
import { h, table, type Column } from "../dom";
import { capital, fixed, percent, significant, signed } from "../format";
import { dataOf, lastPlaced, type Criterion, type Ladder } from "../ladder";
import { drawStacks } from "../stacks";
import { cellWords } from "./ladder";

export function evidence(c: Context, found: Ladder, region: number, series: number, year: number): HTMLElement {
  const { lang } = c.state;
  const name = capital(found.industries[found.industryOf[series]].name[lang]);
  const rung = found.rung(series, year);
  // The first reason is the verdict, which is said here with its region and year.
  const reasons = year === lastPlaced(found, [series]) ? (found.reasons.texts[series] ?? []).slice(1) : [];
  const next = found.rungs.map((_, at) => at).filter((at) => at !== rung).reduce((best, at) => (found.chance(series, year, at) > found.chance(series, year, best) ? at : best), rung === 0 ? 1 : 0);
  const place = { name, region: regionName(c, found, region), year: found.years[year] };
  return h(
    "div",
    { "aria-live": "polite" },
    h("p", { class: "standing" }, c.joined([
      rung < 0 ? c.say("evidenceUnplaced", place) : c.say(found.regional ? "evidenceRegion" : "evidenceSays", { ...place, rung: found.rungs[rung].name[lang], chance: percent(found.chance(series, year, rung), lang, 0) }),
      rung >= 0 && !found.sure(series, year) && c.say("evidenceUnsure", { next: found.rungs[next].name[lang], chance: percent(found.chance(series, year, next), lang, 0) }),
    ])),
    reasons.map((one) => h("p", {}, c.sentence(one))),
    rung >= 0 ? chances(c, found, series, year, name) : null,
    criteria(c, found, series, year, name),
  );
}

/** Chances of all rungs around the year. */
function chances(c: Context, found: Ladder, series: number, year: number, name: string): HTMLElement {
  const { lang } = c.state;
  const years = found.years.map((_, t) => t).filter((t) => Math.abs(t - year) <= 2 && found.rung(series, t) >= 0);
  const title = c.say("chancesTitle", { name });
  const chance = (t: number, rung: number) => percent(found.chance(series, t, rung), lang, 0);
  const columns: Column<number>[] = [
    { title: c.say("year"), cell: (t) => String(found.years[t]), heading: true },
    ...found.rungs.map((one, rung) => ({ title: capital(one.name[lang]), cell: (t: number) => chance(t, rung), numeric: true })),
  ];
  return figure({
    name: "chances",
    data: dataOf(found, "rungs", found.regionOf[series]),
    text: c.figure(title, `${found.years[year]}: ${cellWords(c, found, series, year)}`, undefined, [found.file]),
    draw: (width, theme) =>
      drawStacks(
        {
          rows: years.map((t) => ({ name: String(found.years[t]), parts: found.rungs.map((_, rung) => found.chance(series, t, rung)) })),
          parts: found.rungs.map((one, rung) => ({ name: capital(one.name[lang]), colour: theme.rungs[rung] })),
          tickLabel: (value) => percent(value, lang, 0),
          tip: (i) => [String(found.years[years[i]]), ...found.rungs.map((one, rung) => `${capital(one.name[lang])}: ${chance(years[i], rung)}`)],
        },
        width,
        theme,
      ),
    table: () => table(columns, years, c.table(title)),
  });
}

/** A number in the unit of its criterion. */
export function measured(c: Context, value: number, unit: Criterion["unit"]): string {
  const { lang } = c.state;
  if (!Number.isFinite(value)) return "–";
  if (unit === "flag") return c.say(value >= 0.5 ? "yes" : "no");
  if (unit === "share") return `${significant(value * 100, 3, lang)}%`;
  if (unit === "growth") return `${signed(value * 100, 1, lang)}%`;
  return unit === "years" ? fixed(value, 0, lang) : significant(value, 3, lang);
}

function criteria(c: Context, found: Ladder, series: number, year: number, name: string): HTMLElement {
  const { lang } = c.state;
  const at = found.evidenceYears.indexOf(found.years[year]);
  if (at < 0) return h("p", { class: "note" }, c.say("evidenceYears", { first: found.evidenceYears[0] ?? "–", last: found.evidenceYears[found.evidenceYears.length - 1] ?? "–" }));
  const value = (one: Criterion) => found.evidence.at(series, at, found.criteria.indexOf(one));
  const known = found.criteria.filter((one) => Number.isFinite(value(one)));
  const unknown = found.criteria.filter((one) => !known.includes(one));
  // What a cut is called says on which side of it one has to be.
  const met = (one: Criterion, { name: called, value: cut }: Criterion["cuts"][number]) => (/ below$/.test(called.en) ? value(one) < cut : / up to$/.test(called.en) ? value(one) <= cut : value(one) >= cut);
  const reached = (one: Criterion) => one.cuts.map((limit) => h("div", { class: met(one, limit) ? null : "unmet" }, `${met(one, limit) ? "✓" : "✗"} ${limit.name[lang]} ${measured(c, limit.value, one.unit)}`));
  const title = c.say("criteriaTitle", { name, year: found.years[year] });
  const columns: Column<Criterion>[] = [
    { title: c.say("criterion"), cell: (one) => [capital(one.name[lang]), one.cite ? h("span", { class: "unit" }, one.cite) : null], heading: true },
    { title: c.say("value"), cell: (one) => measured(c, value(one), one.unit), numeric: true },
    { title: c.say("cuts"), cell: (one) => (one.cuts.length && one.unit !== "flag" ? reached(one) : "–") },
  ];
  return h(
    "div",
    {},
    h("h3", {}, title),
    known.length ? table(columns, known, c.table(title)) : null,
    unknown.length ? h("p", { class: "note" }, c.say("criteriaUnknown", { names: c.listed(unknown.map((one) => one.name[lang]), 20) })) : null,
  );
}
