import { App } from 'rocade/app';

const app = new App({ url: process.argv[2] ?? 'ws://localhost:9000' });
app.event('un_evenement', ([details]) => app.log.info(`Received event ${details}`));
app.procedure('math.add', ([a, b]) => a + b);
await app.run();
