import { fileURLToPath } from 'node:url';

export const url = (port) => `ws://127.0.0.1:${port}/wamp`;
export const command = ({ port, node }) => [...node, fileURLToPath(new URL('run/fox-wamp.mjs', import.meta.url)), port];
