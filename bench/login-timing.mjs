// Does the time of a login tell whether a name exists? For each method, logins with a wrong proof, half of them for names
// that somebody has and half for names that nobody has, in random order: how long the router takes from HELLO to CHALLENGE,
// and from AUTHENTICATE to ABORT. Within one process, so that no network hides a difference.
//
// Compared by Welch's t-test of what is faster than nine tenths of all, as in "Dude, is my code constant time?" (Reparaz,
// Balasch, Verbauwhede, 2017): beyond 4.5 the two are not the same. For comparison the same is done for two halves of the
// same kind. Exits with 1 when they differ.
//
// node bench/login-timing.mjs [logins of each kind, default 3000]
import { performance } from 'node:perf_hooks';
import { crossbarScramRecord, cryptosignKeys, scramRecord, ticketRecord, wampcraRecord } from '../dist/auth/index.js';
import { Router } from '../dist/router/index.js';

const BOUND = 4.5;
const USERS = 64;
const count = Number(process.argv[2] ?? 3000);

const scramCost = { kdf: 'pbkdf2', iterations: 4096 };
const proof = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64');
const nonce = proof;
const { publicKey } = cryptosignKeys();

/** What a principal has, what HELLO carries and what AUTHENTICATE says, wrong as it is. */
const METHODS = {
  'ticket in clear': { method: 'ticket', principal: () => ({ ticket: proof() }), signature: proof },
  'ticket hashed': {
    method: 'ticket',
    principal: async () => ({ ticket: await ticketRecord({ ticket: proof(), iterations: 100 }) }),
    signature: proof,
  },
  wampcra: { method: 'wampcra', principal: () => ({ wampcra: proof() }), signature: proof },
  'wampcra salted': {
    method: 'wampcra',
    principal: async () => ({ wampcra: await wampcraRecord({ secret: proof(), iterations: 100 }) }),
    signature: proof,
  },
  'wamp-scram': {
    method: 'wamp-scram',
    principal: async () => ({ scram: await scramRecord({ password: proof(), ...scramCost }) }),
    authextra: () => ({ nonce: nonce() }),
    signature: proof,
  },
  "Crossbar.io's scram": {
    method: 'scram',
    principal: async () => ({ crossbarScram: await crossbarScramRecord({ password: proof(), ...scramCost }) }),
    authextra: () => ({ nonce: nonce() }),
    signature: proof,
  },
  cryptosign: {
    method: 'cryptosign',
    // Each takes some milliseconds.
    logins: count / 10,
    principal: () => ({ cryptosign: cryptosignKeys().publicKey }),
    authextra: () => ({ pubkey: publicKey }),
    signature: (challenge) =>
      Buffer.from(crypto.getRandomValues(new Uint8Array(64))).toString('hex') + challenge.challenge,
  },
};

const nameOf = (index) => `user-${String(index).padStart(4, '0')}`;

/** A router whose users are the first of all names. */
async function routerFor(principal) {
  const principals = {};
  for (let index = 0; index < USERS; index++) principals[nameOf(index)] = { role: 'user', ...(await principal()) };
  const unlimited = { maxFailedLoginsPerAddress: Infinity, maxFailedLoginsPerAuthid: Infinity };
  return new Router({ limits: unlimited, realms: [{ name: 'realm1', auth: { principals } }] });
}

/** One login that fails: milliseconds to the challenge, and to the refusal. */
async function login(router, { method, authextra, signature }, authid) {
  let receiver;
  let heard;
  const channel = {
    bufferedAmount: 0,
    open: (to) => void (receiver = to),
    send: (message) => heard([performance.now(), message]),
    close() {},
  };
  router.accept(channel);
  const ask = async (message) => {
    const answer = new Promise((resolve) => (heard = resolve));
    const from = performance.now();
    receiver.message(message);
    const [until, answered] = await answer;
    return [until - from, answered];
  };
  const details = { roles: { caller: {} }, authmethods: [method], authid, authextra: authextra?.() ?? {} };
  const [asked, challenge] = await ask({ type: 'HELLO', realm: 'realm1', details });
  if (challenge.type !== 'CHALLENGE') throw new Error(`expected CHALLENGE, got ${JSON.stringify(challenge)}`);
  const [refused, abort] = await ask({ type: 'AUTHENTICATE', signature: signature(challenge.extra), extra: {} });
  if (abort.reason !== 'wamp.error.authentication_failed')
    throw new Error(`expected ABORT, got ${JSON.stringify(abort)}`);
  return [asked, refused];
}

const quantile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
const sorted = (values) => values.toSorted((a, b) => a - b);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values, of) => values.reduce((sum, value) => sum + (value - of) ** 2, 0) / (values.length - 1);

/** Welch's t, without the slowest tenth, which is what others did meanwhile. */
function tOf(one, other) {
  const most = quantile(sorted([...one, ...other]), 0.9);
  const [a, b] = [one, other].map((values) => values.filter((value) => value <= most));
  const [meanA, meanB] = [mean(a), mean(b)];
  return (meanA - meanB) / Math.sqrt(variance(a, meanA) / a.length + variance(b, meanB) / b.length);
}

async function measure(name, scenario) {
  const router = await routerFor(scenario.principal);
  // To the challenge and to the refusal, for names that exist, for others, and again for names that exist.
  const { logins = count } = scenario;
  const times = [0, 1].map(() => [[], [], []]);
  for (let turn = -logins / 10; turn < logins * 3; turn++) {
    const kind = Math.floor(Math.random() * 3);
    const index = Math.floor(Math.random() * USERS) + (kind === 1 ? USERS : 0);
    const took = await login(router, scenario, nameOf(index));
    if (turn >= 0) for (const phase of [0, 1]) times[phase][kind].push(took[phase]);
  }
  return times.map(([known, unknown, again], phase) => {
    const [ofKnown, ofUnknown] = [known, unknown].map((values) => quantile(sorted(values), 0.5) * 1000);
    const t = tOf(known, unknown);
    return {
      method: name,
      until: phase === 0 ? 'CHALLENGE' : 'ABORT',
      'known, µs': ofKnown.toFixed(1),
      'unknown, µs': ofUnknown.toFixed(1),
      t: t.toFixed(1),
      't of known and known': tOf(known, again).toFixed(1),
      same: Math.abs(t) < BOUND,
    };
  });
}

const rows = [];
for (const [name, scenario] of Object.entries(METHODS)) rows.push(...(await measure(name, scenario)));
console.table(rows);
if (rows.some(({ same }) => !same)) {
  console.log(`The time tells who exists: t beyond ${BOUND}.`);
  process.exitCode = 1;
} else console.log(`No difference: every t is below ${BOUND}.`);
