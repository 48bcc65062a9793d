import { connect } from 'rocade';

const client = await connect(process.argv[2] ?? 'ws://localhost:9000');

console.log('2 + 3 =', await client.call('une_somme', [2, 3]));

await client.close();
