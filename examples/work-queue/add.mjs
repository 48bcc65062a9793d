import { connect } from 'rocade';

const [, , count = '10', url = 'ws://localhost:9000'] = process.argv;
const client = await connect(url);
const open = new Set();
const outcomes = new Map();
let tell = () => {};
const allDone = new Promise((resolve) => {
  tell = resolve;
});

function done(id, outcome) {
  outcomes.set(id, outcome);
  open.delete(id);
  if (open.size === 0) tell();
}

const numbers = Array.from({ length: Number(count) }, (_, index) => 1_000_000 + index);
const ids = await client.call('jobs.add', numbers);
console.log(`added ${ids.length} jobs`);
for (const id of ids) open.add(id);
await client.subscribe('jobs.done', ([id, outcome]) => done(id, outcome));
// What was done before this listened, and what was not told: the connection was lost, or the queue has started again.
const ask = async () => {
  for (const id of [...open]) {
    const { outcome } = await client.call('jobs.get', [id], { idempotent: true });
    if (outcome) done(id, outcome);
  }
};
// A queue that is away says `jobs.up` once it is back.
const askNow = () => void ask().catch(() => {});
client.on('joined', askNow);
await client.subscribe('jobs.up', askNow);
askNow();
await allDone;

for (const [index, id] of ids.entries()) {
  const { result, error } = outcomes.get(id);
  console.log(`${numbers[index]}: ${error ?? result.join(' × ')}`);
}
await client.close();
