import { App } from 'rocade/app';
import type { Site } from '../contract.ts';

const app = new App<Site>();

app.every(1000, () => app.client.publish('clock.tick', [new Date().toISOString()]));

export default app;
