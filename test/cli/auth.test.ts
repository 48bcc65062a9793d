import { connect } from 'rocade';
import { crossbarScram, cryptosign, scram, ticket, wampcra } from 'rocade/auth';
import { memory } from 'rocade/memory';
import { type Principal, Router } from 'rocade/router';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { rocade } from '../../src/cli/program.ts';

const SECRET = 'Tr0ub4dor-and-3';
let printed = '';
beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  vi.stubEnv('TEST_SECRET', SECRET);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const run = async (...args: string[]): Promise<Record<string, string>> => {
  await (await rocade('auth')).parseAsync(['auth', ...args], { from: 'user' });
  return JSON.parse(printed);
};
const login = async (principal: Omit<Principal, 'role'>, by: ReturnType<typeof ticket>): Promise<string> => {
  const router = new Router({
    realms: [{ name: 'realm1', auth: { principals: { alice: { role: 'user', ...principal } } } }],
  });
  const client = await connect(memory(router), { auth: [by], retry: false });
  const method = client.session?.welcome.authmethod;
  await client.close();
  return String(method);
};

test.each([
  ['ticket', () => ticket({ authid: 'alice', ticket: SECRET })],
  ['cra', () => wampcra({ authid: 'alice', secret: SECRET })],
  ['scram', () => scram({ authid: 'alice', password: SECRET })],
  ['crossbar-scram', () => crossbarScram({ authid: 'alice', password: SECRET })],
] as const)('rocade auth %s makes what lets in who knows the secret, and does not show it', async (kind, method) => {
  const principal = await run(kind, '--secret', 'env:TEST_SECRET');
  expect(printed).not.toContain(SECRET);
  expect(await login(principal, method())).toBe(method().name);
});

test('rocade auth key makes a pair, and finds the public half of a private key', async () => {
  const { privateKey = '', publicKey = '' } = await run('key');
  expect(await login({ cryptosign: publicKey }, cryptosign({ privateKey }))).toBe('cryptosign');
  printed = '';
  expect(await run('key', '--secret', privateKey)).toEqual({ publicKey });
});

test('without a secret there is nothing to make a record of', async () => {
  await expect(run('scram')).rejects.toThrow('--secret is missing');
});
