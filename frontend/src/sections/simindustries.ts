/** Industries of a grown world: which were born, how they grew, and which lost their firms again. */

import type { Context } from "../context";
import { figure } from "../charts";
import { h, table, type Column } from "../dom";
import { capital, count, percent } from "../format";
import { drawPlot } from "../plot";
import { drawRows } from "../rows";
import type { Industries } from "../simulation";
import { choices, chosen, dated, follows, full, known, onePolicy, plain, policyChosen, policyName, simFigure, simOf, simSection, simTable, standing, when, wholeYear } from "./sim";

// As many curves as can be told apart; the rest are drawn pale.
const NAMED = 6;
// From this fall on, a loss of firms is called a shakeout.
const FALL = 0.3;
// A smaller fall is none.
const FEW = 0.03;

/** An industry in the run that is shown. */
interface One {
  at: number;
  name: string;
  /** Not a number where it was there from the start. */
  born: number;
  /** By moment. */
  shares: number[];
  firms: number[];
  peak: number;
  peakAt: number;
  /** The fewest firms after the peak, and when. */
  trough: number;
  troughAt: number;
  fall: number;
  /** The rung that most of it stands on at the end; null for none. */
  rung: number | null;
}

export function simindustries(c: Context): HTMLElement {
  const s = simOf(c);
  const { baseline } = s.experiment;
  const drawn = s.industries.byPolicy.map(({ policy }) => policy);
  const fallback = drawn.includes(baseline) ? baseline : drawn[0];
  const held = () => {
    const policy = drawn.includes(policyChosen(c)) ? policyChosen(c) : fallback;
    return { policy, all: all(c, s.industries.byPolicy.find((one) => one.policy === policy)!) };
  };
  const names = s.industries.names.map((name) => capital(name[c.state.lang]));
  const firstBorn = () => {
    const { all: found } = held();
    const young = found.filter(({ born }) => Number.isFinite(born));
    return (young.length ? young : found).reduce((best, one) => (Math.max(...one.firms) > Math.max(...best.firms) ? one : best)).at;
  };
  const start = firstBorn();
  return simSection(
    c,
    "simindustries",
    "simIndustries",
    "simIndustriesIntro",
    choices(c, "simindustries", [onePolicy(c, fallback, [...drawn.filter((one) => one !== baseline), ...drawn.filter((one) => one === baseline)])]),
    follows(c, ["policy"], () => {
      const { policy, all: found } = held();
      return [standing(words(c, policy, found)), curves(c, policy, found), shakeouts(c, policy, found)];
    }),
    h("h3", { class: "part" }, c.say("simOneIndustry")),
    choices(c, "simindustries", [{ what: "industry", label: c.say("industry"), options: plain(names), fallback: start }]),
    follows(c, ["policy", "industry"], () => {
      const { policy, all: found } = held();
      const one = found.find(({ at }) => at === chosen(c, "industry", names.length, start));
      return one ? [standing(told(c, one)), h("div", { class: "pair" }, h("div", {}, firmsOf(c, policy, one)), h("div", {}, shareOf(c, policy, one)))] : [h("p", { class: "note" }, c.say("simNeverBorn", { name: names[chosen(c, "industry", names.length, start)], policy: policyName(c, policy) }))];
    }),
    follows(c, ["policy"], () => {
      const { policy, all: found } = held();
      return [everyOne(c, policy, found)];
    }),
  );
}

/** The industries that there are, those born last at the end. */
function all(c: Context, held: Industries): One[] {
  const { moments, industries } = simOf(c);
  const t = moments.length;
  return industries.names.flatMap((name, at) => {
    if (held.born[at] === null) return [];
    const [shares, firms] = [held.shares, held.firms].map((cells) => [...cells.slice(at * t, (at + 1) * t)]);
    // Before it is born an industry has no firms, so that its curve begins with its birth.
    const born = at >= industries.ofStart ? held.born[at]! : NaN;
    const alive = moments.map((moment) => !(moment < born));
    const place = (best: (a: number, b: number) => boolean, from: number) => firms.reduce((held, value, i) => (i >= from && alive[i] && Number.isFinite(value) && (held < 0 || best(value, firms[held])) ? i : held), -1);
    const peak = place((a, b) => a > b, 0);
    const trough = place((a, b) => a < b, Math.max(peak, 0));
    const fall = peak >= 0 && firms[peak] > 0 ? 1 - firms[trough] / firms[peak] : NaN;
    const seen = (values: number[]) => values.map((value, i) => (alive[i] ? value : NaN));
    return [{ at, name: capital(name[c.state.lang]), born, shares: seen(shares), firms: seen(firms), peak: known(firms[peak]), peakAt: known(moments[peak]), trough: known(firms[trough]), troughAt: known(moments[trough]), fall, rung: held.rung[at] }];
  });
}

const quartered = (moment: number): number => Math.round(moment * 4) / 4;
const last = <T>(values: T[]): T => values[values.length - 1];
const young = (found: One[]): One[] => found.filter(({ born }) => Number.isFinite(born));
const shaken = (found: One[]): One[] => found.filter(({ fall, peak }) => fall >= FALL && peak >= 10).sort((a, b) => b.fall - a.fall);

function words(c: Context, policy: number, found: One[]): string {
  const { lang } = c.state;
  const s = simOf(c);
  const born = young(found);
  const grown = [...born].sort((a, b) => known(last(b.shares)) - known(last(a.shares)));
  const fallen = shaken(found);
  return c.joined([
    c.say(born.length ? "simBornSay" : "simBornNone", { policy: policyName(c, policy), n: count(born.length, lang), first: s.experiment.years[0], last: s.experiment.years[1], start: count(found.length - born.length, lang) }),
    grown.length > 0 && c.say("simBornLargest", { name: grown[0].name, share: percent(known(last(grown[0].shares)), lang, 1), born: dated(c, quartered(grown[0].born)), all: percent(born.reduce((sum, one) => sum + (last(one.shares) || 0), 0), lang, 1) }),
    c.say(fallen.length ? "simShakenSay" : "simShakenNone", { n: count(fallen.length, lang), share: percent(FALL, lang, 0), names: c.listed(fallen.map(({ name, fall }) => (lang === "zh" ? `${name}（−${percent(fall, lang, 0)}）` : `${name} (−${percent(fall, lang, 0)})`)), 3) }),
  ]);
}

const run = (c: Context): string => c.say("simOneRun", { draw: simOf(c).industries.draw });

/** Shares of output of the industries born in the run; where none was, of all. */
function curves(c: Context, policy: number, found: One[]): HTMLElement {
  const { lang } = c.state;
  const s = simOf(c);
  const born = young(found);
  const shown = born.length ? born : found;
  const order = [...shown].sort((a, b) => Math.max(0, ...b.shares.filter(Number.isFinite)) - Math.max(0, ...a.shares.filter(Number.isFinite)));
  const named = order.slice(0, NAMED);
  const part = (value: number) => percent(value, lang, value < 0.1 ? 2 : 1);
  const title = c.say(born.length ? "simCurvesBorn" : "simCurvesAll", { policy: policyName(c, policy) });
  const columns: Column<number>[] = [
    { title: c.say("year"), cell: (moment) => when(c, s.moments[moment]), raw: (moment) => s.moments[moment], heading: true },
    ...order.map((one) => ({ title: one.name, cell: (moment: number) => part(one.shares[moment]), raw: (moment: number) => full(one.shares[moment]), numeric: true })),
  ];
  return figure({
    name: "sim-curves",
    data: { table: "simulate_industries" },
    text: simFigure(c, title, words(c, policy, found), c.joined([c.say("simCurvesNote"), run(c), order.length > NAMED && c.say("simCurvesSome", { n: named.length, all: order.length })])),
    draw: (width, theme) =>
      drawPlot(
        {
          places: s.moments,
          marks: order.length > NAMED ? [{ name: c.say("simOtherIndustries"), shape: "line", colour: theme.context }] : [],
          ends: named.map((one, i) => ({ name: one.name, shape: "line" as const, colour: theme.lines[i], at: last(one.shares) })),
          yName: c.say("simShareOfOutput"),
          lines: [...order.slice(NAMED).map((one) => ({ one, colour: theme.context, wide: 1.25 })), ...named.map((one, i) => ({ one, colour: theme.lines[i], wide: 2.25 }))].map(({ one, colour, wide }) => ({ points: s.moments.map((moment, i): [number, number] => [moment, one.shares[i]]), colour, wide })),
          xLabel: wholeYear,
          yLabel: (value) => `${c.tick(Number((value * 100).toPrecision(9)))}%`,
          tip: (i) => [when(c, s.moments[i]), ...named.filter((one) => Number.isFinite(one.shares[i])).map((one) => `${one.name}: ${part(one.shares[i])}`)],
        },
        width,
        theme,
      ),
    table: () => table(columns, s.moments.map((_, i) => i), simTable(c, title)),
  });
}

/** Who lost most of their firms. */
function shakeouts(c: Context, policy: number, found: One[]): HTMLElement | null {
  const { lang } = c.state;
  const rows = shaken(found);
  if (!rows.length) return null;
  const title = c.say("simShakenTitle", { policy: policyName(c, policy), share: percent(FALL, lang, 0) });
  const columns = columnsOf(c).filter(({ title: head }) => head !== c.say("simShareEnd"));
  return figure({
    name: "sim-shakeouts",
    data: { table: "simulate_industries" },
    text: simFigure(c, title, title, c.joined([c.say("simShakenNote"), run(c)])),
    draw: (width, theme) =>
      drawRows(
        {
          rows: rows.map((one) => ({ name: one.name, value: one.fall })),
          kind: "bar",
          marks: { value: c.say("simFall") },
          axis: { min: 0, max: 1, step: 0.2 },
          tickLabel: (value) => percent(value, lang, 0),
          tip: (i) => columns.map(({ title: head, cell }, k) => (k ? `${head}: ${String(cell(rows[i]))}` : rows[i].name)),
        },
        width,
        theme,
      ),
    table: () => table(columns, rows, simTable(c, title)),
  });
}

function columnsOf(c: Context): Column<One>[] {
  const { lang } = c.state;
  const whole = (value: number) => (Number.isFinite(value) ? count(value, lang) : "–");
  const date = (value: number) => (Number.isFinite(value) ? when(c, quartered(value)) : "–");
  return [
    { title: c.say("industry"), cell: ({ name }) => name, value: ({ name }) => name, heading: true },
    { title: c.say("simBornIn"), cell: ({ born }) => (Number.isFinite(born) ? date(born) : c.say("simFromStart")), raw: ({ born }) => (Number.isFinite(born) ? born : null), value: ({ born }) => (Number.isFinite(born) ? born : 0), numeric: true },
    { title: c.say("simShareEnd"), cell: ({ shares }) => percent(known(last(shares)), lang, 2), value: ({ shares }) => known(last(shares)), numeric: true, descending: true },
    { title: c.say("simRungEnd"), cell: ({ rung }) => (rung === null ? c.say("simGone") : capital(simOf(c).rungs.names[rung].name[lang])), value: ({ rung }) => rung ?? 99 },
    { title: c.say("simFirmsEnd"), cell: ({ firms }) => whole(last(firms)), value: ({ firms }) => known(last(firms)), numeric: true, descending: true },
    { title: c.say("simPeak"), cell: ({ peak }) => whole(peak), value: ({ peak }) => peak, numeric: true, descending: true },
    { title: c.say("simPeakAt"), cell: ({ peakAt }) => date(peakAt), raw: ({ peakAt }) => peakAt, value: ({ peakAt }) => peakAt, numeric: true },
    { title: c.say("simTrough"), cell: ({ trough }) => whole(trough), value: ({ trough }) => trough, numeric: true },
    { title: c.say("simTroughAt"), cell: ({ troughAt }) => date(troughAt), raw: ({ troughAt }) => troughAt, value: ({ troughAt }) => troughAt, numeric: true },
    { title: c.say("simFall"), cell: ({ fall }) => percent(fall, lang, 0), value: ({ fall }) => fall, numeric: true, descending: true },
  ];
}

function told(c: Context, one: One): string {
  const { lang } = c.state;
  const date = (value: number) => dated(c, quartered(value));
  return c.joined([
    Number.isFinite(one.born) ? c.say("simBornOne", { name: one.name, born: date(one.born) }) : c.say("simStartOne", { name: one.name }),
    Number.isFinite(one.peak) && c.say(one.fall >= FALL ? "simLifeShaken" : one.fall < FEW ? "simLifeGrown" : "simLifeNot", { peak: count(one.peak, lang), peakAt: date(one.peakAt), trough: count(one.trough, lang), troughAt: date(one.troughAt), fall: percent(one.fall, lang, 0) }),
  ]);
}

function firmsOf(c: Context, policy: number, one: One): HTMLElement {
  const { lang } = c.state;
  const title = c.say("simFirmsTitle", { name: one.name, policy: policyName(c, policy) });
  const { moments } = simOf(c);
  // The second of two names side by side would lie upon the first.
  const apart = one.troughAt - one.peakAt > (moments[moments.length - 1] - moments[0]) / 3;
  const marked = Number.isFinite(one.peak) && one.fall >= FEW ? [{ at: one.peakAt, name: c.say("simPeakIs", { n: count(one.peak, lang) }) }, { at: one.troughAt, name: apart ? c.say("simTroughIs", { n: count(one.trough, lang) }) : "" }] : [];
  return through(c, "sim-firms", title, told(c, one), one.firms, (value) => (Number.isFinite(value) ? count(value, lang) : "–"), c.say("simFirmsName"), marked);
}

function shareOf(c: Context, policy: number, one: One): HTMLElement {
  const { lang } = c.state;
  const title = c.say("simShareTitle", { name: one.name, policy: policyName(c, policy) });
  return through(c, "sim-share", title, title, one.shares, (value) => percent(value, lang, value < 0.1 ? 2 : 1), c.say("simShareOfOutput"), []);
}

/** A number of one industry through time. */
function through(c: Context, name: string, title: string, describe: string, values: number[], write: (value: number) => string, what: string, marked: { at: number; name: string }[]): HTMLElement {
  const s = simOf(c);
  const columns: Column<number>[] = [
    { title: c.say("year"), cell: (moment) => when(c, s.moments[moment]), raw: (moment) => s.moments[moment], heading: true },
    { title: what, cell: (moment) => write(values[moment]), raw: (moment) => full(values[moment]), numeric: true },
  ];
  const rows = s.moments.map((_, i) => i).filter((i) => Number.isFinite(values[i]));
  return figure({
    name,
    data: { table: "simulate_industries" },
    text: simFigure(c, title, describe, run(c)),
    draw: (width, theme) =>
      drawPlot(
        {
          places: s.moments,
          marks: [],
          yName: what,
          spans: marked.map(({ at, name: text }) => ({ from: at, to: at, fill: theme.rule, name: text })),
          lines: [{ points: rows.map((i): [number, number] => [s.moments[i], values[i]]), colour: theme.accent, wide: 2.5 }],
          xLabel: wholeYear,
          yLabel: (value) => (name === "sim-share" ? `${c.tick(Number((value * 100).toPrecision(9)))}%` : c.tick(value)),
          tip: (i) => (Number.isFinite(values[i]) ? [when(c, s.moments[i]), `${what}: ${write(values[i])}`] : [when(c, s.moments[i])]),
        },
        width,
        theme,
        0.5,
      ),
    table: () => table(columns, rows, simTable(c, title)),
  });
}

function everyOne(c: Context, policy: number, found: One[]): HTMLElement {
  const { industries } = simOf(c);
  const title = c.say("simIndustriesTable", { policy: policyName(c, policy) });
  const order = [...found].sort((a, b) => known(last(b.shares)) - known(last(a.shares)));
  return h("div", {}, h("h3", {}, title), table(columnsOf(c), order, simTable(c, title, { table: "simulate_industries" }), 40), h("p", { class: "note" }, c.joined([run(c), industries.inAll > industries.names.length && c.say("simIndustriesSome", { n: industries.names.length, all: industries.inAll })])));
}
