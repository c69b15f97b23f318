/** The industry ladder of a region: every industry by its rung through time, and why it stands there. */

import type { Context } from "../context";
import { ladderChoosers, ladderOf, regionIn, regionName } from "../chooser";
import { figure, FONT, widthOf, type Drawing } from "../charts";
import { shade, type Theme } from "../colour";
import { h, table, type Column } from "../dom";
import { capital, count, fixed, percent } from "../format";
import { key } from "../key";
import { cut } from "../labels";
import { counted, dataOf, lastPlaced, seriesIn, type Ladder } from "../ladder";
import { evidence } from "./evidence";
import { pipeline } from "./pipeline";

// Industries of each rung drawn at first, and years over which movers are told.
const [EACH, BACK] = [6, 10];
const [TALL, HEAD, NAME, NARROW] = [17, 26, 15, 560];

export function ladder(c: Context): HTMLElement {
  const content = c.store.live(["place", "ladder"], () => {
    const found = ladderOf(c);
    const at = regionIn(c, found);
    const all = at < 0 ? [] : seriesIn(found, at);
    const last = lastPlaced(found, all);
    if (last < 0) return [h("p", { class: "note" }, at < 0 ? c.say("notInIndustries", { region: c.region(c.state.place), what: found.title[c.state.lang] }) : c.say("nothingPlaced", { what: regionName(c, found, at) }))];
    return [
      h("p", { class: "standing", "aria-live": "polite" }, words(c, found, at, all, last)),
      chart(c, found, at, all, last),
      ...pipeline(c, found, at, all),
    ];
  });
  return h(
    "section",
    { id: "ladder", "aria-labelledby": "ladder-title" },
    h("h2", { id: "ladder-title" }, c.say("ladder")),
    h("p", {}, c.say("ladderIntro")),
    ladderChoosers(c, "ladder"),
    content,
  );
}

/** Rungs as heights: the ladder leads from future industries up to pillars; what is off it stands below. */
const height = (found: Ladder, rung: number): number => (found.rungs[rung].on ? rung : -1);

function words(c: Context, found: Ladder, at: number, all: number[], last: number): string {
  const { lang } = c.state;
  const earliest = found.years.findIndex((_, year) => all.some((series) => found.rung(series, year) >= 0));
  const first = Math.max(earliest, last - BACK);
  const name = (series: number) => found.industries[found.industryOf[series]].name[lang];
  const placed = all.filter((series) => found.rung(series, last) >= 0);
  const both = placed.filter((series) => found.rung(series, first) >= 0);
  const climb = (series: number) => height(found, found.rung(series, last)) - height(found, found.rung(series, first));
  const [up, off] = [both.filter((series) => climb(series) > 0), both.filter((series) => height(found, found.rung(series, last)) < 0 && climb(series) < 0)];
  const told = counted(found, all, last).map((n, rung) => `${found.rungs[rung].name[lang]} ${count(n, lang)}`);
  const sure = placed.filter((series) => found.sure(series, last)).length;
  const since = found.years[first];
  return c.joined([
    c.say("ladderCounts", { region: regionName(c, found, at), year: found.years[last], n: count(placed.length, lang), counts: told.join(lang === "zh" ? "，" : ", ") }),
    sure < placed.length && c.say("ladderUnsure", { n: count(placed.length - sure, lang), certainty: percent(found.certainty, lang, 0) }),
    last > first && both.length > 0 && c.say(up.length ? "ladderUp" : "ladderUpNone", { since, n: count(up.length, lang), names: c.listed(up.map(name), 4) }),
    off.length > 0 && c.say("ladderOff", { n: count(off.length, lang), names: c.listed(off.map(name), 3) }),
  ]);
}

/** What a study says of its industries in the headline: those of the largest region. */
export function ladderLead(c: Context, found: Ladder): string {
  const all = Array.from({ length: found.series }, (_, series) => series);
  const last = lastPlaced(found, all);
  const blanks = { what: found.title[c.state.lang], n: count(found.seriesInAll, c.state.lang) };
  if (last < 0) return c.say("nothingPlaced", blanks);
  const told = counted(found, all, last).map((n, rung) => `${found.rungs[rung].name[c.state.lang]} ${count(n, c.state.lang)}`);
  return c.say("ladderLead", { ...blanks, year: found.years[last], counts: told.join(c.state.lang === "zh" ? "，" : ", ") });
}

interface Row {
  series: number;
  name: string;
}

interface Group {
  name: string;
  rows: Row[];
  more: number;
}

function chart(c: Context, found: Ladder, at: number, all: number[], last: number): HTMLElement {
  const { lang } = c.state;
  const name = (series: number) => capital(found.industries[found.industryOf[series]].name[lang]);
  const recall = (what: string) => c.state.picked[`ladder-${what}`];
  // The industry and the year that evidence is shown for, counted from one so that nothing means none.
  const remembered = all.find((series) => found.industryOf[series] + 1 === recall("industry"));
  const yearOf = (recall("year") ?? 0) - 1;
  let chosen = { series: remembered ?? all[0], year: found.years[yearOf] === undefined ? last : yearOf };
  let whole = remembered !== undefined && remembered !== all[0];
  const groupsOf = (): Group[] =>
    [...found.rungs.map((_, rung) => rung), -1].flatMap((rung) => {
      const own = all.filter((series) => found.rung(series, last) === rung);
      const rows = (whole ? own : own.slice(0, EACH)).map((series) => ({ series, name: name(series) }));
      const head = rung < 0 ? c.say("notPlaced", { year: found.years[last] }) : capital(found.rungs[rung].name[lang]);
      return own.length ? [{ name: `${head} · ${count(own.length, lang)}`, rows, more: own.length - rows.length }] : [];
    });
  let groups = groupsOf();
  let again = () => {};
  const why = h("div");
  const choose = (series: number, year: number) => {
    chosen = { series, year };
    const select = (what: string, value: number) => {
      const one = document.getElementById(`ladder-${what}`) as HTMLSelectElement | null;
      if (one) one.value = String(value);
    };
    select("industry", series);
    select("year", year);
    c.store.set({ picked: { ...c.state.picked, "ladder-industry": found.industryOf[series] + 1, "ladder-year": year + 1 } });
    again();
    why.replaceChildren(evidence(c, found, at, series, year));
  };
  const title = c.say(found.regional ? "ladderTitle" : "ladderTitleWhole", { region: regionName(c, found, at), first: found.years[0], last: found.years[last] });
  const rungIn = (series: number, year: number) => (found.rung(series, year) < 0 ? "–" : found.rungs[found.rung(series, year)].name[lang]);
  const columns: Column<number>[] = [
    { title: c.say("industry"), cell: name, value: name, heading: true },
    ...found.years.map((year, t) => ({ title: String(year), cell: (series: number) => cellWords(c, found, series, t), value: (series: number) => found.rung(series, t) })),
  ];
  let cells: [number, number][] = [];
  const frame = figure({
    name: "ladder",
    data: dataOf(found, "rungs", at),
    text: c.figure(title, c.say("ladderDescribe", { names: c.listed(all.slice(0, 3).map((series) => `${name(series)}: ${rungIn(series, last)}`), 3) }), c.joined([c.say("ladderNote", { size: found.size.name[lang] }), found.series < found.seriesInAll && c.say("seriesSome", { n: count(found.series, lang), all: count(found.seriesInAll, lang) })]), [found.file]),
    draw: (width, theme) => {
      const made = drawLadder(c, found, groups, chosen, width, theme);
      cells = made.cells;
      return made.drawing;
    },
    table: () => table(columns, all, c.table(title), 40),
    click: (i) => choose(...cells[i]),
    walk: (right, down) => {
      const order = groups.flatMap(({ rows }) => rows.map(({ series }) => series));
      const row = Math.min(Math.max(order.indexOf(chosen.series) + down, 0), order.length - 1);
      choose(order[row], Math.min(Math.max(chosen.year + right, 0), found.years.length - 1));
    },
    ready: (draw) => (again = draw),
  });
  const choice = (what: string, label: string, options: [number, string][], value: number, act: (at: number) => void) => {
    const select = h("select", { id: `ladder-${what}` }, options.map(([at, text]) => h("option", { value: at }, text)));
    select.value = String(value);
    select.addEventListener("change", () => act(Number(select.value)));
    return h("span", { class: "choice" }, h("label", { for: `ladder-${what}` }, label), select);
  };
  const inOrder = [...all].sort((a, b) => name(a).localeCompare(name(b), lang));
  const toggle = h("button", { type: "button", class: "more" });
  const label = () => (toggle.textContent = whole ? c.say("fewerIndustries") : c.say("allIndustries", { n: all.length }));
  toggle.addEventListener("click", () => {
    whole = !whole;
    groups = groupsOf();
    label();
    again();
  });
  toggle.hidden = !whole && groups.every(({ more }) => !more);
  label();
  why.append(evidence(c, found, at, chosen.series, chosen.year));
  return h(
    "div",
    {},
    frame,
    toggle,
    h("h3", { class: "part" }, c.say("evidence")),
    h(
      "div",
      { class: "slider" },
      choice("industry", c.say("industry"), inOrder.map((series) => [series, name(series)]), chosen.series, (series) => choose(series, chosen.year)),
      choice("year", c.say("year"), found.years.map((year, t): [number, string] => [t, String(year)]).reverse(), chosen.year, (year) => choose(chosen.series, year)),
    ),
    why,
  );
}

/** A rung and, where it is not certain, its probability. */
export function cellWords(c: Context, found: Ladder, series: number, year: number): string {
  const rung = found.rung(series, year);
  if (rung < 0) return "–";
  const chance = found.chance(series, year, rung);
  return found.rungs[rung].name[c.state.lang] + (found.sure(series, year) ? "" : ` ${percent(chance, c.state.lang, 0)}`);
}

function drawLadder(c: Context, found: Ladder, groups: Group[], chosen: { series: number; year: number }, width: number, theme: Theme): { drawing: Drawing; cells: [number, number][] } {
  const { lang } = c.state;
  const pale = (rung: number) => shade([theme.ground, theme.rungs[rung]], 0.55);
  const signs = key([...found.rungs.map(({ name }, rung) => ({ name: capital(name[lang]), shape: "bar" as const, colour: theme.rungs[rung] })), { name: c.say("uncertain", { certainty: percent(found.certainty, lang, 0) }), shape: "half" as const, colour: pale(2) }], width, theme);
  // On a phone names stand above their rows.
  const narrow = width < NARROW;
  const longest = Math.max(...groups.flatMap(({ rows }) => rows.map(({ name }) => widthOf(name, 12)))) + 14;
  const left = narrow ? 0 : Math.min(width * 0.32, longest);
  const tall = narrow ? TALL + NAME : TALL;
  const step = (width - left - 2) / found.years.length;
  const gap = step > 6 ? 1 : 0;
  const shapes: object[] = [];
  const spots: { x: number; y: number; width: number; height: number }[] = [];
  const cells: [number, number][] = [];
  const write = (text: string, x: number, y: number, look: object) => shapes.push({ type: "text", style: { text, x, y, textVerticalAlign: "middle", ...look } });
  let y = signs.height;
  let frame: object | null = null;
  const axis = () => {
    const every = Math.ceil(44 / step);
    found.years.forEach((year, t) => {
      if ((found.years.length - 1 - t) % every === 0) write(String(year), left + (t + 0.5) * step, y + 9, { fill: theme.muted, font: `11px ${FONT}`, textAlign: t === found.years.length - 1 && step < 28 ? "right" : t === 0 && left < 16 ? "left" : "center" });
    });
  };
  axis();
  y += 18;
  for (const group of groups) {
    write(cut(group.name, width), 0, y + HEAD / 2, { fill: theme.muted, font: `600 12px ${FONT}` });
    y += HEAD;
    for (const { series, name } of group.rows) {
      const top = y + (narrow ? NAME : 0);
      write(cut(name, narrow ? width : left - 10), narrow ? 0 : left - 8, y + (narrow ? NAME : TALL) / 2, { fill: theme.ink, font: `${series === chosen.series ? "600 " : ""}12px ${FONT}`, textAlign: narrow ? "left" : "right" });
      found.years.forEach((_, t) => {
        const rung = found.rung(series, t);
        const x = left + t * step;
        if (rung < 0) shapes.push({ type: "rect", shape: { x, y: top + TALL / 2 - 0.5, width: step - gap, height: 1 }, style: { fill: theme.rule } });
        else if (found.sure(series, t)) shapes.push({ type: "rect", shape: { x, y: top + 1, width: step - gap, height: TALL - 2 }, style: { fill: theme.rungs[rung] } });
        // What is not certain is paler and lower, so that it can be told without seeing colours.
        else shapes.push({ type: "rect", shape: { x, y: top + TALL / 2 - 3, width: step - gap, height: 7 }, style: { fill: pale(rung) } });
        spots.push({ x, y: top, width: step, height: TALL });
        cells.push([series, t]);
        if (series === chosen.series && t === chosen.year) frame = { type: "rect", shape: { x: x - 1, y: top - 1, width: step - gap + 2, height: TALL + 2 }, style: { fill: "none", stroke: theme.ink, lineWidth: 2 } };
      });
      y += tall;
    }
    if (group.more) {
      write(c.say("moreOnRung", { n: group.more }), left, y + TALL / 2, { fill: theme.muted, font: `11px ${FONT}` });
      y += TALL;
    }
    y += 4;
  }
  axis();
  if (frame) shapes.push(frame);
  const tip = (i: number) => {
    const [series, t] = cells[i];
    const share = found.shares.at(series, t, 0);
    return [
      `${capital(found.industries[found.industryOf[series]].name[lang])}, ${found.years[t]}`,
      capital(cellWords(c, found, series, t)),
      `${capital(found.size.name[lang])}: ${c.tick(Number(found.amounts.at(series, t, 0).toPrecision(4)))}${found.size.unit ? ` ${found.size.unit}` : ""}`,
      ...(Number.isFinite(share) ? [`${c.say("shareOfRegion")}: ${share < 0.001 ? `${fixed(share * 1000, 2, lang)}‰` : percent(share, lang, 2)}`] : []),
    ];
  };
  return { drawing: { height: y + 22, sheet: { shapes: [...signs.graphic, ...shapes], spots, tip } }, cells };
}
