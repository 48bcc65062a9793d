import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const own = fileURLToPath(new URL('../..', import.meta.url));

export const url = (port) => `ws://127.0.0.1:${port}/`;
export const command = ({ port, node, checkout = own }) => [
  ...node,
  join(checkout, 'dist/cli/main.js'),
  'start',
  '--listen',
  `ws://127.0.0.1:${port}`,
];
