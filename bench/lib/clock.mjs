// Timing of small pieces of work within one process.

import { median } from './report.mjs';

let sink;

/**
 * CPU nanoseconds of one call of each of `works`, which may return promises. They take turns, so that what else happens
 * on the machine happens to all of them; shown is the median over the rounds.
 *
 * @param {readonly ((index: number) => unknown)[]} works
 * @param {{ rounds: number, ms: number }} options
 */
export async function cpuNs(works, { rounds, ms }) {
  const batch = async (work, times) => {
    const before = process.cpuUsage();
    for (let index = 0; index < times; index += 1) {
      sink = work(index);
      if (sink instanceof Promise) await sink;
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) * 1_000;
  };
  const times = [];
  for (const work of works) {
    let count = 1;
    for (let spent = 0; spent < (ms * 1e6) / 2; spent = await batch(work, count)) count *= spent < ms * 5e4 ? 4 : 2;
    times.push(count);
  }
  const samples = works.map(() => /** @type {number[]} */ ([]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, work] of works.entries()) samples[index].push((await batch(work, times[index])) / times[index]);
  }
  return samples.map(median);
}
