import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { describeWithPeers } from './describe-peers.ts';
import { pythonCommand } from './foreign-clients.ts';
import { startOurRouter } from './our-router.ts';
import { interopFolder } from './peer-process.ts';
import { realm } from './routers.ts';

describeWithPeers('advanced calls of autobahn-python on our router', () => {
  test('are shared, come in parts, end in time, go to another callee, wait for one that is free', {
    timeout: 60_000,
  }, async () => {
    const router = await startOurRouter(undefined, { administrators: ['anonymous'] });
    try {
      const command = ['peers/autobahn_calls.py', router.url, realm];
      const { stdout } = await promisify(execFile)(pythonCommand, command, { cwd: interopFolder });
      expect(JSON.parse(stdout)).toEqual({
        roundrobin: ['one', 'two', 'one', 'two'],
        progress: [0, 1, 2, 'done'],
        timeout: ['wamp.error.timeout', 'interrupted'],
        rerouted: 'two',
        concurrency: [[0, 1, 2, 3, 4, 5], 2],
        'taken over': 'two',
      });
    } finally {
      await router.close();
    }
  });
});
