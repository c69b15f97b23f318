/** Light or dark: as the reader's system has it, unless the reader says otherwise. */

export type Scheme = "auto" | "light" | "dark";

const KEY = "xinzhi-scheme";
const system = matchMedia("(prefers-color-scheme: dark)");
const listeners: (() => void)[] = [];

/** A page opened from a file may have no store of its own, and a reader may refuse one: then the choice lasts as long as the page. */
function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function keep(scheme: Scheme): void {
  try {
    localStorage.setItem(KEY, scheme);
  } catch {
    // Not kept, and nothing lost but the memory of it.
  }
}

let chosen: Scheme = "auto";

export const scheme = (): Scheme => chosen;

/** Whether the page is dark now. */
export const isDark = (): boolean => (chosen === "auto" ? system.matches : chosen === "dark");

export function setScheme(next: Scheme): void {
  chosen = next;
  keep(next);
  apply();
}

/** Do something whenever the page turns from light to dark or back. */
export function onScheme(act: () => void): void {
  listeners.push(act);
}

function apply(): void {
  if (chosen === "auto") delete document.documentElement.dataset.scheme;
  else document.documentElement.dataset.scheme = chosen;
  for (const act of listeners) act();
}

const before = stored();
if (before === "light" || before === "dark") chosen = before;
apply();
system.addEventListener("change", () => chosen === "auto" && apply());
