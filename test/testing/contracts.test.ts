import { type Channel, json, PayloadError, ProtocolViolation, type Serializer } from 'rocade';
import { type TestApi, serializerContract, transportContract } from 'rocade/testing';
import { describe, expect, test } from 'vitest';
import { memoryPair } from '../../src/transports/index.ts';

// A contract that passes everything proves nothing: here it meets implementations that break it in one way each.

/** Runs a contract with a runner of its own, and gives the titles of the tests that fail. */
async function failuresOf(run: (api: TestApi) => void): Promise<{ failed: string[]; count: number }> {
  const tests: [string, () => void | Promise<void>][] = [];
  run({ describe: (_, body) => body(), test: (name, body) => tests.push([name, body]), expect });
  const failed: string[] = [];
  for (const [name, body] of tests) {
    try {
      // A message that never comes would be waited for for ever.
      await Promise.race([
        body(),
        new Promise((_, reject) => setImmediate(() => setImmediate(() => reject(new Error('nothing came'))))),
      ]);
    } catch {
      failed.push(name);
    }
  }
  return { failed, count: tests.length };
}

function changed(change: (channel: Channel, original: Channel) => Partial<Channel>) {
  return () => {
    const [near, far] = memoryPair().map((original) => {
      const channel: Channel = {
        open: (receiver) => original.open(receiver),
        send: (message) => original.send(message),
        close: (code, reason) => original.close(code, reason),
        get bufferedAmount() {
          return original.bufferedAmount;
        },
      };
      return Object.defineProperties(channel, Object.getOwnPropertyDescriptors(change(channel, original)));
    }) as [Channel, Channel];
    return { near, far };
  };
}

describe('transportContract', () => {
  test('passes a channel that keeps it, in any runner', async () => {
    const { failed, count } = await failuresOf((api) =>
      transportContract(
        api,
        changed(() => ({})),
      ),
    );
    expect([failed, count > 10]).toEqual([[], true]);
  });

  const broken: Record<string, [ReturnType<typeof changed>, RegExp]> = {
    'loses every tenth message': [
      changed((_, original) => {
        let count = 0;
        return { send: (message) => void (++count % 10 !== 0 && original.send(message)) };
      }),
      /ten thousand messages/,
    ],
    'delivers in pairs, the second one first': [
      changed((_, original) => {
        let held: Parameters<Channel['send']>[0] | undefined;
        return {
          send(message) {
            original.send(message);
            if (held) original.send(held);
            held = held ? undefined : message;
          },
        };
      }),
      /in order|as it was sent/,
    ],
    'forgets the reason': [changed((_, original) => ({ close: (code) => original.close(code) })), /code and reason/],
    'tells of the closing twice': [
      changed((_, original) => ({
        open: (receiver) =>
          original.open({ ...bound(receiver), closed: (info) => [1, 2].forEach(() => receiver.closed(info)) }),
      })),
      /told once/,
    ],
    'tells its own side that it has closed': [
      changed((_, original) => {
        let mine: Parameters<Channel['open']>[0] | undefined;
        return {
          open: (receiver) => original.open((mine = receiver)),
          close(code = 1000, reason = '') {
            original.close(code, reason);
            mine?.closed({ code, reason });
          },
        };
      }),
      /hears nothing more/,
    ],
    'says that everything waits for ever': [changed(() => ({ bufferedAmount: 1 })), /nothing is buffered/],
  };
  test.each(Object.entries(broken))('finds a channel that %s', async (_, [makePair, title]) => {
    const { failed } = await failuresOf((api) => transportContract(api, makePair));
    expect(failed.join('\n')).toMatch(title);
  });
});

function bound(receiver: Parameters<Channel['open']>[0]): Parameters<Channel['open']>[0] {
  return {
    message: (message) => receiver.message(message),
    violation: (error) => receiver.violation(error),
    closed: (info) => receiver.closed(info),
  };
}

describe('serializerContract', () => {
  test('passes a serializer that keeps it, in any runner', async () => {
    const { failed, count } = await failuresOf((api) => serializerContract(api, json));
    expect([failed, count > 40]).toEqual([[], true]);
  });

  const plainJson = (parse: (text: string) => unknown = JSON.parse): Serializer => ({
    ...json(),
    decode: (frame) => json().decode(JSON.stringify(parse(frame as string))),
  });
  const broken: Record<string, [() => Serializer, RegExp]> = {
    'says that its frames are binary': [() => ({ ...json(), binary: true }), /of the kind that it says/],
    'throws something else for a bad frame': [() => plainJson(), /cut short/],
    'takes every frame for a message': [
      () => ({
        ...json(),
        decode(frame) {
          try {
            return json().decode(frame);
          } catch {
            return [{ type: 'CANCEL', request: 1, options: {} }];
          }
        },
      }),
      /cut short/,
    ],
    'lets functions through': [
      () => ({
        ...json(),
        encode(message) {
          try {
            return json().encode(message);
          } catch (error) {
            if (!(error instanceof PayloadError)) throw error;
            return '[49,1,{}]';
          }
        },
      }),
      /a function is refused/,
    ],
    'writes null options': [
      () => ({
        ...json(),
        encode: (message) =>
          message.type === 'PUBLISH' && 'rkey' in message.options
            ? '[16,1,{"exclude_me":false,"x_rkey":null},"com.example.topic"]'
            : json().encode(message),
      }),
      /undefined or null are not sent/,
    ],
    'loses keyword arguments': [
      () => ({
        ...json(),
        encode: (message) =>
          json().encode(
            'payload' in message && message.payload
              ? { ...message, payload: { ...message.payload, args: message.payload.args, kwargs: undefined } }
              : message,
          ),
      }),
      /CALL comes back/,
    ],
    'takes what follows a message': [
      () => ({
        ...json(),
        decode(frame) {
          const text = String(frame);
          const end = text.indexOf('][') + 1;
          return json().decode(end > 0 ? text.slice(0, end) : frame);
        },
      }),
      /something after the message/,
    ],
    'loses __proto__': [
      () => ({
        ...json(),
        decode: (frame) =>
          typeof frame === 'string' && frame.startsWith('[')
            ? json().decode(frame.replaceAll('"__proto__":{', '"lost":{'))
            : json().decode(frame),
      }),
      /__proto__ and constructor/,
    ],
  };
  test.each(Object.entries(broken))('finds a serializer that %s', async (_, [make, title]) => {
    const { failed } = await failuresOf((api) => serializerContract(api, make));
    expect(failed.join('\n')).toMatch(title);
  });

  test('a violation is a ProtocolViolation and nothing that only looks like one', async () => {
    const pretending: Serializer = {
      ...json(),
      decode(frame) {
        try {
          return json().decode(frame);
        } catch (error) {
          throw Object.assign(new Error((error as Error).message), { name: ProtocolViolation.name });
        }
      },
    };
    const { failed } = await failuresOf((api) => serializerContract(api, () => pretending));
    expect(failed.length).toBeGreaterThan(3);
  });
});
