/** Lags: what share of discoveries had reached the market, lapsed or been given up after so many years. */

import { drawAreas } from "../areas";
import type { Context } from "../context";
import { figure } from "../charts";
import { h, table, type Column } from "../dom";
import { capital, count, percent } from "../format";
import { ticks } from "../layout";
import { drawPlot } from "../plot";
import { HIGH, incidenceAt, LOW, MEDIAN, type Lags } from "../simulation";
import { allPolicies, baselineFirst, choices, follows, full, known, level, policyChosen, policyColour, policyName, simFigure, simOf, simSection, simTable, span, standing, wholeYear } from "./sim";

// The years after which the share that has come to market is told in words.
const TOLD = 10;

export function simlags(c: Context): HTMLElement {
  const { lags } = simOf(c);
  return simSection(
    c,
    "simlags",
    "simLags",
    "simLagsIntro",
    choices(c, "simlags", [allPolicies(c)]),
    follows(c, ["policy"], () => {
      const one = policyChosen(c);
      const shown = one >= 0 ? [one] : baselineFirst(simOf(c));
      return lags.flatMap((held, i) => [h("h3", { class: "part" }, capital(held.title[c.state.lang])), standing(words(c, held, shown)), arrived(c, held, shown, i), stacked(c, held, shown, i), after(c, held, shown)]);
    }),
  );
}

const since = (c: Context, { kind }: Lags): string => c.say(kind === "discoveries" ? "simSinceDiscovery" : "simSinceFounding");
const part = (c: Context, value: number): string => percent(value, c.state.lang, Math.abs(value) < 0.0995 ? 1 : 0);
const causeName = (c: Context, held: Lags, cause: number): string => capital(held.causes[cause].name[c.state.lang]);

function words(c: Context, held: Lags, shown: number[]): string {
  const { lang } = c.state;
  const s = simOf(c);
  const find = (policy: number, cause: number) => held.at.filter((one) => one.policy === policy && one.cause === cause).sort((a, b) => Math.abs(a.years - TOLD) - Math.abs(b.years - TOLD))[0];
  const policy = shown.length > 1 ? s.experiment.baseline : shown[0];
  const first = find(policy, 0);
  const rest = held.causes.map((_, cause) => cause).slice(1).flatMap((cause) => (find(policy, cause) ? [`${causeName(c, held, cause)} ${part(c, find(policy, cause).share)}`] : []));
  const best = shown.flatMap((one) => (find(one, 0) ? [{ one, at: find(one, 0) }] : [])).sort((a, b) => b.at.share - a.at.share)[0];
  return c.joined([
    first && c.say(held.kind === "discoveries" ? "simLagSay" : "simLagSayStartups", { policy: policyName(c, policy), years: first.years, what: causeName(c, held, 0), share: part(c, first.share), span: span(c, first.low, first.high, (value) => part(c, value)), rest: rest.join(lang === "zh" ? "，" : ", ") }),
    best && best.one !== policy && best.at.low > first.high && c.say("simLagMost", { what: causeName(c, held, 0), policy: policyName(c, best.one), share: part(c, best.at.share), span: span(c, best.at.low, best.at.high, (value) => part(c, value)) }),
  ]);
}

/** The share that has come to the first of the ends, by policy. */
function arrived(c: Context, held: Lags, shown: number[], at: number): HTMLElement {
  const s = simOf(c);
  const title = c.say("simLagTitle", { of: held.title[c.state.lang], what: causeName(c, held, 0) });
  const write = (policy: number, year: number) => `${part(c, incidenceAt(held, policy, 0, year, MEDIAN))} (${span(c, incidenceAt(held, policy, 0, year, LOW), incidenceAt(held, policy, 0, year, HIGH), (value) => part(c, value))})`;
  const columns: Column<number>[] = [
    { title: since(c, held), cell: (year) => c.tick(held.years[year]), raw: (year) => held.years[year], heading: true },
    ...shown.map((policy) => ({ title: policyName(c, policy), cell: (year: number) => write(policy, year), raw: (year: number) => full(incidenceAt(held, policy, 0, year, MEDIAN)), ends: c.ends(policyName(c, policy), (year: number) => [full(incidenceAt(held, policy, 0, year, LOW)), full(incidenceAt(held, policy, 0, year, HIGH))]), numeric: true })),
  ];
  const last = (policy: number) => held.years.reduce((found, _, year) => (Number.isFinite(incidenceAt(held, policy, 0, year, MEDIAN)) ? year : found), 0);
  const top = Math.max(0.02, ...shown.flatMap((policy) => held.years.map((_, year) => incidenceAt(held, policy, 0, year, HIGH))).filter(Number.isFinite));
  const bands = shown.length < 4;
  return figure({
    name: `sim-lag-${at + 1}`,
    data: { table: "simulate_incidence" },
    text: simFigure(c, title, words(c, held, shown), c.joined([c.say("simLagNote"), bands && c.say("simBandsAre", { level: level(c) })])),
    draw: (width, theme) =>
      drawPlot(
        {
          places: held.years,
          y: ticks(0, top),
          marks: [],
          ends: shown.map((policy) => ({ name: policyName(c, policy), shape: policy === s.experiment.baseline ? ("dash" as const) : ("line" as const), colour: policyColour(s, theme, policy), at: incidenceAt(held, policy, 0, last(policy), MEDIAN) })),
          xName: since(c, held),
          bands: bands ? shown.map((policy) => ({ points: held.years.map((year, i): [number, number, number] => [year, incidenceAt(held, policy, 0, i, LOW), incidenceAt(held, policy, 0, i, HIGH)]), fill: policyColour(s, theme, policy), opacity: 0.15 })) : [],
          lines: shown.map((policy) => ({ points: held.years.map((year, i): [number, number] => [year, incidenceAt(held, policy, 0, i, MEDIAN)]), colour: policyColour(s, theme, policy), dash: policy === s.experiment.baseline, wide: 2.25 })),
          xLabel: wholeYear,
          yLabel: (value) => percent(value, c.state.lang, 0),
          tip: (i) => [c.say("afterYears", { year: c.tick(held.years[i]) }), ...shown.map((policy) => `${policyName(c, policy)}: ${write(policy, i)}`)],
        },
        width,
        theme,
        0.36,
      ),
    table: () => table(columns, held.years.map((_, i) => i), simTable(c, title)),
  });
}

/** All ends that compete, on one another. */
function stacked(c: Context, held: Lags, shown: number[], at: number): HTMLElement {
  const { lang } = c.state;
  const title = c.say("simLagStacked", { of: held.title[lang] });
  const share = (policy: number, cause: number, year: number) => known(incidenceAt(held, policy, cause, year, MEDIAN));
  const open = (policy: number, year: number) => Math.max(0, 1 - held.causes.reduce((sum, _, cause) => sum + share(policy, cause, year), 0));
  // Years that no entrant could be followed for are left out.
  const years = held.years.map((_, year) => year).filter((year) => shown.every((policy) => held.causes.every((_, cause) => Number.isFinite(share(policy, cause, year)))));
  const rows = shown.flatMap((policy) => years.map((year) => ({ policy, year })));
  type Row = (typeof rows)[number];
  const columns: Column<Row>[] = [
    { title: c.say("simPolicy"), cell: ({ policy }) => policyName(c, policy), value: ({ policy }) => policyName(c, policy), heading: true },
    { title: since(c, held), cell: ({ year }) => c.tick(held.years[year]), value: ({ year }) => held.years[year], numeric: true },
    ...held.causes.map((_, cause) => ({ title: causeName(c, held, cause), cell: ({ policy, year }: Row) => part(c, share(policy, cause, year)), raw: ({ policy, year }: Row) => full(share(policy, cause, year)), numeric: true })),
    { title: c.say("simStillOpen"), cell: ({ policy, year }) => part(c, open(policy, year)), raw: ({ policy, year }) => full(open(policy, year)), numeric: true },
  ];
  return figure({
    name: `sim-causes-${at + 1}`,
    data: { table: "simulate_incidence" },
    text: simFigure(c, title, words(c, held, shown), c.say("simLagStackedNote")),
    draw: (width, theme) =>
      drawAreas(
        {
          places: years.map((year) => held.years[year]),
          panels: shown.map((policy) => ({ name: shown.length > 1 ? policyName(c, policy) : undefined, parts: years.map((year) => [...held.causes.map((_, cause) => share(policy, cause, year)), open(policy, year)]) })),
          names: [...held.causes.map((_, cause) => ({ name: causeName(c, held, cause), colour: theme.parts[[0, 2, 3, 4][cause % 4]] })), { name: c.say("simStillOpen"), colour: theme.context }],
          most: 1,
          xName: since(c, held),
          xLabel: String,
          yLabel: (value) => percent(value, lang, 0),
          tip: (panel, place) => {
            const year = years[place];
            return [`${policyName(c, shown[panel])}, ${c.say("afterYears", { year: c.tick(held.years[year]) })}`, ...held.causes.map((_, cause) => `${causeName(c, held, cause)}: ${part(c, share(shown[panel], cause, year))}`), `${c.say("simStillOpen")}: ${part(c, open(shown[panel], year))}`];
          },
        },
        width,
        theme,
      ),
    table: () => table(columns, rows, simTable(c, title)),
  });
}

/** The shares after a few and after more years, with their intervals. */
function after(c: Context, held: Lags, shown: number[]): HTMLElement {
  const { lang } = c.state;
  const years = [...new Set(held.at.map((one) => one.years))].sort((a, b) => a - b);
  const title = c.say("simLagTable", { of: held.title[lang] });
  const find = (policy: number, cause: number, year: number) => held.at.find((one) => one.policy === policy && one.cause === cause && one.years === year);
  const columns: Column<number>[] = [
    { title: c.say("simPolicy"), cell: (policy) => policyName(c, policy), value: (policy) => policyName(c, policy), heading: true },
    { title: c.say(held.kind === "discoveries" ? "simEnteredDiscoveries" : "simEnteredStartups"), cell: (policy) => count(known(held.entered[policy]), lang), value: (policy) => known(held.entered[policy]), numeric: true, descending: true },
    ...held.causes.flatMap((_, cause) =>
      years.map((year) => {
        const head = c.say("simCauseAfter", { what: causeName(c, held, cause), year });
        return {
          title: head,
          cell: (policy: number) => { const one = find(policy, cause, year); return one ? `${part(c, one.share)} (${span(c, one.low, one.high, (value) => part(c, value))})` : "–"; },
          value: (policy: number) => known(find(policy, cause, year)?.share),
          ends: c.ends(head, (policy: number) => [find(policy, cause, year)?.low ?? null, find(policy, cause, year)?.high ?? null]),
          numeric: true,
          descending: true,
        };
      }),
    ),
  ];
  return table(columns, shown, simTable(c, title, { table: "simulate_incidence" }));
}
