/** Rungs through time: how output shifts from rung to rung under every policy, and when industries were born. */

import { drawAreas } from "../areas";
import type { Context } from "../context";
import { figure } from "../charts";
import { table, type Column } from "../dom";
import { capital, count, percent } from "../format";
import { rungAt } from "../simulation";
import { allPolicies, baselineFirst, choices, dated, follows, policyChosen, policyName, simFigure, simOf, simSection, simTable, standing, when } from "./sim";

export function simrungs(c: Context): HTMLElement {
  const s = simOf(c);
  const content = follows(c, ["policy"], () => {
    const one = policyChosen(c);
    const shown = one >= 0 ? [one] : baselineFirst(s);
    return [standing(words(c, shown)), stacked(c, shown), shown.length > 1 ? ends(c) : null];
  });
  return simSection(c, "simrungs", "simRungs", "simRungsIntro", choices(c, "simrungs", [allPolicies(c)]), content);
}

const rungName = (c: Context, at: number): string => capital(simOf(c).rungs.names[at].name[c.state.lang]);

/** When industries were born in the run that is shown, after its beginning. */
function births(c: Context, policy: number): { at: number; name: string }[] {
  const { industries } = simOf(c);
  const found = industries.byPolicy.find((one) => one.policy === policy);
  return (found?.born ?? []).flatMap((born, at) => (born !== null && at >= industries.ofStart ? [{ at: born, name: industries.names[at][c.state.lang] }] : [])).sort((a, b) => a.at - b.at);
}

function words(c: Context, shown: number[]): string {
  const { lang } = c.state;
  const s = simOf(c);
  const last = s.moments.length - 1;
  const policy = shown.length === 1 ? shown[0] : s.experiment.baseline;
  const part = (moment: number, rung: number) => percent(rungAt(s, policy, moment, rung), lang, 1);
  const told = s.rungs.names.map((_, rung) => `${rungName(c, rung)} ${part(0, rung)} → ${part(last, rung)}`);
  const young = (one: number) => rungAt(s, one, last, 0) + rungAt(s, one, last, 1);
  const best = [...s.policies.keys()].sort((a, b) => young(b) - young(a))[0];
  return c.joined([
    c.say("simRungsSay", { policy: policyName(c, policy), first: dated(c, s.moments[0]), last: dated(c, s.moments[last]), shares: told.join(lang === "zh" ? "，" : ", ") }),
    shown.length > 1 && best !== policy && c.say("simYoungMost", { policy: policyName(c, best), share: percent(young(best), lang, 1), was: percent(young(policy), lang, 1) }),
    c.say("simBirthsIn", { policy: policyName(c, policy), n: count(births(c, policy).length, lang) }),
  ]);
}

function stacked(c: Context, shown: number[]): HTMLElement {
  const { lang } = c.state;
  const s = simOf(c);
  const title = c.say(shown.length > 1 ? "simRungsTitle" : "simRungsTitleOf", { policy: policyName(c, shown[0]), first: s.experiment.years[0], last: s.experiment.years[1] });
  const part = (value: number) => percent(value, lang, 1);
  const born = shown.map((policy) => births(c, policy));
  const rows = shown.flatMap((policy) => s.moments.map((_, moment) => ({ policy, moment })));
  const columns: Column<(typeof rows)[number]>[] = [
    ...(shown.length > 1 ? [{ title: c.say("simPolicy"), cell: ({ policy }: (typeof rows)[number]) => policyName(c, policy), value: ({ policy }: (typeof rows)[number]) => policyName(c, policy), heading: true }] : []),
    { title: c.say("year"), cell: ({ moment }) => when(c, s.moments[moment]), raw: ({ moment }) => s.moments[moment], heading: shown.length === 1 },
    ...s.rungs.names.map((_, rung) => ({ title: rungName(c, rung), cell: ({ policy, moment }: (typeof rows)[number]) => part(rungAt(s, policy, moment, rung)), value: ({ policy, moment }: (typeof rows)[number]) => rungAt(s, policy, moment, rung), numeric: true, descending: true })),
  ];
  const near = (panel: number, moment: number) => born[panel].filter(({ at }) => Math.abs(at - s.moments[moment]) <= (s.moments[1] - s.moments[0]) / 2 + 1e-9).map(({ name }) => name);
  return figure({
    name: "sim-rungs",
    data: { table: "simulate_rungs" },
    text: simFigure(c, title, words(c, shown), c.say("simRungsNote", { draw: s.industries.draw })),
    draw: (width, theme) =>
      drawAreas(
        {
          places: s.moments,
          panels: shown.map((policy, i) => ({ name: shown.length > 1 ? policyName(c, policy) : undefined, parts: s.moments.map((_, moment) => s.rungs.names.map((_, rung) => rungAt(s, policy, moment, rung))), events: born[i] })),
          names: s.rungs.names.map((_, rung) => ({ name: rungName(c, rung), colour: theme.rungs[rung] })),
          event: c.say("simBirth"),
          most: 1,
          yName: c.say("simShareOfOutput"),
          xLabel: String,
          yLabel: (value) => percent(value, lang, 0),
          tip: (panel, moment) => [
            `${policyName(c, shown[panel])}, ${when(c, s.moments[moment])}`,
            ...s.rungs.names.map((_, rung) => `${rungName(c, rung)}: ${part(rungAt(s, shown[panel], moment, rung))}`),
            ...(near(panel, moment).length ? [`${c.say("simBirth")}: ${c.listed(near(panel, moment), 4)}`] : []),
          ],
        },
        width,
        theme,
      ),
    table: () => table(columns, rows, simTable(c, title)),
  });
}

/** The rungs of every policy at the end. */
function ends(c: Context): HTMLElement {
  const { lang } = c.state;
  const s = simOf(c);
  const last = s.moments.length - 1;
  const title = c.say("simRungsEnd", { last: dated(c, s.moments[last]) });
  const columns: Column<number>[] = [
    { title: c.say("simPolicy"), cell: (policy) => policyName(c, policy), value: (policy) => policyName(c, policy), heading: true },
    ...s.rungs.names.map((_, rung) => ({ title: rungName(c, rung), cell: (policy: number) => percent(rungAt(s, policy, last, rung), lang, 1), value: (policy: number) => rungAt(s, policy, last, rung), numeric: true, descending: true })),
    { title: c.say("simBorn"), cell: (policy) => count(births(c, policy).length, lang), value: (policy) => births(c, policy).length, numeric: true, descending: true },
  ];
  return table(columns, baselineFirst(simOf(c)), simTable(c, title, { table: "simulate_rungs" }));
}
