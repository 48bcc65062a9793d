// What is measured, in the order in which one driver does it.

/**
 * @typedef {object} Metric
 * @property {string} id
 * @property {'calls' | 'publishes'} order
 * @property {object} options
 * @property {boolean} [extra] measured only with `--all`
 */

/** @type {readonly Metric[]} */
export const metrics = [
  { id: 'call1', order: 'calls', options: { inFlight: 1 } },
  { id: 'call64', order: 'calls', options: { inFlight: 64 } },
  { id: 'call256', order: 'calls', options: { inFlight: 256 } },
  { id: 'call256kib', order: 'calls', options: { inFlight: 256, kib: true }, extra: true },
  { id: 'event1', order: 'publishes', options: { topic: 'one', fanOut: 1, windowCredits: 8, perCredit: 128 } },
  { id: 'event16', order: 'publishes', options: { topic: 'many', fanOut: 16, windowCredits: 8, perCredit: 256 } },
];

/** A server with a pair of load processes on it; started when first needed, and again after a failure. */
export async function measure(pair, metric, { seconds, warmUp }) {
  const { active, passive, server } = pair;
  const groups = [[active.pid], server.pids(), [passive.pid]];
  const options = { ...metric.options, warmUp, seconds, groups };
  if (metric.order === 'publishes') await passive.order('reset', { perCredit: metric.options.perCredit });
  const result = await active.order(metric.order, options, 1_000 * (warmUp + seconds) + 15_000);
  const lost = metric.order === 'publishes' ? (await passive.order('drain', { expected: result.expected })).lost : 0;
  const [activeUs, serverUs, passiveUs] = result.cpuUs;
  const per = (us) => us / result.operations;
  return {
    rate: result.operations / result.seconds,
    p50Us: result.p50Us,
    p99Us: result.p99Us,
    active: per(activeUs),
    server: per(serverUs),
    passive: per(passiveUs),
    // What the rest of the machine did meanwhile, as a share of all CPU time spent.
    foreign: Math.max(0, 1 - (activeUs + serverUs + passiveUs) / result.machineUs),
    lost,
  };
}
