import { connect } from 'rocade';

const client = await connect(process.argv[2] ?? 'ws://localhost:9000');

await client.publish('un_evenement', ['Bonjour !'], { acknowledge: true });
console.log('published un_evenement');

await client.close();
