import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { describeWithPeers } from './describe-peers.ts';
import { pythonCommand } from './foreign-clients.ts';
import { startOurRouter } from './our-router.ts';
import { interopFolder } from './peer-process.ts';
import { realm } from './routers.ts';

describeWithPeers('services of autobahn-python for our router', () => {
  test('say who comes in and what they may do', { timeout: 60_000 }, async () => {
    const procedures = ['com.example.authenticate', 'com.example.authorize'];
    const router = await startOurRouter(undefined, {
      auth: {
        methods: ['ticket', 'wampcra'],
        principals: [{ service: { role: 'service', ticket: 's3cret' } }, { procedure: 'com.example.authenticate' }],
      },
      roles: {
        service: procedures.map((uri) => ({ uri, allow: ['register'] })),
        user: { authorizer: { procedure: 'com.example.authorize' } },
      },
    });
    try {
      const command = ['peers/autobahn_services.py', router.url, realm];
      const { stdout } = await promisify(execFile)(pythonCommand, command, { cwd: interopFolder });
      const refused = 'wamp.error.authentication_failed';
      const denied = 'wamp.error.not_authorized';
      expect(JSON.parse(stdout)).toEqual({
        wampcra: ['user', 'dynamic', 'wampcra'],
        ticket: ['user', 'dynamic', 'ticket'],
        refused: [refused, refused, refused],
        'allowed, and disclosed': 'alice',
        denied: [denied, denied, denied, denied],
      });
    } finally {
      await router.close();
    }
  });
});
