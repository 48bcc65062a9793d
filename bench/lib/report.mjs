// From samples to Markdown: medians, tables, and the targets.

export function median(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const quantile = (values, share) => {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};

/** `{ driver: { metric: [sample, …] } }` to `{ driver: { metric: { rate, active, server, passive, … } } }`. */
export function summarize(samples) {
  const summary = {};
  for (const [driver, byMetric] of Object.entries(samples)) {
    summary[driver] = {};
    for (const [metric, list] of Object.entries(byMetric)) {
      const of = (key) => list.map((sample) => sample[key]);
      const rates = of('rate');
      summary[driver][metric] = {
        rate: median(rates),
        spread: (quantile(rates, 0.75) - quantile(rates, 0.25)) / median(rates),
        p50Us: median(of('p50Us')),
        p99Us: median(of('p99Us')),
        active: median(of('active')),
        server: median(of('server')),
        passive: median(of('passive')),
        lost: of('lost').reduce((sum, lost) => sum + lost, 0),
        rounds: list.length,
      };
    }
  }
  return summary;
}

/**
 * How one driver's figure compares with another's, at 256 calls in flight if nothing else is said: the ratio within each
 * round, and the median of those. What happens on the machine besides changes from minute to minute and touches neighbours
 * alike.
 */
function pairedRatio(samples, key, { of, against, metric = 'call256' }) {
  const others = new Map((samples[against]?.[metric] ?? []).map((sample) => [sample.round, sample[key]]));
  return median((samples[of]?.[metric] ?? []).map((sample) => sample[key] / others.get(sample.round)));
}

const whole = (value) => (Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '–');
const micros = (value) => (Number.isFinite(value) ? (value < 10 ? value.toFixed(2) : value.toFixed(0)) : '–');
const times = (value) => (Number.isFinite(value) ? value.toFixed(2) : '–');

function table(head, rows) {
  const align = head.map((_, index) => (index === 0 ? '---' : '--:'));
  return [head, align, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

export function ratesTable(drivers, summary, samples) {
  const kib = drivers.some(({ id }) => summary[id]?.call256kib);
  const head = ['combination', 'calls/s, 1 in flight', 'p50 µs', 'p99 µs', '64', '256', '× raw `ws`'];
  if (kib) head.push('256, 1 KiB');
  head.push('events/s 1→1', 'deliveries/s 1→16');
  const rows = drivers.map(({ id, title }) => {
    const of = (metric, key = 'rate') => summary[id]?.[metric]?.[key];
    const row = [
      title,
      whole(of('call1')),
      whole(of('call1', 'p50Us')),
      whole(of('call1', 'p99Us')),
      whole(of('call64')),
      whole(of('call256')),
      times(pairedRatio(samples, 'rate', { of: id, against: 'ws' })),
    ];
    if (kib) row.push(whole(of('call256kib')));
    row.push(whole(of('event1')), whole(of('event16')));
    return row;
  });
  return table(head, rows);
}

export function cpuTable(drivers, summary, samples) {
  const head = ['combination', 'call at 256: caller', 'router', '× raw `ws`', 'callee'];
  head.push('event 1→1: publisher', 'router', 'subscriber', 'delivery 1→16: router', 'subscribers');
  const rows = drivers.map(({ id, title, echo }) => {
    const of = (metric, key) => summary[id]?.[metric]?.[key];
    return [
      title,
      micros(of('call256', 'active')),
      micros(of('call256', 'server')),
      times(pairedRatio(samples, 'server', { of: id, against: 'ws' })),
      echo ? '–' : micros(of('call256', 'passive')),
      micros(of('event1', 'active')),
      micros(of('event1', 'server')),
      micros(of('event1', 'passive')),
      micros(of('event16', 'server')),
      micros(of('event16', 'passive')),
    ];
  });
  return table(head, rows);
}

/** Each driver against its twin of another checkout. */
export function twinsTable(drivers, metrics, samples) {
  const rows = drivers
    .filter(({ twin }) => twin !== undefined)
    .flatMap(({ id, twin, title }) =>
      metrics.map(({ id: metric }) => {
        const ratio = (key) => times(pairedRatio(samples, key, { of: twin, against: id, metric }));
        return [
          title.replace(/, other$/, ''),
          metric,
          ratio('rate'),
          ratio('active'),
          ratio('server'),
          ratio('passive'),
        ];
      }),
    );
  const cpu = (who) => `CPU of the ${who}`;
  return table(['combination', 'metric', 'rate', cpu('active side'), cpu('router'), cpu('passive side')], rows);
}

/** The targets: a figure of one driver against the same figure of another, and the bound for the ratio. */
const targets = [
  {
    what: "router CPU per call, against a raw `ws` echo server's per echo",
    key: 'server',
    of: 'rocade',
    against: 'ws',
    atMost: 2,
  },
  {
    what: 'calls/s, against Crossbar.io with the same client (rocade)',
    key: 'rate',
    of: 'rocade',
    against: 'rocade-crossbar',
    atLeast: 15,
  },
  {
    what: 'calls/s, against fox-wamp with the same client (rocade)',
    key: 'rate',
    of: 'rocade',
    against: 'rocade-fox',
    atLeast: 1.7,
  },
  {
    what: 'calls/s, against NATS request/reply',
    key: 'rate',
    of: 'rocade',
    against: 'nats',
    atLeast: 2,
  },
  {
    what: "client CPU per call, against autobahn-js's on the same router",
    key: 'active',
    of: 'rocade',
    against: 'autobahn-rocade',
    atMost: 0.6,
  },
];

/** Figures that have no bound but say the same from another side. With autobahn-js its own cost is most of what is measured. */
const remarks = [
  {
    what: 'calls/s, against fox-wamp with the same client (autobahn-js)',
    key: 'rate',
    of: 'autobahn-rocade',
    against: 'autobahn-fox',
  },
  {
    what: 'calls/s, against Crossbar.io with the same client (autobahn-js)',
    key: 'rate',
    of: 'autobahn-rocade',
    against: 'autobahn-crossbar',
  },
  {
    what: "callee CPU per call, against autobahn-js's on the same router",
    key: 'passive',
    of: 'rocade',
    against: 'autobahn-rocade',
  },
  {
    what: 'router CPU per call under the lightest load generator, against raw `ws`',
    key: 'server',
    of: 'light-rocade',
    against: 'ws',
  },
];

/** The targets' ratios at 256 calls in flight, as data. */
export function checkTargets(samples) {
  return [...targets, ...remarks].map(({ what, key, of, against, atMost, atLeast }) => {
    const ratio = pairedRatio(samples, key, { of, against });
    const bound = atMost === undefined ? (atLeast === undefined ? '' : `at least ${atLeast}`) : `at most ${atMost}`;
    const met =
      Number.isFinite(ratio) && bound ? (atMost === undefined ? ratio >= atLeast : ratio <= atMost) : undefined;
    return { what, ratio, bound, met };
  });
}

export function targetsTable(checks) {
  const verdict = ({ met, ratio, bound }) =>
    met === undefined ? (bound && !Number.isFinite(ratio) ? 'not measured' : '') : met ? 'met' : '**missed**';
  return table(
    ['target, WebSocket JSON, 256 calls in flight', 'ratio', 'bound', 'verdict'],
    checks.map((check) => [check.what, times(check.ratio), check.bound || '–', verdict(check)]),
  );
}

export function lossLines(drivers, summary) {
  return drivers.flatMap(({ id, title }) =>
    Object.entries(summary[id] ?? {})
      .filter(([, { lost }]) => lost !== 0)
      .map(([metric, { lost }]) => `${title}, ${metric}: ${whole(lost)} deliveries did not arrive within two seconds`),
  );
}
