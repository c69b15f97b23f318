import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ask, Faulty, Latest } from "../src/asking";

const answer = (status: number, body: unknown) => ({ ok: status < 400, status, json: async () => body }) as Response;

describe("a question to a server", () => {
  afterEach(() => vi.unstubAllGlobals());
  const asked = (response: Response | Error) => vi.stubGlobal("fetch", vi.fn(async () => (response instanceof Error ? Promise.reject(response) : response)));
  const fault = async (): Promise<Faulty> => ask("GET", "/x").then(() => Promise.reject(new Error("answered")), (error: Faulty) => error);

  it("gives the answer", async () => {
    asked(answer(200, { a: 1 }));
    expect(await ask("GET", "/x")).toEqual({ a: 1 });
  });
  it("tells the server's own words in the reader's language", async () => {
    asked(answer(422, { faults: [{ code: "bad", en: "No.", zh: "不可。", column: "name" }, { code: "odd" }] }));
    const found = await fault();
    expect([found.status, found.said("zh"), found.faults[0].column]).toEqual([422, ["不可。"], "name"]);
  });
  it("says so where there are no words", async () => {
    asked(answer(500, null));
    expect((await fault()).said("en")[0]).toContain("500");
    asked(new TypeError("Failed to fetch"));
    expect((await fault()).status).toBe(0);
  });
});

describe("the latest of many questions", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is asked once for a row of moves, and only its answer counts", async () => {
    const told: string[] = [];
    const pending = new Map<string, (text: string) => void>();
    const signals = new Map<string, AbortSignal>();
    const latest = new Latest<string>(40, (text) => told.push(text), () => told.push("fault"));
    const want = (name: string) =>
      latest.want((signal) => {
        signals.set(name, signal);
        return new Promise((resolve) => pending.set(name, resolve));
      });
    want("a");
    want("b");
    await vi.advanceTimersByTimeAsync(50);
    expect([...pending.keys()]).toEqual(["b"]);
    want("c");
    expect(signals.get("b")!.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(50);
    pending.get("c")!("c");
    pending.get("b")!("b");
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual(["c"]);
  });
  it("tells a fault of the last one, but none of what was called off", async () => {
    const faults: number[] = [];
    const latest = new Latest<string>(0, () => undefined, ({ status }) => faults.push(status));
    latest.want(() => Promise.reject(new Faulty(409, [])));
    await vi.advanceTimersByTimeAsync(1);
    latest.want((signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("off")))));
    await vi.advanceTimersByTimeAsync(1);
    latest.stop();
    await vi.advanceTimersByTimeAsync(1);
    expect(faults).toEqual([409]);
  });
});
