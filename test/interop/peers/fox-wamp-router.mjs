// fox-wamp as a WAMP router: fox-wamp-router.mjs PORT.
import FoxRouter from 'fox-wamp';
import { happened } from './agent.mjs';

const router = new FoxRouter();
const server = router.listenWAMP({ host: '127.0.0.1', port: Number(process.argv[2]) });
server.on('listening', () => happened('ready'));
