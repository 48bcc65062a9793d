import { connect } from 'rocade';

const client = await connect(process.argv[2] ?? 'ws://localhost:9000');
// People take their time.
console.log(await client.call('tab.ask', [process.argv[3] ?? 'Shall we go on?'], { timeout: 0 }));
await client.close();
