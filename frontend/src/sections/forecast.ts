/** What a region is likely to take up next, and how well such forecasts did when they could be tested. */

import type { Context } from "../context";
import { choosers, placeIn, spaceOf } from "../chooser";
import { figure } from "../charts";
import { h, table, type Column } from "../dom";
import { count, fixed, percent, signed } from "../format";
import { drawRows } from "../rows";
import { ACTIVITY, prospects, RATE, type Pair, type Scored, type Space } from "../space";
import { columns, named } from "./space";

const SHOWN = 15;

export function forecast(c: Context): HTMLElement {
  const tested = c.store.live(["space"], () => {
    const found = spaceOf(c);
    if (!found.forecast.length) return [h("p", { class: "note" }, c.say("forecastNone"))];
    const said = found.verdict ? [h("p", { class: "standing" }, found.verdict[c.state.lang])] : [];
    return [...said, h("h3", {}, c.say("forecastScores")), h("p", { class: "note" }, c.say("forecastScoresNote")), scores(c, found)];
  });
  const ahead = c.store.live(["place", "space"], () => {
    const found = spaceOf(c);
    const at = placeIn(c, found.regions);
    if (at < 0) return [h("p", {}, c.say("notLinked", { region: c.region(c.state.place), what: found.title[c.state.lang] }))];
    const likely = prospects(found.pairs?.(at) ?? []).filter((pair) => Number.isFinite(pair.of("chance")));
    return [found.rates ? h("p", {}, moved(c, found, at)) : null, likely.length ? entries(c, found, likely) : null];
  });
  return h(
    "section",
    { id: "forecast", "aria-labelledby": "forecast-title" },
    h("h2", { id: "forecast-title" }, c.say("forecast")),
    h("p", {}, c.say("forecastIntro")),
    choosers(c, "forecast", { region: true, links: true }),
    tested,
    ahead,
  );
}

function scores(c: Context, found: Space): HTMLElement {
  const { lang } = c.state;
  const number = (title: string, of: (row: Scored) => number | null, digits = 3): Column<Scored> => ({
    title,
    cell: (row) => fixed(of(row) ?? NaN, digits, lang),
    value: (row) => of(row) ?? NaN,
    numeric: true,
    descending: true,
  });
  const lead = (row: Scored): string => {
    if (row.lead === null) return "–";
    const ends = [row.leadLow ?? NaN, row.leadHigh ?? NaN].map((value) => signed(value, 3, lang));
    return lang === "zh" ? `${signed(row.lead, 3, lang)}（${ends[0]} 至 ${ends[1]}）` : `${signed(row.lead, 3, lang)} (${ends[0]} to ${ends[1]})`;
  };
  const made: Column<Scored>[] = [
    { title: c.say("forecastBy"), cell: (row) => row.name[lang], value: (row) => row.name[lang], heading: true },
    number("AUC", (row) => row.auc),
    { title: c.say("auc95"), cell: lead, value: (row) => row.lead ?? NaN, numeric: true, descending: true },
    number(c.say("averagePrecision"), (row) => row.averagePrecision),
    number(c.say("brier"), (row) => row.brier, 4),
    number(c.say("skill"), (row) => row.skill),
  ];
  const [first] = found.forecast;
  return h("div", {}, h("p", { class: "source" }, c.say("forecastCells", { cells: count(first.cells, lang), entries: count(first.entries, lang) })), table(made, found.forecast, c.table(c.say("forecastScores"))));
}

/** What the region took up and gave up in the last transition. */
function moved(c: Context, found: Space, at: number): string {
  const { lang } = c.state;
  const rates = found.rates!;
  const of = (what: number) => rates.cells.at(at, 0, what);
  if (!Number.isFinite(of(RATE.candidates))) return "";
  return c.say("moved", {
    region: c.region(c.state.place),
    before: rates.before,
    after: rates.after,
    entries: count(of(RATE.entries), lang),
    candidates: count(of(RATE.candidates), lang),
    entryRate: percent(of(RATE.entryRate), lang),
    exits: count(of(RATE.exits), lang),
    held: count(of(RATE.held), lang),
    exitRate: percent(of(RATE.exitRate), lang),
  });
}

function entries(c: Context, found: Space, likely: Pair[]): HTMLElement {
  const { lang } = c.state;
  const shown = likely.slice(0, SHOWN);
  const name = (pair: Pair) => found.activities[pair.activity].name[lang];
  const end = found.periods.length - 1;
  const title = c.say("entriesTitle", { region: c.region(c.state.place), what: named(c, found) });
  const leaders = c.listed(shown.slice(0, 3).map((pair) => `${name(pair)} ${percent(pair.of("chance"), lang, 0)}`), 3);
  return figure({
    name: "entries",
    data: { table: `${found.name}-pairs`, query: { where: [`region=${c.report.places[c.state.place].code}`], order: ["-chance"] } },
    text: c.figure(title, c.say("entriesDescribe", { leaders }), c.say("entriesNote"), [found.file]),
    draw: (width, theme) =>
      drawRows(
        {
          rows: shown.map((pair) => ({ name: name(pair), value: pair.of("chance"), tick: pair.of("chance_null") })),
          kind: "bar",
          marks: { value: c.say("chance"), tick: c.say("chanceNull") },
          tickLabel: (value) => percent(value, lang, 0),
          tip: (i) => [
            name(shown[i]),
            `${c.say("chance")}: ${percent(shown[i].of("chance"), lang)}`,
            `${c.say("chanceNull")}: ${percent(shown[i].of("chance_null"), lang)}`,
            `${c.say("density")}: ${fixed(shown[i].of("density"), 3, lang)}`,
            `${c.say("complexityOfActivity")}: ${fixed(found.byActivity.at(shown[i].activity, end, ACTIVITY.complexity), 2, lang)}`,
          ],
        },
        width,
        theme,
      ),
    table: () => table(columns(c, found, likely).filter(({ title: head }) => head !== c.say("present")), likely, c.table(title), 20),
  });
}
