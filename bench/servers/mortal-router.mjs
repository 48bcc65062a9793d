// A router in a process of its own, to be killed and stopped. Usage: node mortal-router.mjs port
import { startRouter } from '../../dist/node/index.js';

await startRouter({ listen: `ws://127.0.0.1:${process.argv[2]}` });
process.send?.('ready');
process.once('disconnect', () => process.exit());
