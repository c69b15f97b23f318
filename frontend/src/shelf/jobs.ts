/** Jobs on the page of studies: everybody's, asked for once a second while one is under way and seldom otherwise. */

import { ask, Faulty, spoken } from "../asking";
import { h } from "../dom";
import { isOpen, meter, startJob, stateOf, type Job } from "../jobs";
import type { Language } from "../payload";
import type { Served } from "../served";
import { say } from "../words";
import { moment } from "./moment";

const OFTEN = 1000;
const SELDOM = 10_000;
const SHOWN = 8;

interface Line {
  element: HTMLElement;
  follow: (job: Job) => void;
}

export class Jobs {
  readonly element: HTMLElement;
  private readonly list = h("ul", { class: "jobs" });
  private readonly heard = h("p", { class: "heard", role: "status" });
  private readonly wrong = h("p", { class: "wrong", role: "alert" });
  private readonly lines = new Map<string, Line>();
  private held = new Map<string, Job>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private born = false;

  constructor(
    private readonly served: Served,
    private readonly lang: Language,
    /** Called where a job of a study has ended: it may have a new run. */
    private readonly ended: (study: string) => void,
  ) {
    this.element = h("section", { "aria-labelledby": "jobs-title", hidden: true }, h("h2", { id: "jobs-title" }, say(lang, "jobs")), this.list, this.wrong, this.heard);
    const look = (): void => {
      if (this.born && !this.element.isConnected) document.removeEventListener("visibilitychange", look);
      else if (document.visibilityState === "visible") void this.look();
    };
    document.addEventListener("visibilitychange", look);
    queueMicrotask(() => void this.look());
  }

  /** Run a variant of a study. */
  async start(study: string, variant: string): Promise<void> {
    try {
      this.show([await startJob(this.served.service, study, variant), ...this.held.values()]);
      this.element.scrollIntoView({ block: "nearest" });
    } catch (error) {
      this.complain(error);
    }
    this.again();
  }

  private complain(error: unknown): void {
    this.element.hidden = false;
    this.wrong.textContent = error instanceof Faulty ? error.said(this.lang).join(" ") : String(error);
  }

  private async look(): Promise<void> {
    clearTimeout(this.timer);
    try {
      const { jobs } = await ask<{ jobs: Job[] }>("GET", `${this.served.service}/jobs`);
      this.wrong.textContent = "";
      this.show(jobs);
    } catch (error) {
      // A server that is not there while nothing runs is told of by whoever asks something of it.
      if ([...this.held.values()].some(isOpen)) this.complain(error);
    }
    this.again();
  }

  private again(): void {
    clearTimeout(this.timer);
    if (this.born && !this.element.isConnected) return;
    this.born ||= this.element.isConnected;
    if (document.visibilityState === "hidden") return;
    this.timer = setTimeout(() => void this.look(), [...this.held.values()].some(isOpen) ? OFTEN : SELDOM);
  }

  private show(jobs: Job[]): void {
    const before = this.held;
    this.held = new Map(jobs.map((job) => [job.id, job]));
    const shown = [...this.held.values()].filter((job, i) => isOpen(job) || i < SHOWN);
    for (const [id, { element }] of this.lines) {
      if (shown.some((job) => job.id === id)) continue;
      element.remove();
      this.lines.delete(id);
    }
    shown.forEach((job, i) => {
      let line = this.lines.get(job.id);
      if (!line) this.lines.set(job.id, (line = this.line(job)));
      if (this.list.children[i] !== line.element) this.list.insertBefore(line.element, this.list.children[i] ?? null);
      line.follow(job);
      const was = before.get(job.id);
      if (!was || was.state === job.state) {
        // Percentages are for the eye; who listens is told of stages.
        if (was && was.stage !== job.stage && isOpen(job)) this.tell(job);
        return;
      }
      this.tell(job);
      if (!isOpen(job)) this.ended(job.study);
    });
    this.element.hidden = !shown.length && !this.wrong.textContent;
  }

  private tell(job: Job): void {
    this.heard.textContent = `${job.study_title[this.lang]} (${job.file}): ${stateOf(this.lang, { ...job, progress: null })}`;
  }

  private line(job: Job): Line {
    const { lang } = this;
    const state = h("span", { class: "state" });
    const bar = h("div", { class: "bar" });
    const faults = h("ul", { class: "faults" });
    const end = h("span", { class: "buttons" });
    let shown = "";
    const follow = (now: Job) => {
      const text = stateOf(lang, now);
      if (state.textContent !== text) state.textContent = text;
      state.className = `state ${now.state}`;
      const drawn = meter(lang, now);
      const old = bar.querySelector("progress");
      if (drawn && old && now.progress !== null && old.hasAttribute("value")) old.value = now.progress;
      else if (!drawn || !old || old.hasAttribute("value") !== (now.progress !== null)) bar.replaceChildren(...(drawn ? [drawn] : []));
      const is = `${now.state}/${now.run ?? ""}`;
      if (is === shown) return;
      shown = is;
      faults.replaceChildren(...now.faults.map((fault) => h("li", {}, spoken(fault, lang))));
      end.replaceChildren(...this.ways(now));
    };
    const words = [h("strong", {}, job.study_title[lang]), " ", h("code", {}, job.file), " · ", moment(job.asked, lang), " "];
    return { element: h("li", {}, h("div", { class: "head" }, h("span", {}, words, state), end), bar, faults), follow };
  }

  /** What can be done with a job: call it off, open its run, or begin again. */
  private ways(job: Job): HTMLElement[] {
    const name = `${job.study_title[this.lang]} ${job.file}`;
    const button = (word: "jobCancel" | "jobAgain", act: () => Promise<unknown>) => {
      const made = h("button", { type: "button", "aria-label": `${say(this.lang, word)}: ${name}` }, say(this.lang, word));
      made.addEventListener("click", () => {
        made.disabled = true;
        act().catch((error) => this.complain(error)).finally(() => void this.look());
      });
      return made;
    };
    if (isOpen(job)) return [button("jobCancel", () => ask("DELETE", job.url))];
    if (job.page) return [h("a", { href: `${job.page}#lang=${this.lang}` }, say(this.lang, "openRun", { run: job.run ?? "" }))];
    return [button("jobAgain", () => startJob(this.served.service, job.study, job.variant))];
  }
}
