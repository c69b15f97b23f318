/** What goes on paper in the place of what is on the screen. Imported before the charts, whose own answer to printing must come after. */

interface Paper {
  before: () => void;
  after: () => void;
}

let paper: Paper | null = null;

addEventListener("beforeprint", () => paper?.before());
addEventListener("afterprint", () => paper?.after());

/** Say what to do before and after printing. */
export function onPaper(what: Paper): void {
  paper = what;
}
