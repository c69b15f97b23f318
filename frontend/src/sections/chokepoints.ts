/** Choke points: what a region gets mostly from elsewhere, and of few sources. */

import type { Context } from "../context";
import { pick, placeIn } from "../chooser";
import { dots, figure, tooltip, widthOf, type Drawing } from "../charts";
import { shade, type Theme } from "../colour";
import type { ChokePoint, DependencyBlock, DependentRegion } from "../dependency";
import { h, table, type Column } from "../dom";
import { count, fixed, percent, significant, signed } from "../format";
import { key } from "../key";
import { beside, cut } from "../labels";
import { drawRows } from "../rows";

const MOST_WORST = 15;
const MOST_NAMED = 12;

const known = (value: number | null): number => value ?? NaN;

export function chokepoints(c: Context): HTMLElement {
  const blocks = c.report.structure!.dependency;
  return h(
    "section",
    { id: "chokepoints", "aria-labelledby": "chokepoints-title" },
    h("h2", { id: "chokepoints-title" }, c.say("chokepoints")),
    h("p", {}, c.say("chokepointsIntro")),
    pick(c, "chokepoints-block", c.say("dependencyOf"), blocks.map(({ title }) => title[c.state.lang]), (at) => block(c, blocks[at])),
  );
}

function block(c: Context, found: DependencyBlock): (HTMLElement | null)[] {
  return [
    found.regions.length > 1 ? overview(c, found) : null,
    found.regions.length > 1 ? h("h3", { class: "part" }, c.say("fusionRegion")) : null,
    c.store.live(["place"], () => {
      const at = chosen(c, found);
      return [chooser(c, found, at), h("p", { class: "standing", "aria-live": "polite" }, words(c, found, at)), ...region(c, found, at)];
    }),
  ];
}

/** The region that the page looks at or, where these data do not have it, the one with most choke points. */
function chosen(c: Context, found: DependencyBlock): number {
  const at = placeIn(c, found.regions.map(({ code }) => code));
  return at >= 0 ? at : found.regions.reduce((held, one, i) => (one.chokes > found.regions[held].chokes ? i : held), 0);
}

function chooser(c: Context, found: DependencyBlock, at: number): HTMLElement | null {
  if (found.regions.length < 2) return null;
  const select = h("select", { id: "chokepoints-region" }, found.regions.map((one, i) => h("option", { value: i, selected: i === at }, one.name[c.state.lang])));
  select.addEventListener("change", () => {
    look(c, found.regions[Number(select.value)]);
    document.getElementById("chokepoints-region")?.focus();
  });
  return h("div", { class: "slider" }, h("span", { class: "choice" }, h("label", { for: "chokepoints-region" }, c.say("region")), select));
}

function look(c: Context, { code }: DependentRegion): void {
  const place = c.report.places.findIndex((one) => one.code === code);
  if (place >= 0) c.store.set({ place });
}

const last = (found: DependencyBlock): string => found.periods[found.periods.length - 1];
const share = (c: Context, value: number | null): string => percent(known(value), c.state.lang);
const limits = (c: Context, found: DependencyBlock) => ({ dependency: percent(found.thresholds[0], c.state.lang, 0), hhi: fixed(found.thresholds[1], 2, c.state.lang) });

function overview(c: Context, found: DependencyBlock): HTMLElement {
  const { lang } = c.state;
  type Row = DependentRegion;
  const rows = [...found.regions].sort((a, b) => (b.inChokes ?? -1) - (a.inChokes ?? -1) || b.chokes - a.chokes);
  const shown = rows.slice(0, 40);
  const title = c.say("dependentTitle", { what: found.title[lang], period: last(found) });
  const name = (row: Row) => row.name[lang];
  const several = found.periods.length > 1;
  const number = (head: string, of: (row: Row) => number | null, write: (value: number) => string): Column<Row> => ({ title: head, cell: (row) => write(known(of(row))), value: (row) => known(of(row)), numeric: true, descending: true });
  const columns: Column<Row>[] = [
    { title: c.say("region"), cell: name, value: name, heading: true },
    number(c.say("chokes"), (row) => row.chokes, (v) => count(v, lang)),
    ...(several ? [number(c.say("chokesIn", { period: found.periods[0] }), (row) => row.chokesByPeriod[0], (v) => fixed(v, 0, lang))] : []),
    number(c.say("goods"), (row) => row.goods, (v) => count(v, lang)),
    number(c.say("inChokes"), (row) => row.inChokes, (v) => percent(v, lang)),
    number(c.say("dependency"), (row) => row.dependency, (v) => percent(v, lang)),
    number(withUnit(c.say("supply"), found), (row) => row.total, (v) => significant(v, 4, lang)),
  ];
  const leaders = c.listed(rows.slice(0, 3).map((row) => `${name(row)} ${percent(known(row.inChokes), lang)}`), 3);
  return figure({
    name: "dependent",
    text: c.figure(title, c.say("dependentDescribe", { leaders }), c.say("dependentNote"), [found.file]),
    draw: (width, theme) =>
      drawRows(
        {
          rows: shown.map((row) => ({ name: name(row), value: known(row.inChokes), tick: known(row.dependency) })),
          kind: "bar",
          marks: { value: c.say("inChokes"), tick: c.say("dependency") },
          tickLabel: (value) => percent(value, lang, 0),
          tip: (i) => [name(shown[i]), ...columns.slice(1).map(({ title: head, cell }) => `${head}: ${String(cell(shown[i]))}`)],
        },
        width,
        theme,
      ),
    table: () => table(columns, rows, c.table(title), 40),
    click: (i) => look(c, shown[i]),
  });
}

const withUnit = (head: string, { unit }: DependencyBlock): string => (unit ? `${head} (${unit})` : head);
const pointsOf = (found: DependencyBlock, at: number): ChokePoint[] => found.points.filter((point) => point.region === at);
const goodOf = (c: Context, found: DependencyBlock, point: ChokePoint): string => found.goods[point.good].name[c.state.lang];
const sourceOf = (c: Context, found: DependencyBlock, point: ChokePoint): string => (point.topSource === null ? "–" : found.sources[point.topSource].name[c.state.lang]);

function words(c: Context, found: DependencyBlock, at: number): string {
  const { lang } = c.state;
  const one = found.regions[at];
  const worst = pointsOf(found, at).find((point) => point.rank === 1);
  const before = one.chokesByPeriod[0];
  const blanks = { region: one.name[lang], what: found.title[lang], period: last(found), n: count(one.chokes, lang), all: count(one.goods, lang), share: share(c, one.inChokes), ...limits(c, found) };
  return c.joined([
    c.say(one.chokes ? "chokesSome" : "chokesNone", blanks),
    one.chokesByPeriod.length > 1 && c.say("chokesWere", { first: found.periods[0], n: count(before, lang) }),
    worst && c.say("chokeWorst", { good: goodOf(c, found, worst), dependency: share(c, worst.dependency), top: share(c, worst.topShare), source: sourceOf(c, found, worst), exposure: share(c, worst.exposure) }),
    !one.domestic && c.say("domesticUnknown"),
  ]);
}

/** What a block says in the headline: of its only region, or of the one with most choke points. */
export function dependencyLead(c: Context, found: DependencyBlock): string {
  return found.regions.length ? words(c, found, chosen(c, found)) : "";
}

function region(c: Context, found: DependencyBlock, at: number): (HTMLElement | null)[] {
  const points = pointsOf(found, at);
  if (!points.length) return [h("p", { class: "note" }, c.say("chokeNothing"))];
  const placed = points.filter((point) => point.dependency !== null && point.hhi !== null);
  const worst = points.filter((point) => point.rank !== null).sort((a, b) => a.rank! - b.rank!);
  return [placed.length ? scatter(c, found, at, placed, points) : null, worst.length ? ranked(c, found, at, worst, points) : null];
}

function columns(c: Context, found: DependencyBlock): Column<ChokePoint>[] {
  const { lang } = c.state;
  const part = (head: string, of: (point: ChokePoint) => number | null): Column<ChokePoint> => ({ title: head, cell: (point) => share(c, of(point)), value: (point) => known(of(point)), numeric: true, descending: true });
  const several = found.periods.length > 1;
  return [
    { title: c.say("good"), cell: (point) => goodOf(c, found, point), value: (point) => goodOf(c, found, point), heading: true },
    { title: c.say("chokePoint"), cell: (point) => c.say(point.choke ? "yes" : "no"), value: (point) => point.rank ?? 1e9 },
    part(c.say("dependency"), (point) => point.dependency),
    { title: c.say("hhi"), cell: (point) => fixed(known(point.hhi), 3, lang), value: (point) => known(point.hhi), numeric: true, descending: true },
    { title: c.say("equalSources"), cell: (point) => fixed(known(point.sources), 1, lang), value: (point) => known(point.sources), numeric: true },
    { title: c.say("topSource"), cell: (point) => sourceOf(c, found, point), value: (point) => sourceOf(c, found, point) },
    part(c.say("topShare"), (point) => point.topShare),
    part(c.say("exposure"), (point) => point.exposure),
    ...(several ? [{ title: c.say("substitution", { first: found.periods[0] }), cell: (point: ChokePoint) => signed(known(point.substitution) * 100, 1, lang), value: (point: ChokePoint) => known(point.substitution), numeric: true, descending: true }] : []),
    { title: withUnit(c.say("supply"), found), cell: (point) => significant(point.total, 4, lang), value: (point) => point.total, numeric: true, descending: true },
  ];
}

const tip = (heads: Column<ChokePoint>[], point: ChokePoint): string[] => heads.map(({ title, cell }, i) => (i ? `${title}: ${String(cell(point))}` : String(cell(point))));

function scatter(c: Context, found: DependencyBlock, at: number, placed: ChokePoint[], points: ChokePoint[]): HTMLElement {
  const heads = columns(c, found);
  const title = c.say("chokeTitle", { region: found.regions[at].name[c.state.lang], what: found.title[c.state.lang], period: last(found) });
  const worst = placed.filter((point) => point.choke);
  const all = found.regions[at].goods;
  const note = c.joined([c.say("chokeNote", limits(c, found)), !found.all && points.length < all && c.say("chokeHeld", { n: points.length, all: count(all, c.state.lang) })]);
  return figure({
    name: "chokepoints",
    text: c.figure(title, c.say("chokeDescribe", { n: worst.length, names: c.listed(worst.slice(0, 3).map((point) => goodOf(c, found, point)), 3) }), note, [found.file]),
    draw: (width, theme) => drawScatter(c, found, placed, heads, width, theme),
    table: () => table(heads, points, c.table(title), 40),
  });
}

function drawScatter(c: Context, found: DependencyBlock, placed: ChokePoint[], heads: Column<ChokePoint>[], width: number, theme: Theme): Drawing {
  const { lang } = c.state;
  const most = Math.max(...placed.map(({ total }) => total), 1e-12);
  const largest = Math.max(14, Math.min(40, width / 20));
  const round = (point: ChokePoint) => 5 + largest * Math.sqrt(point.total / most);
  // The largest first, so that no small one is hidden.
  const order = [...placed].sort((a, b) => b.total - a.total);
  const groups = [
    { name: c.say("noChoke"), points: order.filter((point) => !point.choke), fill: shade([theme.ground, theme.accent], 0.5), line: theme.accent },
    { name: c.say("chokePoint"), points: order.filter((point) => point.choke), fill: theme.mark, line: theme.ground },
  ];
  const signs = key(
    [...groups.map(({ name, fill }) => ({ name, shape: "dot" as const, colour: fill })), { name: c.say("thresholds"), shape: "dash" as const, colour: theme.ink }],
    width,
    theme,
  );
  const left = widthOf("0.0", 12) + 38;
  const height = signs.height + Math.round(Math.min(520, Math.max(360, width * 0.6)));
  const room = { left, right: width - 18, top: signs.height + 12, bottom: height - 50 };
  const x = (value: number) => room.left + value * (room.right - room.left);
  const y = (value: number) => room.bottom - value * (room.bottom - room.top);
  const narrow = width < 560;
  const spots = groups[1].points
    .filter((point) => point.rank !== null)
    .sort((a, b) => a.rank! - b.rank!)
    .map((point) => ({ name: cut(goodOf(c, found, point), narrow ? 120 : 220), x: x(known(point.dependency)), y: y(known(point.hhi)), r: round(point) / 2 }));
  const [dependency, hhi] = found.thresholds;
  const dash = (x1: number, y1: number, x2: number, y2: number) => ({ type: "line", silent: true, z: 1, shape: { x1, y1, x2, y2 }, style: { stroke: theme.ink, lineWidth: 1, lineDash: [4, 3] } });
  const axis = { type: "value" as const, min: 0, max: 1, interval: 0.2, splitLine: { lineStyle: { color: theme.rule } }, axisLine: { show: false }, axisTick: { show: false }, nameTextStyle: { color: theme.muted, fontSize: 12 }, nameLocation: "middle" as const };
  const label = { color: theme.muted, fontSize: 12 };
  return {
    height,
    option: {
      graphic: [
        ...signs.graphic,
        { type: "rect", silent: true, z: 0, shape: { x: x(dependency), y: room.top, width: room.right - x(dependency), height: y(hhi) - room.top }, style: { fill: theme.mark, opacity: 0.07 } },
        dash(x(dependency), room.top, x(dependency), room.bottom),
        dash(room.left, y(hhi), room.right, y(hhi)),
        ...beside(spots, room, MOST_NAMED, theme),
      ] as never,
      grid: { left, right: 18, top: signs.height + 12, bottom: 50 },
      xAxis: { ...axis, name: c.say("dependency"), nameGap: 32, axisLabel: { ...label, formatter: (v: number) => percent(v, lang, 0) } },
      yAxis: { ...axis, name: c.say("hhi"), nameGap: left - 16, axisLabel: { ...label, formatter: (v: number) => c.tick(v) } },
      tooltip: tooltip(theme, (i, series) => tip(heads, groups[series].points[i])),
      series: groups.map(({ points, fill, line }) => dots(points.map((point) => ({ x: point.dependency, y: point.hhi, r: round(point) / 2 })), { fill, stroke: line, opacity: 0.85 })),
    } as Drawing["option"],
  };
}

function ranked(c: Context, found: DependencyBlock, at: number, worst: ChokePoint[], points: ChokePoint[]): HTMLElement {
  const { lang } = c.state;
  const heads = columns(c, found);
  const shown = worst.slice(0, MOST_WORST);
  const several = found.periods.length > 1;
  const title = c.say("worstTitle", { region: found.regions[at].name[lang], what: found.title[lang], period: last(found) });
  const name = (point: ChokePoint) => `${goodOf(c, found, point)} · ${sourceOf(c, found, point)}`;
  const note = c.joined([c.say("worstNote"), several && c.say("worstBefore", { first: found.periods[0] })]);
  return figure({
    name: "worst",
    text: c.figure(title, c.say("worstDescribe", { names: c.listed(shown.slice(0, 3).map(name), 3) }), note, [found.file]),
    draw: (width, theme) =>
      drawRows(
        {
          rows: shown.map((point) => ({ name: name(point), value: known(point.exposure), tick: several ? known(point.byPeriod[0][2]) : undefined })),
          kind: "bar",
          marks: { value: c.say("exposure"), tick: several ? c.say("exposureIn", { period: found.periods[0] }) : undefined },
          axis: { min: 0, max: 1, step: 0.2 },
          tickLabel: (value) => percent(value, lang, 0),
          tip: (i) => tip(heads, shown[i]),
        },
        width,
        theme,
      ),
    table: () => table(heads, points.filter((point) => point.choke), c.table(title), 40),
  });
}
