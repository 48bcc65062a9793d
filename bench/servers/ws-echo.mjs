// The yardstick: every message goes back as it came, with the `ws` library and nothing else.

import { fileURLToPath } from 'node:url';

export const url = (port) => `ws://127.0.0.1:${port}/`;
export const command = ({ port, node }) => [...node, fileURLToPath(new URL('run/ws-echo.mjs', import.meta.url)), port];
