/** The studies that a server has: their runs, what they can be run from, and the work under way. */

import "./shelf/shelf.css";
import { ask, Faulty } from "./asking";
import { h } from "./dom";
import type { Language } from "./payload";
import type { Served } from "./served";
import { Jobs } from "./shelf/jobs";
import { studyOf, type Desk, type RunBrief, type StudyBrief } from "./shelf/studies";
import { say } from "./words";

// So many studies stand open; of more a reader opens the one that is wanted.
const OPEN = 3;

/** Ask the server for its studies and list them. */
export function library(served: Served, lang: Language): HTMLElement {
  const renewals = new Map<string, () => void>();
  const jobs = new Jobs(served, lang, (study) => renewals.get(study)?.());
  const place = h("div", {}, h("p", { role: "status" }, say(lang, "libraryAsking")));
  const beside = new Beside(lang);
  const desk: Desk = { lang, start: (study, variant) => jobs.start(study, variant), pick: (run, on) => beside.pick(run, on), picked: (run) => beside.has(run) };
  const look = (): void => {
    ask<{ studies: StudyBrief[]; version: string }>("GET", `${served.service}/studies`).then(
      ({ studies, version }) => {
        const all = studies.map((brief) => ({ brief, ...studyOf(desk, brief, studies.length <= OPEN) }));
        renewals.clear();
        for (const { brief, renew } of all) renewals.set(brief.id, renew);
        place.replaceChildren(...(all.length ? all.map(({ element }) => element) : [h("p", {}, say(lang, "libraryEmpty"))]), h("footer", {}, h("p", {}, say(lang, "madeServed", { version }))));
      },
      (error) => {
        const retry = h("button", { type: "button", class: "do", click: look }, say(lang, "retry"));
        place.replaceChildren(h("p", { class: "wrong", role: "alert" }, error instanceof Faulty ? error.said(lang).join(" ") : String(error)), h("p", {}, retry));
      },
    );
  };
  look();
  return h("div", { id: "library" }, h("h1", { id: "library-title" }, say(lang, "library")), jobs.element, beside.element, place);
}

/** Two runs to be opened beside one another: one in a window of its own, the other in this one. */
class Beside {
  readonly element: HTMLElement;
  private readonly words = h("span", { role: "status" });
  private readonly open: HTMLButtonElement;
  private runs: RunBrief[] = [];

  constructor(private readonly lang: Language) {
    this.open = h("button", { type: "button", class: "do", click: () => this.both() }, say(lang, "libraryOpenBoth"));
    this.element = h("div", { class: "beside-one-another", hidden: true }, this.words, this.open);
  }

  has(run: RunBrief): boolean {
    return this.runs.some(({ page }) => page === run.page);
  }

  pick(run: RunBrief, on: boolean): void {
    this.runs = this.runs.filter(({ page }) => page !== run.page);
    if (on) this.runs.push(run);
    this.element.hidden = !this.runs.length;
    this.open.disabled = this.runs.length !== 2;
    this.words.textContent = say(this.lang, this.runs.length === 2 ? "libraryTwo" : this.runs.length > 2 ? "libraryTooMany" : "libraryOneMore", { runs: this.runs.map(({ id, title }) => `${title[this.lang]} ${id}`).join(" · ") });
  }

  private both(): void {
    const [left, right] = this.runs;
    const wide = Math.floor(screen.availWidth / 2);
    // A browser opens one window for one click, so the second run takes the place of this page.
    window.open(`${left.page}#lang=${this.lang}`, "_blank", `popup,left=0,top=0,width=${wide},height=${screen.availHeight}`);
    location.assign(`${right.page}#lang=${this.lang}`);
  }
}
