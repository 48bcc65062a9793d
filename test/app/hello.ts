import { App } from 'rocade/app';

const app = new App({ url: 'ws://localhost:9000' });
app.procedure('math.add', ([a, b]) => a + b);
await app.run();
