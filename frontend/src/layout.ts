/** Where things stand on a chart that the chart engine leaves to us. */

export interface Scale {
  min: number;
  max: number;
  step: number;
}

/** Round ends and a round step (1, 2 or 5 times a power of ten) around a range, in about five steps. */
export function ticks(low: number, high: number): Scale {
  if (!(high > low)) return ticks(low - (Math.abs(low) || 1) / 2, low + (Math.abs(low) || 1) / 2);
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= rough * 0.999)!;
  return { min: Math.floor(low / step + 1e-9) * step, max: Math.ceil(high / step - 1e-9) * step, step };
}

/** An axis: where a value stands from bottom (0) to top (1), and the values that are named. */
export interface Axis {
  share: (value: number) => number;
  ticks: number[];
}

export function straight(values: number[]): Axis {
  const { min, max, step } = ticks(Math.min(...values), Math.max(...values));
  const named = Array.from({ length: Math.round((max - min) / step) + 1 }, (_, i) => min + i * step);
  return { share: (value) => (value - min) / (max - min), ticks: named.map((value) => (Math.abs(value) < step / 1e6 ? 0 : value)) };
}

/** Even around zero and logarithmic to both sides of it, named at zero and at powers of ten, at most `most` of them. */
export function bent(values: number[], most: number): Axis {
  const sizes = values.map(Math.abs).filter((size) => size > 0).sort((a, b) => a - b);
  const unit = sizes[Math.floor(0.1 * (sizes.length - 1))] ?? 1;
  const bend = (value: number) => Math.asinh(value / unit);
  const [low, high] = [bend(Math.min(...values, 0)), bend(Math.max(...values, 0))];
  const reach = (high - low) * 0.04 || 1;
  const share = (value: number) => (bend(value) - low + reach) / (high - low + 2 * reach);
  const [first, last] = [Math.floor(Math.log10(unit)), Math.floor(Math.log10(sizes[sizes.length - 1] ?? 1))];
  const powers = Array.from({ length: last - first + 1 }, (_, i) => 10 ** (last - i)).flatMap((size) => [size, -size]);
  const named = [0];
  for (const value of powers) {
    const apart = named.every((other) => Math.abs(share(other) - share(value)) >= 1 / most);
    if (apart && share(value) > 0 && share(value) < 1) named.push(Number(value.toPrecision(3)));
  }
  return { share, ticks: named };
}

/** Whether numbers differ so much in size that on one even scale most would lie on the zero line. */
export function uneven(values: Iterable<number>): boolean {
  const sizes = [...values].map(Math.abs).filter((size) => size > 0).sort((a, b) => a - b);
  const at = (share: number) => sizes[Math.floor(share * (sizes.length - 1))];
  return sizes.length > 0 && at(0.9) > 100 * at(0.1);
}

/** Move things that are sorted downwards at least `gap` apart, keeping them between two bounds while they fit. */
export function apart(things: { y: number }[], gap: number, top: number, bottom: number): void {
  things.forEach((thing, i) => {
    thing.y = Math.max(thing.y, i ? things[i - 1].y + gap : top);
  });
  for (let i = things.length - 1, limit = bottom; i >= 0 && things[i].y > limit; i--, limit -= gap) things[i].y = limit;
}
