/** What a chart tells: on hovering, on touching, and to those who walk over it with the keys. */

import { h } from "./dom";
import { node, raise } from "./shapes";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The things on a sheet that may be pointed at, by number. */
export interface Targets {
  sheet: SVGElement;
  count: number;
  /** The one under the pointer; −1 for none. */
  under: (event: MouseEvent) => number;
  box: (at: number) => Box;
  /** A heading and lines; nothing where there is nothing to tell. */
  lines: (at: number) => string[];
  click?: (at: number) => void;
  /** The element that shows that it is pointed at. */
  on?: (at: number) => SVGElement;
}

const ARROWS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// How far the tip stands from the pointer, and how long it waits for the pointer to come over.
const [APART, PATIENCE] = [14, 280];

/** The nearest box in a direction, what lies straight ahead before what lies aside; −1 where there is none. */
export function ahead(boxes: Box[], from: number, [right, down]: [number, number]): number {
  const middle = ({ x, y, width, height }: Box) => [x + width / 2, y + height / 2];
  const [x, y] = middle(boxes[from]);
  let [best, least] = [-1, Infinity];
  boxes.forEach((box, i) => {
    const [px, py] = middle(box);
    const along = (px - x) * right + (py - y) * down;
    const aside = Math.abs((px - x) * down) + Math.abs((py - y) * right);
    if (i === from || along < 0.5 || aside > along * 2.5) return;
    const far = along + 2 * aside;
    if (far < least) [best, least] = [i, far];
  });
  return best;
}

/** Where a tip of some size stands beside a point: behind the way the pointer goes, so that it never runs into it. */
export function beside([x, y]: [number, number], [dx, dy]: [number, number], [wide, tall]: [number, number], room: number): [number, number] {
  const level = (left: number): [number, number] => [left, Math.max(0, y - tall / 2)];
  const upright = (top: number): [number, number] => [Math.max(0, Math.min(room - wide, x - wide / 2)), top];
  const [left, right] = [x - APART - wide, x + APART];
  if (Math.abs(dx) >= Math.abs(dy)) {
    const [first, second] = dx > 0 ? [left, right] : [right, left];
    for (const at of [first, second]) if (at >= 0 && at + wide <= room) return level(at);
  }
  return upright(dy > 0 && y - APART - tall >= 0 ? y - APART - tall : y + APART);
}

/** Everything that goes on over one chart; a chart drawn again brings new targets to the same pointing. */
export class Pointing {
  private targets: Targets | null = null;
  private readonly tip = h("div", { class: "tip", hidden: true });
  private readonly told = h("div", { class: "told", "aria-live": "polite" });
  private readonly ring = raise(node("rect", { class: "ring", rx: 3, fill: "none", "pointer-events": "none" }));
  /** What the tip tells of. */
  private shown = -1;
  /** Where the keys stand; −1 for nowhere. */
  private stands = -1;
  private last: [number, number] = [0, 0];
  /** From where the pointer came to what is shown. */
  private came: [[number, number], [number, number]] = [[0, 0], [0, 0]];
  private waiting = 0;

  constructor(
    private readonly place: HTMLElement,
    /** Where the chart has its own way of being walked over. */
    private readonly walk: () => ((right: number, down: number) => void) | undefined,
  ) {
    this.tip.addEventListener("pointerenter", () => clearTimeout(this.waiting));
    place.addEventListener("pointermove", (event) => this.point(event));
    place.addEventListener("pointerdown", (event) => this.point(event));
    // A finger that is lifted leaves, and what it pointed at is still to be read.
    place.addEventListener("pointerleave", ({ pointerType }) => pointerType === "touch" || this.leave());
    place.addEventListener("click", (event) => {
      const at = this.tip.contains(event.target as Node) ? -1 : (this.targets?.under(event) ?? -1);
      if (at >= 0) this.targets!.click?.(at);
    });
    place.addEventListener("keydown", (event) => this.key(event));
    place.addEventListener("blur", () => this.hide());
  }

  /** Put away what is shown, before the sheet changes; what it was is said, so that it can be told again. */
  rest(): number {
    const was = this.tip.hidden ? -1 : this.shown;
    this.hide();
    return was;
  }

  /** Take a sheet, new or changed, and tell again what was told. */
  take(targets: Targets, again: number): void {
    this.targets = targets;
    if (this.stands >= targets.count) this.stands = -1;
    if (this.place.firstChild !== targets.sheet) this.place.replaceChildren(targets.sheet, this.tip, this.told);
    if (again >= 0 && again < targets.count) this.show(again, ...this.came);
  }

  private point(event: PointerEvent): void {
    if (!this.targets || this.tip.contains(event.target as Node)) return;
    const { sheet, under, click } = this.targets;
    const at = under(event);
    const { left, top } = this.place.getBoundingClientRect();
    const here: [number, number] = [event.clientX - left, event.clientY - top];
    const way: [number, number] = [here[0] - this.last[0], here[1] - this.last[1]];
    this.last = here;
    sheet.style.cursor = at >= 0 && click ? "pointer" : "";
    if (at < 0) return this.leave();
    clearTimeout(this.waiting);
    if (at === this.shown) return;
    this.ring.remove();
    this.show(at, here, way);
  }

  /** Show what there is to tell. */
  private show(at: number, where: [number, number], way: [number, number]): void {
    const targets = this.targets!;
    this.came = [where, way];
    const [head, ...rest] = targets.lines(at);
    this.mark(head === undefined ? -1 : at);
    this.tip.hidden = head === undefined;
    if (head === undefined) return;
    this.tip.replaceChildren(h("strong", {}, head), ...rest.map((line) => h("div", {}, line)));
    const [left, top] = beside(where, way, [this.tip.offsetWidth, this.tip.offsetHeight], this.place.clientWidth);
    this.tip.style.left = `${left}px`;
    this.tip.style.top = `${top}px`;
    document.addEventListener("keydown", this.escape);
    document.addEventListener("pointerdown", this.elsewhere);
  }

  private mark(at: number): void {
    const { on } = this.targets!;
    if (this.shown >= 0) on?.(this.shown).classList.remove("pointed");
    if (at >= 0) on?.(at).classList.add("pointed");
    this.shown = at;
  }

  /** The pointer has left: the tip waits a moment, for the pointer may be on its way to it. */
  private leave(): void {
    clearTimeout(this.waiting);
    if (this.shown >= 0) this.waiting = window.setTimeout(() => this.hide(), PATIENCE);
  }

  hide(): void {
    clearTimeout(this.waiting);
    if (this.targets) this.mark(-1);
    this.tip.hidden = true;
    this.ring.remove();
    document.removeEventListener("keydown", this.escape);
    document.removeEventListener("pointerdown", this.elsewhere);
  }

  private readonly escape = (event: KeyboardEvent) => {
    if (event.key === "Escape") this.hide();
  };

  private readonly elsewhere = (event: PointerEvent) => {
    if (!this.place.contains(event.target as Node)) this.hide();
  };

  private key(event: KeyboardEvent): void {
    const targets = this.targets;
    if (!targets || event.altKey || event.ctrlKey || event.metaKey) return;
    const arrow = ARROWS[event.key];
    const walk = this.walk();
    if (walk) {
      if (!arrow) return;
      event.preventDefault();
      return walk(...arrow);
    }
    const step = { PageDown: 1, PageUp: -1 }[event.key];
    if (event.key === "Enter" && this.stands >= 0 && targets.click) targets.click(this.stands);
    else if (event.key === "Home" || event.key === "End" || arrow || step) {
      const telling = Array.from({ length: targets.count }, (_, at) => at).filter((at) => targets.lines(at).length > 0);
      if (!telling.length) return;
      const from = telling.indexOf(this.stands);
      const next = event.key === "Home" ? 0 : event.key === "End" ? telling.length - 1 : from < 0 ? 0 : this.step(telling, from, arrow, step);
      this.stand(telling[Math.min(telling.length - 1, Math.max(0, next))], arrow?.[1] ?? 0);
    } else return;
    event.preventDefault();
  }

  /** Over the sheet with the arrows; where nothing lies in their way, and with the page keys, through the data in their order. */
  private step(telling: number[], from: number, arrow: [number, number] | undefined, step: number | undefined): number {
    const near = arrow ? ahead(telling.map((at) => this.targets!.box(at)), from, arrow) : -1;
    return near >= 0 ? near : from + (step ?? arrow![0] + arrow![1]);
  }

  private stand(at: number, down: number): void {
    const { sheet, box, lines } = this.targets!;
    this.stands = at;
    const { x, y, width, height } = box(at);
    for (const [name, value] of Object.entries({ x: x - 3, y: y - 3, width: width + 6, height: height + 6 })) this.ring.setAttribute(name, value.toFixed(1));
    sheet.append(this.ring);
    this.show(at, [x + width / 2, down > 0 ? y : y + height], [0, down || -1]);
    this.told.textContent = lines(at).join("; ");
  }
}
