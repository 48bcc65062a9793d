// Does a job: here, it finds the prime factors of a number, after some rest.
import { setTimeout as delay } from 'node:timers/promises';
import { WampError } from 'rocade';

async function work([number], { signal }) {
  if (!Number.isInteger(number) || number < 2)
    throw new WampError('job.error.bad_input', [`expected a whole number from 2, got ${number}`]);
  await delay(50, undefined, { signal });
  const factors = [];
  let rest = number;
  for (let factor = 2; factor * factor <= rest; factor++) {
    for (; rest % factor === 0; rest /= factor) factors.push(factor);
  }
  return rest > 1 ? [...factors, rest] : factors;
}

export default async function worker(client) {
  await client.register('job.do', work, { invoke: 'roundrobin', concurrency: 2 });
}
