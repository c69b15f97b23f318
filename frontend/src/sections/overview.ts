/** The study at one sight: what was measured, what the data itself says, one picture, and the ways further. */

import { auditPlace, findingsOf } from "../concerns";
import type { Context } from "../context";
import { h } from "../dom";
import { children, elementNode, indicatorsPresent, ranking, riser, scoredYears, top, totals, unscored, median } from "../findings";
import { count, fixed, percent, significant } from "../format";
import { HIGH, LOW } from "../payload";
import type { Simulation } from "../simulation";
import { firm, rankedRegions, type Space } from "../space";
import { GROUPS, OVERVIEW, type View } from "../views";
import { dependencyLead } from "./chokepoints";
import { digitalLead } from "./digital";
import { emergenceLead } from "./emergence";
import { ladderLead } from "./ladder";
import { recordedLead } from "./recorded";
import { claimsLead } from "./simclaims";
import { simulationLead } from "./simfutures";
import { named } from "./space";

// The share of versions from which a claim is said to hold whatever the choices.
const ROBUST = 0.9;

// The views whose first figure may stand for the study, the most telling first.
const PICTURES = ["map", "ranking", "ladder", "complexity", "space", "fusion", "emergence", "chokepoints", "digital", "records", "simfutures"];

export function overview(c: Context, all: View[], whole: boolean): HTMLElement {
  const { report: r, state } = c;
  const known = r.index ? facts(c) : r.structure?.spaces.length ? factsOfLinks(c) : r.simulation ? factsOfWorlds(c, r.simulation) : [];
  // Worlds that stand alone may have grown from what was made up.
  const fictional = r.fictional || (!r.index && !r.structure && !!r.simulation?.experiment.fictional);
  return h(
    "section",
    { id: OVERVIEW, class: "overview", "aria-labelledby": "overview-title" },
    fictional ? h("p", { class: "banner", role: "note" }, c.say("fictional")) : null,
    h("h1", { id: "overview-title" }, r.title[state.lang]),
    r.note ? h("p", { class: "measured" }, r.note[state.lang]) : null,
    r.index ? h("p", { class: "measured" }, measured(c, r.index[state.lang])) : null,
    known.length > 0 && h(
      "dl",
      { class: "facts" },
      known.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
    ),
    // The whole report has pictures and the audit further down.
    whole ? said(c) : [glance(c, all), ways(c, all)],
  );
}

const said = (c: Context): HTMLElement => h("div", { class: "findings" }, sentences(c).filter(Boolean).map((sentence) => h("p", {}, sentence)));

/** Words and one picture, side by side where the picture may be small. */
function glance(c: Context, all: View[]): HTMLElement {
  const [id, figure] = picture(c, all);
  const words = h("div", {}, said(c), gravest(c));
  return h("div", { class: id === "map" || id === "ranking" ? "glance" : null }, h("h2", { class: "unseen" }, c.say("glance")), words, figure && h("div", { class: "cover" }, figure));
}

/** The gravest finding of the audit in one line. */
function gravest(c: Context): HTMLElement | null {
  const [worst] = findingsOf(c.report);
  if (!worst) return null;
  const { lang } = c.state;
  const title = c.link("audit", worst.title[lang], {}, auditPlace(worst.pitfall));
  return h("p", { class: `gravest severity ${worst.severity}` }, h("span", {}, c.say("auditWorst"), lang === "zh" ? "：" : ": ", title, lang === "zh" ? "。" : ". ", c.link("audit", c.say("auditAll"))));
}

/** One figure: that of the first of the telling views that the run has. */
function picture(c: Context, all: View[]): [string, Element] | [] {
  const { report: r } = c;
  const placed = r.shapes !== null || r.regions.some(({ tile }) => tile);
  for (const id of PICTURES) {
    if (id === "map" && !placed) continue;
    const view = all.find((one) => one.id === id);
    const figure = view?.make(c).querySelector("figure");
    if (figure) return [id, figure];
  }
  return [];
}

/** The way into every group of views. */
function ways(c: Context, all: View[]): HTMLElement {
  const groups = GROUPS.map((group) => ({ ...group, own: all.filter((view) => view.group === group.id) })).filter(({ own }) => own.length);
  return h(
    "div",
    { class: "ways" },
    groups.map(({ word, about, own }) =>
      h(
        "div",
        {},
        h("h2", {}, c.link(own[0].id, c.say(word))),
        h("p", {}, c.say(about)),
        h("ul", {}, own.map(({ id, word: name }) => h("li", {}, c.link(id, c.say(name))))),
      ),
    ),
  );
}

function measured(c: Context, index: string): string {
  const { report: r } = c;
  const elements = children(r, elementNode(r, top(r))).map((node) => c.node(node));
  return c.say("measuredText", { index, elements: elements.join(c.state.lang === "zh" ? "、" : ", ") });
}

function sentences(c: Context): string[] {
  const index = c.report.index ? [lead(c), sure(c), rise(c), claimed(c), missing(c)] : [];
  const { spaces = [], emergence = [], dependency = [], ladder = [], digital, records = [] } = c.report.structure ?? {};
  return [...index, ...spaces.map((space) => spaceLead(c, space)), ...(digital ? [digitalLead(c, digital)] : []), ...emergence.map((block) => emergenceLead(c, block)), ...dependency.map((block) => dependencyLead(c, block)), ...records.map((block) => recordedLead(c, block)), ...ladder.map((block) => ladderLead(c, block)), ...simulated(c)];
}

/** What worlds were grown, and what the claims came to in them. */
function simulated(c: Context): string[] {
  const found = c.report.simulation;
  if (!found) return [];
  return [found.series.length && found.moments.length ? simulationLead(c) : "", claimsLead(c) ?? ""];
}

function facts(c: Context): [string, string][] {
  const { report: r, state } = c;
  const all = totals(r);
  const years = r.years.length > 1 ? `${r.years[0]}–${r.years[r.years.length - 1]}` : String(r.years[0]);
  return [
    [c.say("factYears"), years],
    [c.say("factRegions"), count(r.regions.length, state.lang)],
    [c.say("factIndicators"), count(r.indicators, state.lang)],
    [c.say("factObserved"), percent(all.observed / all.cells, state.lang)],
  ];
}

function factsOfLinks(c: Context): [string, string][] {
  const { lang } = c.state;
  const spaces = c.report.structure!.spaces;
  const each = (of: (space: Space) => string) => [...new Set(spaces.map(of))].join(" · ");
  const several: [string, string][] = spaces.some((space) => space.periods.length > 1)
    ? [[c.say("factPeriods"), each(({ periods }) => `${periods[0]} … ${periods[periods.length - 1]}`)]]
    : [];
  return [
    ...several,
    [c.say("factRegions"), each(({ regions }) => count(regions.length, lang))],
    [c.say("factActivities"), each(({ activities }) => count(activities.length, lang))],
  ];
}

function factsOfWorlds(c: Context, { experiment, regions, policies }: Simulation): [string, string][] {
  const { lang } = c.state;
  return [
    [c.say("factYears"), experiment.years.join("–")],
    [c.say("factRegions"), count(regions.length, lang)],
    [c.say("factFirms"), count(experiment.firms, lang)],
    [c.say("factPolicies"), count(policies.length, lang)],
    [c.say("factRuns"), count(experiment.runs, lang)],
  ];
}

/** How large a space is, and who stands first in it. */
function spaceLead(c: Context, space: Space): string {
  const { lang } = c.state;
  const order = rankedRegions(space, space.periods.length - 1);
  const blanks = { what: named(c, space), regions: count(space.regions.length, lang), activities: count(space.activities.length, lang) };
  if (!order.length) return c.say("leadSpacePlain", blanks);
  if (!firm(space)) return c.say("leadSpaceUnsure", { ...blanks, rho: fixed(space.told[space.told.length - 1].stable ?? NaN, 2, lang) });
  const names = order.slice(0, 3).map((at) => c.regionOf(space.regions[at]));
  return c.say("leadSpace", { ...blanks, leaders: names.join(lang === "zh" ? "、" : ", ") });
}

/** The last year that has scores: the headline stays with it whatever year the reader looks at below. */
function lastYear(c: Context): number {
  const years = scoredYears(c.report, top(c.report));
  return years[years.length - 1] ?? c.report.years.length - 1;
}

function lead(c: Context): string {
  const last = lastYear(c);
  const element = top(c.report);
  const places = ranking(c.report, last, element);
  const year = c.year(last);
  if (!places.length) return c.say("leadNone", { year });
  const first = places.filter((place) => place.rank === 1);
  const score = c.score(places[0].score, element);
  if (places.length === 1) return c.say("leadAlone", { leader: c.region(places[0].region), year, score });
  if (first.length > 1) {
    return c.say("leadTie", { leaders: c.listed(first.map((place) => c.region(place.region))), year, score });
  }
  const gap = places[0].score - places[1].score;
  const asShown = c.score(gap, element);
  return c.say("lead", {
    leader: c.region(places[0].region),
    year,
    score,
    second: c.region(places[1].region),
    secondScore: c.score(places[1].score, element),
    gap: /[1-9]/.test(asShown) ? asShown : significant(gap, 2, c.state.lang),
  });
}

/** Between which ranks the leader stands over all versions, where the index was varied. */
function sure(c: Context): string {
  const { report: r, state } = c;
  const found = r.sureness;
  if (!found) return "";
  const last = lastYear(c);
  const said = ranking(r, last, top(r))
    .filter((place) => place.rank === 1)
    .slice(0, 3)
    .map(({ region }) => {
      const [low, high] = [LOW, HIGH].map((what) => fixed(found.ranks.at(region, last, what), 0, state.lang));
      return c.say(low === high ? "leadSureSame" : "leadSure", {
        n: count(found.independent, state.lang),
        level: percent(found.level, state.lang, 0),
        leader: c.region(region),
        year: c.year(last),
        low,
        high,
      });
    });
  return said.join(state.lang === "zh" ? "" : " ");
}

/** How many of the study's claims hold, as it stands and in most versions. */
function claimed(c: Context): string {
  const { claims } = c.report;
  if (!claims.length) return "";
  if (claims.length === 1) {
    const [{ nominal, share }] = claims;
    if (nominal === null) return "";
    return c.say(nominal ? "leadClaimHolds" : "leadClaimFails", { share: percent(share ?? NaN, c.state.lang) });
  }
  const hold = claims.filter((claim) => claim.nominal).length;
  const robust = claims.filter((claim) => (claim.share ?? 0) >= ROBUST).length;
  return c.say("leadClaims", { n: claims.length, hold, robust });
}

function rise(c: Context): string {
  const { report: r } = c;
  const element = top(r);
  const years = scoredYears(r, element);
  if (years.length < 2) {
    const scores = ranking(r, lastYear(c), element).map((place) => place.score);
    if (!scores.length) return "";
    const [low, middle, high] = [Math.min(...scores), median(scores), Math.max(...scores)];
    return c.say("riseOneYear", {
      year: c.year(lastYear(c)),
      low: c.score(low, element),
      median: c.score(middle, element),
      high: c.score(high, element),
    });
  }
  const [first, last] = [years[0], years[years.length - 1]];
  const period = { first: c.year(first), last: c.year(last) };
  const best = riser(r, element, first, last);
  if (!best) return c.say("riseNone", period);
  const places = { rankFrom: best.rankFrom, rankTo: best.rankTo };
  const kept = best.rankFrom === best.rankTo;
  const sentence = c.say(!c.comparable ? "riseRank" : kept ? "riseKept" : "rise", {
    ...period,
    ...places,
    region: c.region(best.region),
    from: c.score(best.from, element),
    to: c.score(best.to, element),
  });
  const counts = indicatorsPresent(r);
  if (counts[first] === counts[last]) return sentence;
  const uneven = c.say("riseUneven", { ...period, few: counts[first], many: counts[last] });
  return `${sentence}${c.state.lang === "zh" ? "" : " "}${uneven}`;
}

function missing(c: Context): string {
  const { report: r, state } = c;
  const { cells, observed, filled, missing: gaps } = totals(r);
  const part = (n: number) => `${count(n, state.lang)} (${percent(n / cells, state.lang)})`;
  const shown = (n: number) => (state.lang === "zh" ? part(n).replace(" (", "（").replace(")", "）") : part(n));
  const data =
    observed === cells
      ? c.say("missingNone", { cells: fixed(cells, 0, state.lang) })
      : c.say("missing", { cells: count(cells, state.lang), observed: shown(observed), filled: shown(filled), missing: shown(gaps) });
  const last = lastYear(c);
  const absent = unscored(r, last, top(r)).map((region) => c.region(region));
  const more = [
    r.lacking ? c.say("missingIndicators", { n: r.lacking }) : "",
    absent.length ? c.say("missingRegions", { year: c.year(last), regions: c.listed(absent) }) : "",
  ];
  return [data, ...more.filter(Boolean)].join(state.lang === "zh" ? "" : " ");
}
