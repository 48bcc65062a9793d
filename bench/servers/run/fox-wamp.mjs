import { createRequire } from 'node:module';

const FoxRouter = createRequire(import.meta.url)('fox-wamp');

new FoxRouter().listenWAMP({ host: '127.0.0.1', port: Number(process.argv[2]), path: '/wamp' });
process.on('SIGINT', () => process.exit(0));
