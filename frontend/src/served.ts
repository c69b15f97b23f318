/** Where the page comes from: a file that carries its data, or a server that hands them out. */

import type { Payload } from "./payload";

/** What only a page from a server has. */
export interface Served {
  /** The address of the run, `…/api/v1/studies/STUDY/runs/RUN`, or of the service where there is no run. */
  api: string;
  /** The address of the service, `…/api/v1`. */
  service: string;
  study: string | null;
  run: string | null;
}

/** What `<meta name="xinzhi-api">` names; null in a report. */
export function servedAs(content: string | null | undefined): Served | null {
  const [, api, service, study, run] = /^((.*?\/api\/v1)(?:\/studies\/([^/]+)\/runs\/([^/]+))?)\/?$/.exec(content ?? "") ?? [];
  if (!service) return null;
  return { api, service, study: study === undefined ? null : plain(study), run: run === undefined ? null : plain(run) };
}

function plain(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Why a server gave no data, in its own words where it has any. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly said: { en: string; zh: string } | null,
  ) {
    super(said?.en ?? `HTTP ${status}`);
  }
}

/** The data of the run, telling on the way how many bytes have come of how many; null where the server does not say. */
export async function fetched(served: Served, came: (bytes: number, of: number | null) => void): Promise<Payload> {
  const answer = await fetch(`${served.api}/payload`, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Refused(answer.status, await faultIn(answer));
  // The length of a packed answer is that of the package, which tells nothing about what comes out of it.
  const length = answer.headers.get("Content-Encoding") ? NaN : Number(answer.headers.get("Content-Length") ?? NaN);
  const whole = length > 0 ? length : null;
  if (!answer.body) return (await answer.json()) as Payload;
  const reader = answer.body.getReader();
  // Letters are read while the rest is still on its way: of twenty megabytes that is most of the work.
  const letters = new TextDecoder();
  const parts: string[] = [];
  let bytes = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(letters.decode(part.value, { stream: true }));
    came((bytes += part.value.length), whole);
  }
  return JSON.parse(parts.join("") + letters.decode()) as Payload;
}

async function faultIn(answer: Response): Promise<{ en: string; zh: string } | null> {
  try {
    const { faults } = (await answer.json()) as { faults: { en: string; zh: string }[] };
    return typeof faults[0].en === "string" && typeof faults[0].zh === "string" ? faults[0] : null;
  } catch {
    return null;
  }
}
