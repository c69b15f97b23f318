/** What a what-if says: who moves, how far, and how like the study the new order is. */

export interface Move {
  region: number;
  before: number;
  after: number;
  scoreBefore: number;
  scoreAfter: number;
}

/** Places gained: more than nothing is a rise. */
export const gained = (move: Move): number => move.before - move.after;

/** Regions that have a rank both ways, best first by the new one; of those that share a rank the better before. */
export function moves(before: ArrayLike<number>, after: ArrayLike<number>, scoresBefore: ArrayLike<number>, scoresAfter: ArrayLike<number>): Move[] {
  const found: Move[] = [];
  for (let region = 0; region < before.length; region++) {
    if (before[region] && after[region]) found.push({ region, before: before[region], after: after[region], scoreBefore: scoresBefore[region], scoreAfter: scoresAfter[region] });
  }
  return found.sort((a, b) => a.after - b.after || a.before - b.before || a.region - b.region);
}

/** Those that rise, or fall, furthest: all that go equally far. */
export function furthest(found: Move[], sign: 1 | -1): Move[] {
  const most = Math.max(0, ...found.map((move) => sign * gained(move)));
  return most ? found.filter((move) => sign * gained(move) === most) : [];
}

/** Spearman's rank correlation; those who share a rank take the mean of the places they fill. nan for fewer than two regions or one rank. */
export function spearman(found: Move[]): number {
  const [x, y] = [shared(found.map((move) => move.before)), shared(found.map((move) => move.after))];
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  x.forEach((value, i) => {
    xy += (value - mx) * (y[i] - my);
    xx += (value - mx) ** 2;
    yy += (y[i] - my) ** 2;
  });
  return xx && yy ? xy / Math.sqrt(xx * yy) : NaN;
}

function shared(ranks: number[]): number[] {
  const count = new Map<number, number>();
  for (const rank of ranks) count.set(rank, (count.get(rank) ?? 0) + 1);
  return ranks.map((rank) => rank + (count.get(rank)! - 1) / 2);
}

/** How many neighbours in the new order lie closer than scores are known: their order may be the other way round. */
export function close(found: Move[], error: number): number {
  const scores = found.map((move) => move.scoreAfter).sort((a, b) => b - a);
  return scores.filter((score, i) => i > 0 && scores[i - 1] !== score && scores[i - 1] - score < 2 * error).length;
}
