import { ConnectionLostError } from 'rocade';
import { errorUris, type MessageOf } from 'rocade/protocol';
import { describe, expect, test, vi } from 'vitest';
import { deferred, drive, welcome } from './harness.ts';

describe('Advanced Profile, Authentication: CHALLENGE and AUTHENTICATE', () => {
  const welcomeBy = (authmethod: string): MessageOf<'WELCOME'> => {
    const { details, ...message } = welcome();
    return { ...message, details: { ...details, authmethod } };
  };
  const challenge = { type: 'CHALLENGE', authmethod: 'ticket', extra: { hint: 1 } } as const;

  test('HELLO offers the methods; the challenge is answered by the one that it names', async () => {
    const answer = vi.fn(() => ({ signature: 'secret', extra: { more: 1 } }));
    const { session, channel } = drive({
      auth: [
        { name: 'other', answer: () => ({ signature: '' }) },
        { name: 'ticket', authid: 'joe', authextra: () => ({ a: 1 }), answer },
      ],
    });
    const opening = session.join();
    expect(channel.take('HELLO').details).toMatchObject({
      authmethods: ['other', 'ticket'],
      authid: 'joe',
      authextra: { a: 1 },
    });
    channel.deliver(challenge);
    expect(await channel.next('AUTHENTICATE')).toMatchObject({ signature: 'secret', extra: { more: 1 } });
    expect(answer).toHaveBeenCalledWith({ hint: 1 }, channel);
    channel.deliver(welcomeBy('ticket'));
    await opening;
  });

  test('a second challenge may follow', async () => {
    const { session, channel } = drive({ auth: [{ name: 'ticket', answer: async () => ({ signature: 'x' }) }] });
    const opening = session.join();
    channel.take('HELLO');
    for (let round = 0; round < 2; round++) {
      channel.deliver(challenge);
      await channel.next('AUTHENTICATE');
    }
    channel.deliver(welcomeBy('ticket'));
    await opening;
  });

  test('who offers methods is not let in as anybody', async () => {
    const { session, channel } = drive({ auth: [{ name: 'ticket', answer: () => ({ signature: 'x' }) }] });
    const opening = session.join();
    channel.take('HELLO');
    channel.deliver(welcomeBy('anonymous'));
    await expect(opening).rejects.toThrow("the router wants 'anonymous', which was not offered");
    expect(channel.take('ABORT').reason).toBe(errorUris.authenticationFailed);
  });

  test('a WELCOME that does not say by which method was by that of the challenge, and refused without one', async () => {
    const verify = vi.fn();
    const auth = [{ name: 'ticket', answer: () => ({ signature: 'x' }), verify }];
    const { session, channel } = drive({ auth });
    const opening = session.join();
    channel.take('HELLO');
    channel.deliver(challenge);
    await channel.next('AUTHENTICATE');
    channel.deliver(welcome());
    await opening;
    expect(verify).toHaveBeenCalledOnce();

    const other = drive({ auth });
    const refused = other.session.join();
    other.channel.deliver(welcome());
    await expect(refused).rejects.toThrow("the router wants 'undefined', which was not offered");
    expect(verify).toHaveBeenCalledOnce();
  });

  // Crossbar.io says so, with the method that the cookie was given for.
  test('who was let in by a cookie owes no other proof, if a cookie was offered', async () => {
    const verify = vi.fn();
    const scram = { name: 'scram', answer: () => ({ signature: 'x' }), verify };
    const byCookie = welcomeBy('scram');
    const message = { ...byCookie, details: { ...byCookie.details, authprovider: 'cookie' } };
    const offered = drive({ auth: [{ name: 'cookie', answer: () => ({ signature: '' }) }, scram] });
    const opening = offered.session.join();
    offered.channel.deliver(message);
    await opening;
    const not = drive({ auth: [scram] });
    const refused = not.session.join();
    not.channel.deliver(message);
    await expect(refused).rejects.toThrow("the router wants 'cookie', which was not offered");
    expect(verify).not.toHaveBeenCalled();
  });

  test('a method that cannot even begin ends it before HELLO, and the connection with it', async () => {
    const authextra = vi.fn(() => {
      throw new Error('no TLS here');
    });
    const { session, channel, clock } = drive({
      auth: [{ name: 'ticket', authextra, answer: () => ({ signature: '' }) }],
    });
    await expect(session.join()).rejects.toThrow('no TLS here');
    expect(authextra).toHaveBeenCalledWith(channel);
    channel.expectNothingSent();
    expect([channel.closedWith?.code, clock.pending]).toEqual([1000, 0]);
  });

  test('the method looks at WELCOME before the session is open, and may refuse it', async () => {
    const verify = vi.fn(() => {
      throw new Error('this is not the router it says it is');
    });
    const { session, channel } = drive({ auth: [{ name: 'ticket', answer: () => ({ signature: 'x' }), verify }] });
    const opening = session.join();
    channel.take('HELLO');
    channel.deliver(welcomeBy('ticket'));
    await expect(opening).rejects.toThrow('this is not the router it says it is');
    expect(verify).toHaveBeenCalledWith(expect.objectContaining({ authmethod: 'ticket', authid: 'joe' }));
    expect(channel.take('ABORT').reason).toBe(errorUris.authenticationFailed);
  });

  test.each([
    ['a method that was not offered', [], /'ticket'/],
    [
      'a method that throws',
      [
        {
          name: 'ticket',
          answer: () => {
            throw new Error('no key');
          },
        },
      ],
      /no key/,
    ],
    ['a method that rejects', [{ name: 'ticket', answer: () => Promise.reject(new Error('no key')) }], /no key/],
  ])('%s gives up the session with that error', async (_, auth, text) => {
    const { session, channel } = drive({ auth });
    const opening = session.join();
    channel.take('HELLO');
    channel.deliver(challenge);
    await expect(opening).rejects.toThrow(text);
    expect((await channel.next('ABORT')).reason).toBe(errorUris.authenticationFailed);
    expect(channel.closedWith).toBeDefined();
  });

  test('an answer that comes after the end goes nowhere', async () => {
    const { promise, resolve } = deferred<{ signature: string }>();
    const { session, channel } = drive({ auth: [{ name: 'ticket', answer: () => promise }] });
    const opening = session.join();
    channel.take('HELLO');
    channel.deliver(challenge);
    channel.lose();
    resolve({ signature: 'late' });
    await expect(opening).rejects.toThrow(ConnectionLostError);
    channel.expectNothingSent();
  });
});
