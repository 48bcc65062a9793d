import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const binary = fileURLToPath(new URL('../.tools/bin/nats-server', import.meta.url));

export const missing = () => (existsSync(binary) ? undefined : 'nats-server is not installed');
export const url = (port) => `nats://127.0.0.1:${port}`;
export const command = ({ port }) => [binary, '--addr', '127.0.0.1', '--port', port];
