/** How the scores are spread in every year: a ridge of kernel densities, and what they say. */

import type { Context } from "../context";
import { figure } from "../charts";
import { h, table, type Column } from "../dom";
import { courseOf, drift, visible, WHOLE, type Course, type Density, type Part } from "../dynamics";
import { count, fixed, significant } from "../format";
import { drawRidge } from "../ridge";

const known = (value: number | null | undefined): number => value ?? NaN;

export function distribution(c: Context): HTMLElement {
  const content = c.store.live(["element"], () => {
    const course = courseOf(c.report, c.state.element);
    if (!course) return whole(c);
    const held = course.distribution;
    return [above(c, course), ...(held ? [h("p", { class: "standing", "aria-live": "polite" }, words(c, course, held)), ridge(c, course, held)] : []), said(c, course, "distribution")];
  });
  return h("section", { id: "distribution", "aria-labelledby": "distribution-title" }, h("h2", { id: "distribution-title" }, c.say("distribution")), h("p", {}, c.say("distributionIntro")), content);
}

/** Which element is told of, where the one chosen has no course of its own. */
export function above(c: Context, course: Course): HTMLElement | null {
  return course.element === c.state.element ? null : h("p", { class: "note" }, c.say("courseAbove", { what: c.element(course.element), of: c.element(c.state.element) }));
}

/** What could not be told of a part, and what to mind. */
export function said(c: Context, course: Course, part: Part): HTMLElement | null {
  const points = course.notices[part] ?? [];
  return points.length ? h("ul", { class: "fits" }, points.map((one) => h("li", {}, c.sentence(one)))) : null;
}

/** Why nothing at all is told. */
const whole = (c: Context): HTMLElement[] => (c.report.dynamics?.notices ?? []).map((one) => h("p", { class: "note" }, c.sentence(one)));

function words(c: Context, course: Course, held: Density): string {
  const { lang } = c.state;
  const last = course.years.length - 1;
  const score = (value: number | null) => c.score(known(value), course.element);
  const blanks = { what: c.element(course.element), first: course.years[0], last: course.years[last] };
  const wider = { up: "spreadWider", down: "spreadNarrower", level: "spreadLevel" } as const;
  const peaks = known(held.modes[last]);
  return c.joined([
    c.say("distributionMoved", { ...blanks, was: score(held.median[0]), now: score(held.median[last]), from: score(held.mode[0]), to: score(held.mode[last]) }),
    c.say(wider[drift(held.deviation[0], held.deviation[last])], { was: score(held.deviation[0]), now: score(held.deviation[last]) }),
    c.say(peaks > 1 ? "peaksSeveral" : "peakOne", { n: count(peaks, lang), last: blanks.last }),
  ]);
}

function ridge(c: Context, course: Course, held: Density): HTMLElement {
  const { lang } = c.state;
  const { years, element } = course;
  const points = held.curves.length / years.length;
  const [from, to] = visible(held, years.length);
  const at = (k: number) => held.ends[0] + ((held.ends[1] - held.ends[0]) * k) / (points - 1);
  const curves = years.map((_, i) => Array.from({ length: to - from + 1 }, (_, k) => held.curves[i * points + from + k] / WHOLE));
  const [first, last] = [years[0], years[years.length - 1]];
  const title = c.say("distributionTitle", { what: c.element(element), first, last });
  const score = (of: (number | null)[]) => (i: number) => c.score(known(of[i]), element);
  const number = (head: string, of: (number | null)[], write = score(of)): Column<number> => ({ title: head, cell: write, value: (i) => known(of[i]), numeric: true, descending: true });
  const columns: Column<number>[] = [
    { title: c.say("year"), cell: (i) => String(years[i]), value: (i) => years[i], heading: true },
    number(c.say("mainPeakAt"), held.mode),
    number(c.say("median"), held.median),
    { title: c.say("middleHalf"), cell: (i) => c.say("fromTo", { from: score(held.quarter)(i), to: score(held.threeQuarters)(i) }), ends: c.ends(c.say("middleHalf"), (i) => [held.quarter[i], held.threeQuarters[i]]), numeric: true },
    number(c.say("standardDeviation"), held.deviation),
    number(c.say("peaks"), held.modes, (i) => count(known(held.modes[i]), lang)),
    number(c.say("peakHeight"), held.height, (i) => fixed(known(held.height[i]), 2, lang)),
    number(c.say("mean"), held.mean),
    { title: c.say("lowHigh"), cell: (i) => c.say("fromTo", { from: score(held.low)(i), to: score(held.high)(i) }), ends: c.ends(c.say("lowHigh"), (i) => [held.low[i], held.high[i]]), numeric: true },
    number(c.say("regions"), held.regions, (i) => count(known(held.regions[i]), lang)),
  ];
  return figure({
    name: "distribution",
    data: c.course("distribution", course.element),
    text: c.figure(title, c.say("distributionDescribe", { what: c.element(element), first, last }), c.say("distributionNote", { h: significant(held.bandwidth, 3, lang) })),
    draw: (width, theme) =>
      drawRidge(
        {
          years,
          curves,
          ends: [at(from), at(to)],
          medians: held.median,
          quarters: years.map((_, i) => [held.quarter[i], held.threeQuarters[i]]),
          marks: { density: c.say("kernelDensity"), median: c.say("median"), quarters: c.say("middleHalf") },
          axisName: c.say("scoreOf", { what: c.element(element) }),
          tickLabel: (value) => c.tick(value),
          tip: (i) => columns.slice(0, 6).map(({ title: head, cell }, k) => (k ? `${head}: ${String(cell(i))}` : String(cell(i)))),
        },
        width,
        theme,
      ),
    table: () => table(columns, years.map((_, i) => i), c.table(title)),
  });
}
