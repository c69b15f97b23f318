/** Questions to a server: what it answers, or what it finds wrong in its own words. */

import type { Language, Text } from "./payload";
import { say } from "./words";

/** What is wrong, and with which part of what was asked. */
export interface Fault extends Text {
  code: string;
  column?: string | null;
  file?: string | null;
  severity?: string;
}

export class Faulty extends Error {
  constructor(
    /** 0 where there was no answer at all. */
    readonly status: number,
    readonly faults: Fault[],
  ) {
    super(faults[0]?.en ?? `HTTP ${status}`);
  }

  /** What to tell the reader: the server's own words, or that it gave none. */
  said(language: Language): string[] {
    if (this.faults.length) return this.faults.map((fault) => spoken(fault, language));
    return [this.status ? say(language, "loadStatus", { status: this.status }) : say(language, "loadUnreachable")];
  }
}

/** A fault with the file that it was found in. */
export const spoken = (fault: Fault, language: Language): string => (fault.file ? `${fault.file}${language === "zh" ? "：" : ": "}${fault[language]}` : fault[language]);

/** The answer to a question. Throws `Faulty`; where `signal` calls it off, the browser's own `AbortError`. */
export async function ask<Answer>(method: "GET" | "POST" | "DELETE", address: string, body?: unknown, signal?: AbortSignal): Promise<Answer> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  let answer: Response;
  try {
    answer = await fetch(address, { method, signal, cache: "no-store", ...sent });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Faulty(0, []);
  }
  let found: unknown = null;
  try {
    found = await answer.json();
  } catch (error) {
    if (signal?.aborted) throw error;
  }
  if (!answer.ok || found === null) throw new Faulty(answer.status, faultsIn(found));
  return found as Answer;
}

function faultsIn(found: unknown): Fault[] {
  const { faults } = (found ?? {}) as { faults?: unknown };
  return Array.isArray(faults) ? (faults as Fault[]).filter((one) => typeof one?.en === "string" && typeof one?.zh === "string") : [];
}

/** Asks for the last thing wanted only: waits a moment, and calls off what is still on its way. */
export class Latest<Answer> {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private under: AbortController | null = null;

  constructor(
    private readonly wait: number,
    private readonly take: (answer: Answer) => void,
    private readonly fail: (fault: Faulty) => void,
  ) {}

  want(question: (signal: AbortSignal) => Promise<Answer>): void {
    this.stop();
    const own = (this.under = new AbortController());
    this.timer = setTimeout(() => {
      question(own.signal).then(
        (answer) => own === this.under && this.take(answer),
        (error) => {
          if (own !== this.under || own.signal.aborted) return;
          this.fail(error instanceof Faulty ? error : new Faulty(0, []));
        },
      );
    }, this.wait);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.under?.abort();
    this.under = null;
  }
}
