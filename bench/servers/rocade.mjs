import { fileURLToPath } from 'node:url';

export const url = (port) => `ws://127.0.0.1:${port}/`;
export const command = ({ port, node }) => [
  ...node,
  fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url)),
  'start',
  '--listen',
  `ws://127.0.0.1:${port}`,
];
