import { connect } from 'rocade';

const client = await connect(process.argv[2] ?? 'ws://localhost:9000');

// With others that answer it, in turn.
await client.register('une_somme', ([a, b]) => a + b, { invoke: 'roundrobin' });
console.log('answering une_somme');
