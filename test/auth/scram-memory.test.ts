import { scram, scramChallenge, scramRecord, verifyScram } from 'rocade/auth';
import { expect, test, vi } from 'vitest';
import { pbkdf2 } from '../../src/auth/hash.ts';

vi.mock('../../src/auth/hash.ts', { spy: true });

test('only the first login of a client derives keys from the password, until the password or its salt is another', async () => {
  const cost = { kdf: 'pbkdf2', iterations: 4096 } as const;
  const [record, other] = [
    await scramRecord({ password: 'pencil', ...cost }),
    await scramRecord({ password: 'pencil', ...cost }),
  ];
  let password = 'pencil';
  const method = scram({ authid: 'alice', password: () => password });
  const derived = vi.mocked(pbkdf2);
  derived.mockClear();
  const login = async (kept = record) => {
    const authextra = method.authextra?.();
    const challenge = scramChallenge({ record: kept, authextra });
    const answer = await method.answer(challenge);
    const proof = verifyScram({ record: kept, authid: 'alice', authextra, challenge, answer });
    return [proof !== undefined, derived.mock.calls.length];
  };
  expect(await login()).toEqual([true, 1]);
  expect(await login()).toEqual([true, 1]);
  password = 'Pencil';
  expect(await login()).toEqual([false, 2]);
  password = 'pencil';
  expect(await login()).toEqual([true, 3]);
  expect(await login(other)).toEqual([true, 4]);
});
