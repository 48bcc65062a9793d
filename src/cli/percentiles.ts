/** The value below which a share of all lies, by the nearest rank; `sorted` is in ascending order and not empty. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** What is told of many durations, in milliseconds with three digits. */
export function summary(durationsMs: readonly number[]): Record<'min' | 'p50' | 'p90' | 'p99' | 'max', number> {
  const sorted = durationsMs.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(percentile(sorted, share) * 1000) / 1000;
  return { min: at(0), p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}
