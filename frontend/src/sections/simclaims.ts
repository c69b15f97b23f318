/** The paper's claims as experiments: what it says, what the model found, where that fails, and what was built in. */

import type { Context } from "../context";
import { figure } from "../charts";
import { h, table, type Child, type Column } from "../dom";
import { capital, count, percent, significant } from "../format";
import type { ClaimVerdict, Series, SimulatedClaim } from "../simulation";
import { drawTargets, type Aim } from "../targets";
import type { Word } from "../words";
import { change, changesOf, choices, chosen, follows, known, plain, simFigure, simOf, simSection, simTable, source as sourceOf, standing } from "./sim";

const VERDICTS: [ClaimVerdict, Word][] = [["holds", "simHolds"], ["depends", "simDepends"], ["fails", "simFails"], ["undecided", "simUndecided"], ["built-in", "simBuiltIn"]];
const verdictName = (c: Context, verdict: ClaimVerdict): string => c.say(VERDICTS.find(([one]) => one === verdict)![1]);
// With more claims than these their conditions are left to the words below.
const MOST_WITH_CONDITIONS = 14;
const LOOKS: Record<ClaimVerdict, string> = { holds: "fine", depends: "worth-knowing", fails: "serious", undecided: "", "built-in": "" };

export function simclaims(c: Context): HTMLElement {
  const { claims } = simOf(c);
  const verdicts = VERDICTS.filter(([verdict]) => claims.some((one) => one.verdict === verdict));
  return simSection(
    c,
    "simclaims",
    "simClaims",
    "simClaimsIntro",
    standing(words(c)),
    choices(c, "simclaims", [
      { what: "kind", label: c.say("simKind"), options: plain([c.say("simAllKinds"), c.say("simEmergent"), c.say("simBuiltIn")]) },
      { what: "verdict", label: c.say("simVerdict"), options: plain([c.say("simAllVerdicts"), ...verdicts.map(([, word]) => c.say(word))]) },
    ]),
    follows(c, ["kind", "verdict"], () => {
      const [kind, verdict] = [chosen(c, "kind", 3), chosen(c, "verdict", verdicts.length + 1) - 1];
      const shown = [...claims].sort((a, b) => order(a.verdict) - order(b.verdict)).filter((one) => (kind === 0 || one.kind === (kind === 1 ? "emergent" : "built-in")) && (verdict < 0 || one.verdict === verdicts[verdict][0]));
      return shown.length ? [chart(c, shown), all(c, shown), cards(c, shown)] : [h("p", { class: "note" }, c.say("simNoClaims"))];
    }),
  );
}

function words(c: Context): string {
  const { claims, claimed } = simOf(c);
  const emergent = claims.filter(({ kind }) => kind === "emergent");
  const of = (verdict: ClaimVerdict) => emergent.filter((one) => one.verdict === verdict);
  const named = (some: SimulatedClaim[]) => c.listed(some.map(({ id, title }) => `${id} ${title[c.state.lang]}`), 5);
  return c.joined([
    c.say("simClaimsSay", { n: claims.length, emergent: emergent.length, built: claims.length - emergent.length }),
    claimed && c.say("simClaimedRuns", { draws: count(claimed.draws, c.state.lang), firms: count(claimed.firms, c.state.lang), years: claimed.years, worlds: count(claimed.worlds, c.state.lang) }),
    emergent.length > 0 && c.say("simClaimsHold", { n: of("holds").length, all: emergent.length, depends: of("depends").length, fails: of("fails").length, undecided: of("undecided").length }),
    of("fails").length > 0 && c.say("simClaimsFail", { names: named(of("fails")) }),
    of("depends").length > 0 && c.say("simClaimsDepend", { names: named(of("depends")) }),
  ]);
}

/** Claims have runs of their own. */
function source(c: Context): string {
  const { claimed } = simOf(c);
  return claimed ? c.say("simSourceClaims", { firms: count(claimed.firms, c.state.lang), draws: count(claimed.draws, c.state.lang), years: claimed.years, version: c.report.version }) : sourceOf(c);
}

/** The confidence of the intervals. */
const confidence = (c: Context): string => percent(simOf(c).claimed?.level ?? simOf(c).experiment.confidence, c.state.lang, 0);

/** Effects of shares are told in percentage points, as everywhere. */
const kindOf = ({ scale }: SimulatedClaim): Pick<Series, "kind"> => ({ kind: scale });
const effect = (c: Context, one: SimulatedClaim, value = one.effect): string => change(c, kindOf(one), known(value));
/** What the effect is an effect on, and in what unit. */
const outcome = (c: Context, { measured, unit, scale }: SimulatedClaim): string => {
  const of = scale === "share" ? c.say("simPointsUnit") : unit[c.state.lang];
  return of ? `${capital(measured[c.state.lang])}${c.state.lang === "zh" ? `（${of}）` : ` (${of})`}` : capital(measured[c.state.lang]);
};
const order = (verdict: ClaimVerdict): number => VERDICTS.findIndex(([one]) => one === verdict);
const name = (c: Context, { id, title }: SimulatedClaim): string => `${id} ${capital(title[c.state.lang])}`;
const SIGNS: Record<string, Word> = { "1": "simUp", "-1": "simDown", "0": "simUntoldSign" };
const sign = (c: Context, value: number): string => c.say(SIGNS[String(value)]);

function chart(c: Context, shown: SimulatedClaim[]): HTMLElement {
  const title = c.say("simForest");
  const tips: string[][] = [];
  const level = confidence(c);
  const few = shown.length <= MOST_WITH_CONDITIONS;
  let before: ClaimVerdict | null = null;
  const wanted = (expected: number): [number, number] | null => (expected > 0 ? [0, Infinity] : expected < 0 ? [-Infinity, 0] : null);
  const aims = shown.flatMap((one): Aim[] => {
    const row = (label: string, ends: { effect: number | null; low: number | null; high: number | null }, more: Partial<Aim>): Aim => {
      const [value, low, high] = [known(ends.effect), known(ends.low), known(ends.high)];
      tips.push([label, outcome(c, one), `${c.say("simEffect")}: ${effect(c, one, value)}`, `${c.say("interval", { level })}: ${changesOf(c, kindOf(one), low, high)}`, `${c.say("simExpected")}: ${sign(c, one.expected)}`]);
      const told = low > 0 || high < 0;
      return { name: label, target: wanted(one.expected), middle: 0, got: [value, low, high], missed: told && one.expected !== 0 && value * one.expected < 0, faint: !told || one.kind === "built-in", written: effect(c, one, value), ...more };
    };
    const group = one.verdict === before ? {} : { group: capital(verdictName(c, (before = one.verdict))) };
    return [row(name(c, one), one, group), ...(few ? one.conditions : []).map((part) => row(capital(part.name[c.state.lang]), part, { within: true }))];
  });
  return figure({
    name: "sim-claims",
    data: { table: "simulate_claims" },
    text: simFigure(c, title, words(c), c.joined([c.say("simForestNote", { level }), c.say(few ? "simForestConditions" : "simForestMany")]), source(c)),
    draw: (width, theme) => drawTargets({ aims, marks: { met: c.say("simAsSaid"), missed: c.say("simContrary"), faint: c.say("simFaint"), interval: c.say("interval", { level }), target: c.say("simSideSaid") }, middle: c.say("simNoEffect"), tip: (i) => tips[i] }, width, theme),
    table: () => table(columnsOf(c), shown, simTable(c, title, undefined, source(c))),
  });
}

function columnsOf(c: Context): Column<SimulatedClaim>[] {
  const { lang } = c.state;
  const level = confidence(c);
  return [
    { title: c.say("simId"), cell: ({ id }) => id, value: ({ id }) => id },
    { title: c.say("simClaim"), cell: ({ title }) => capital(title[lang]), value: ({ title }) => title[lang], heading: true },
    { title: c.say("simVerdict"), cell: ({ verdict }) => verdictName(c, verdict), value: ({ verdict }) => order(verdict) },
    { title: c.say("simKind"), cell: ({ kind }) => c.say(kind === "emergent" ? "simEmergent" : "simBuiltIn"), value: ({ kind }) => kind },
    { title: c.say("simExpected"), cell: ({ expected }) => sign(c, expected), value: ({ expected }) => expected },
    { title: c.say("simFound"), cell: ({ found }) => sign(c, found), value: ({ found }) => found },
    { title: c.say("simEffect"), cell: (one) => effect(c, one), raw: (one) => one.effect, numeric: true },
    { title: c.say("interval", { level }), cell: (one) => changesOf(c, kindOf(one), known(one.low), known(one.high)), ends: c.ends(c.say("simEffect"), (one) => [one.low, one.high]), numeric: true },
    { title: c.say("simWhere"), cell: ({ fails }) => (fails ? h("div", { class: "roomy" }, fails[lang]) : "–") },
  ];
}

const all = (c: Context, shown: SimulatedClaim[]): HTMLElement => table(columnsOf(c), shown, simTable(c, c.say("simClaimsTable"), { table: "simulate_claims" }, source(c)));

/** Every claim in words. */
function cards(c: Context, shown: SimulatedClaim[]): HTMLElement {
  const { lang } = c.state;
  const line = (head: Word, ...content: Child[]) => [h("dt", {}, c.say(head)), h("dd", {}, ...content)];
  const item = (one: SimulatedClaim) => {
    const said = one.effect === null ? c.say("simClaimNothing") : c.say("simClaimFound", { effect: effect(c, one), low: change(c, kindOf(one), known(one.low)), high: change(c, kindOf(one), known(one.high)), level: confidence(c) });
    return h(
      "li",
      { class: LOOKS[one.verdict] || null },
      h("div", { class: "badges" }, h("h4", { class: `severity ${LOOKS[one.verdict]}` }, h("span", {}, verdictName(c, one.verdict))), h("span", { class: "number unit" }, one.id), h("span", { class: "milder" }, c.say(one.kind === "emergent" ? "simEmergent" : "simBuiltIn"))),
      h(
        "div",
        {},
        h("h4", {}, capital(one.title[lang])),
        h("p", {}, c.sentence(one.says)),
        h(
          "dl",
          { class: "fates" },
          line("simPut", c.sentence(one.put)),
          line("simOutcome", outcome(c, one)),
          line("simResult", said),
          one.conditions.length ? line("simConditions", h("ul", {}, one.conditions.map((part) => h("li", {}, c.say(part.holds ? "simConditionHolds" : "simConditionFails", { name: capital(part.name[lang]), effect: effect(c, one, part.effect), span: changesOf(c, kindOf(one), known(part.low), known(part.high)) }))))) : [],
          one.fails ? line("simWhere", c.sentence(one.fails)) : [],
          line(one.kind === "emergent" ? "simWhyOpen" : "simWhyBuilt", c.sentence(one.why)),
        ),
      ),
    );
  };
  return h("div", {}, h("h3", { class: "part" }, c.say("simClaimsEach", { n: count(shown.length, lang) })), h("ol", { class: "pitfalls" }, shown.map(item)));
}

/** What the claims came to, for the first page. */
export const claimsLead = (c: Context): string | null => {
  const emergent = simOf(c).claims.filter(({ kind }) => kind === "emergent");
  return emergent.length ? c.say("simClaimsLead", { n: emergent.filter(({ verdict }) => verdict === "holds").length, all: emergent.length, depends: significant(emergent.filter(({ verdict }) => verdict === "depends").length, 3, c.state.lang) }) : null;
};
