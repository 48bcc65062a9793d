import { connect } from 'rocade';

const client = await connect(process.argv[2] ?? 'ws://localhost:9000');

await client.subscribe('un_evenement', ([message]) => {
  console.log('un_evenement:', message);
});
console.log('waiting for un_evenement');
