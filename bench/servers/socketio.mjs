import { fileURLToPath } from 'node:url';

export const url = (port) => `http://127.0.0.1:${port}/`;
export const command = ({ port, node }) => [...node, fileURLToPath(new URL('run/socketio.mjs', import.meta.url)), port];
