/** Work that a server does for long: what it is told, and how its state reads on a page. */

import { ask, type Fault } from "./asking";
import { h } from "./dom";
import { percent } from "./format";
import type { Language, Text } from "./payload";
import { say, type Word } from "./words";

export interface Job {
  id: string;
  study: string;
  study_title: Text;
  variant: string;
  file: string;
  state: "queued" | "running" | "done" | "failed" | "cancelled" | "interrupted";
  stage: string | null;
  stage_title: Text | null;
  progress: number | null;
  ahead: number;
  asked: string;
  began: string | null;
  ended: string | null;
  run: string | null;
  page: string | null;
  faults: Fault[];
  url: string;
}

const STATES: Record<Job["state"], Word> = { queued: "jobQueued", running: "jobRunning", done: "jobDone", failed: "jobFailed", cancelled: "jobCancelled", interrupted: "jobInterrupted" };

export const isOpen = (job: Job): boolean => job.state === "queued" || job.state === "running";

export const startJob = (service: string, study: string, variant: string): Promise<Job> => ask("POST", `${service}/jobs`, { study, variant, kind: "run" });

/** Its state in words, the stage and how far it is. */
export function stateOf(lang: Language, job: Job): string {
  const state = say(lang, STATES[job.state], { n: job.ahead });
  if (job.state === "queued" && job.ahead) return say(lang, "jobAhead", { n: job.ahead });
  if (job.state !== "running" || !job.stage_title) return state;
  const far = job.progress === null ? "" : ` ${percent(job.progress, lang, 0)}`;
  return `${state}${lang === "zh" ? "：" : ": "}${job.stage_title[lang]}${far}`;
}

/** How far a running job is, drawn; without a number it only shows that something goes on. */
export function meter(lang: Language, job: Job): HTMLElement | null {
  if (job.state !== "running") return null;
  return h("progress", { max: 1, value: job.progress, "aria-label": stateOf(lang, job) });
}
