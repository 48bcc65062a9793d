import { connect } from 'rocade';

const client = await connect(process.argv[2] ?? 'ws://localhost:9000');

await client.register('une_somme', ([a, b]) => a + b);
console.log('answering une_somme');
