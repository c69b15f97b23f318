/** Every claim of the study, tried on all versions of the index: where it holds, and what breaks it. */

import type { Context } from "../context";
import { figure } from "../charts";
import { curve, MOST_ROWS } from "../curve";
import { h, table, type Column } from "../dom";
import { extent } from "../findings";
import { capital, count, percent, significant, signed } from "../format";
import { uneven } from "../layout";
import type { Breaker, Claim } from "../payload";


export function claims(c: Context): HTMLElement {
  return h(
    "section",
    { id: "claims", "aria-labelledby": "claims-title" },
    h("h2", { id: "claims-title" }, c.say("claims")),
    h("p", {}, c.say("claimsIntro")),
    c.report.claims.map((claim, at) => card(c, claim, at)),
  );
}

const called = (c: Context, claim: Claim): string => capital(claim.title[c.state.lang]);

function card(c: Context, claim: Claim, at: number): HTMLElement {
  const { lang } = c.state;
  // Shares are of the versions that can be judged.
  const n = Math.round(c.report.sureness!.independent * claim.shareDefined);
  const joint = lang === "zh" ? "" : " ";
  const said = [
    c.say("claimHolds", { share: percent(claim.share ?? NaN, lang), n: count(n, lang) }),
    c.say(claim.nominal === null ? "claimNominalNone" : claim.nominal ? "claimNominalHolds" : "claimNominalFails"),
    claim.shareDefined < 1 ? c.say("claimDefined", { share: percent(1 - claim.shareDefined, lang) }) : "",
  ];
  return h(
    "article",
    { class: "claim" },
    h("h3", {}, `${at + 1}. ${called(c, claim)}`),
    gauge(c, claim),
    h("p", { class: "standing" }, said.filter(Boolean).join(joint)),
    claim.curve.margins.length ? specifications(c, claim, at, n) : null,
    claim.breakers.length ? breakers(c, claim) : null,
  );
}

/** The share of versions in which the claim holds, as a length. */
function gauge(c: Context, claim: Claim): HTMLElement {
  const share = claim.share ?? NaN;
  const shown = percent(share, c.state.lang);
  return h(
    "div",
    { class: "gauge", role: "img", "aria-label": shown },
    h("span", { class: "share" }, shown),
    h("span", { class: "track" }, h("span", { class: "held", style: `width: ${Number.isFinite(share) ? share * 100 : 0}%` })),
  );
}

function specifications(c: Context, claim: Claim, at: number, n: number): HTMLElement {
  const { lang } = c.state;
  const { margins } = claim.curve;
  const [low, high] = extent(margins);
  const omitted = c.report.sureness!.factors.filter((one) => one.versions.length > MOST_ROWS).map((one) => one.title[lang]);
  const describe = c.say("curveDescribe", {
    n: count(n, lang),
    low: significant(low, 3, lang),
    high: significant(high, 3, lang),
    share: percent(claim.share ?? NaN, lang),
  });
  return figure({
    name: `claim-${at + 1}`,
    text: c.figure(
      `${c.say("curveTitle")}${lang === "zh" ? "：" : ": "}${called(c, claim)}`,
      describe,
      [
        c.say(claim.strict ? "curveNote" : "curveNoteFrom", { n: count(margins.length, lang), all: count(n, lang) }),
        uneven(margins) ? c.say("curveLog") : "",
        omitted.length ? c.say("curveOmits", { choices: c.listed(omitted) }) : "",
      ]
        .filter(Boolean)
        .join(lang === "zh" ? "" : " "),
    ),
    draw: (width, theme) => curve(c, claim, width, theme),
    table: () => versions(c, claim),
  });
}

/** The versions of the curve as a table: margin, verdict, what each choice was. */
function versions(c: Context, claim: Claim): HTMLElement {
  const { lang } = c.state;
  const { margins, holds, picks } = claim.curve;
  const factors = c.report.sureness!.factors;
  const columns: Column<number>[] = [
    { title: c.say("margin"), cell: (i) => significant(margins[i], 3, lang), value: (i) => margins[i], numeric: true },
    { title: c.say("verdict"), cell: (i) => c.say(holds[i] ? "holds" : "fails"), value: (i) => holds[i] },
    ...factors.flatMap((factor, f) => {
      if (!factor.versions.length) return [];
      const name = (i: number) => factor.versions[picks[i * factors.length + f]]?.[lang] ?? "";
      return [{ title: capital(factor.title[lang]), cell: name, value: name }];
    }),
  ];
  return table(columns, [...margins.keys()], c.table(called(c, claim)), 30);
}

function breakers(c: Context, claim: Claim): HTMLElement {
  const { lang } = c.state;
  const factor = (one: Breaker) => capital(c.report.sureness!.factors[one.factor].title[lang]);
  const number = (value: number | null) => value ?? NaN;
  // Differences lie between −1 and 1; options that no version can judge come last.
  const order = [...claim.breakers].sort((a, b) => (a.difference ?? 2) - (b.difference ?? 2));
  const alone = (one: Breaker) => c.say(one.alone === null ? "cannotSay" : one.alone ? "holds" : "fails");
  const columns: Column<Breaker>[] = [
    { title: c.say("choice"), cell: factor, value: factor },
    { title: c.say("option"), cell: (one) => one.version[lang], value: (one) => one.version[lang], heading: true },
    { title: c.say("breakDraws"), cell: (one) => count(one.draws, lang), value: (one) => one.draws, numeric: true, descending: true },
    { title: c.say("breakShare"), cell: (one) => percent(number(one.share), lang), value: (one) => number(one.share), numeric: true },
    {
      title: c.say("breakDifference"),
      cell: (one) => h("span", { class: number(one.difference) > 0 ? "up" : number(one.difference) < 0 ? "down" : null }, signed(number(one.difference) * 100, 1, lang)),
      value: (one) => number(one.difference),
      numeric: true,
    },
    {
      title: c.say("breakAlone"),
      cell: (one) => h("span", { class: one.alone === null ? null : one.alone ? "up" : "down" }, alone(one)),
      value: alone,
    },
  ];
  return h(
    "div",
    { class: "breakers" },
    h("h4", {}, c.say("breakersTitle")),
    h("p", {}, sentence(c, claim, order)),
    table(columns, order, c.table(`${c.say("breakersTitle")}${lang === "zh" ? "：" : ": "}${called(c, claim)}`), 12),
  );
}

function sentence(c: Context, claim: Claim, order: Breaker[]): string {
  const { lang } = c.state;
  const factors = c.report.sureness!.factors;
  const named = (one: Breaker) => {
    const [version, choice] = [one.version[lang], factors[one.factor].title[lang]];
    return lang === "zh" ? `${version}（${choice}）` : `${version} (${choice})`;
  };
  const said = [];
  const worst = order[0];
  if (worst.difference !== null && worst.difference < 0) {
    const blanks = { version: worst.version[lang], choice: factors[worst.factor].title[lang], share: percent(worst.share ?? NaN, lang) };
    said.push(c.say("breakersWorst", blanks));
  }
  if (claim.nominal !== null) {
    const turned = order.filter((one) => one.alone === !claim.nominal);
    const list = c.listed((claim.nominal ? turned : turned.reverse()).map(named), 6);
    if (claim.nominal) said.push(turned.length ? c.say("breakersAlone", { list }) : c.say("breakersAloneNone"));
    else said.push(turned.length ? c.say("breakersRepair", { list }) : c.say("breakersRepairNone"));
    const lost = order.filter((one) => one.alone === null);
    if (lost.length) said.push(c.say("breakersUndefined", { list: c.listed(lost.map(named), 6) }));
  }
  return said.join(lang === "zh" ? "" : " ");
}
