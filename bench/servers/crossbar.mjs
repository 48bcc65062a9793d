// Crossbar.io with one realm and one WebSocket listener, everything allowed to anonymous sessions.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const places = ['../.tools/crossbar/bin/crossbar', '../../test/interop/.peers/python/bin/crossbar'];
const binary = places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find(existsSync);

const config = (port) => ({
  version: 2,
  workers: [
    {
      type: 'router',
      realms: [
        {
          name: 'realm1',
          roles: [
            {
              name: 'anonymous',
              permissions: [
                {
                  uri: '',
                  match: 'prefix',
                  allow: { call: true, register: true, publish: true, subscribe: true },
                  disclose: { caller: false, publisher: false },
                  cache: true,
                },
              ],
            },
          ],
        },
      ],
      transports: [
        {
          type: 'websocket',
          endpoint: { type: 'tcp', port: Number(port), interface: '127.0.0.1' },
          serializers: ['json'],
          auth: { anonymous: { type: 'static', role: 'anonymous' } },
        },
      ],
    },
  ],
});

export const missing = () => (binary ? undefined : 'Crossbar.io is not installed');
export const url = (port) => `ws://127.0.0.1:${port}/ws`;
export const command = ({ port, directory }) => {
  const node = join(directory, '.crossbar');
  mkdirSync(node, { recursive: true });
  writeFileSync(join(node, 'config.json'), JSON.stringify(config(port)));
  return [binary, 'start', '--cbdir', node, '--loglevel', 'warn', '--color', 'false'];
};
