/** What the audit found, told where it matters: at the head of the views that it concerns. */

import type { Context } from "./context";
import { h } from "./dom";
import { capital } from "./format";
import type { Finding, Report, Severity } from "./payload";
import type { View } from "./views";

// More would stand before what the reader came for.
const MOST = 2;
const ORDER: Severity[] = ["serious", "worth-knowing"];

interface Told extends Finding {
  pitfall: number;
}

/** Findings that something is to be known about, the gravest first; of one kind only the first. */
export function findingsOf(r: Report, codes?: string[]): Told[] {
  const all = r.audit.flatMap(({ pitfall, findings }) => findings.map((finding) => ({ ...finding, pitfall })));
  const some = all.filter(({ severity, code }) => severity !== "fine" && (!codes || codes.includes(code)));
  const first = some.filter(({ code, severity }, at) => some.findIndex((other) => other.code === code && other.severity === severity) === at);
  return ORDER.flatMap((severity) => first.filter((one) => one.severity === severity));
}

export const auditPlace = (pitfall: number): string => `pitfall-${pitfall}`;

/** The findings that concern a view, the gravest in words, with the way to the audit; null where there are none. */
export function concerning(c: Context, view: View): HTMLElement | null {
  const found = view.concerns ? findingsOf(c.report, view.concerns) : [];
  if (!found.length) return null;
  const { lang } = c.state;
  const shown = found.slice(0, MOST);
  const rest = found.length - shown.length;
  const lines = shown.map((one) => {
    const more = c.link("audit", one.title[lang], {}, auditPlace(one.pitfall));
    return h("li", { class: `severity ${one.severity}` }, h("span", {}, more, c.state.lang === "zh" ? "：" : ": ", capital(one.said[lang])));
  });
  const others = rest ? h("p", {}, c.link("audit", c.say("concernsMore", { n: rest }))) : null;
  return h("div", { class: "concerns", role: "note", "aria-label": c.say("concerns") }, h("ul", {}, lines), others);
}
