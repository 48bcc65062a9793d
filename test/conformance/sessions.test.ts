import type { Message, MessageOf } from 'rocade/protocol';
import { Router } from 'rocade/router';
import { type RecordingChannel, recordingChannel } from 'rocade/testing';
import { json } from 'rocade';
import { describe, expect, test } from 'vitest';
import { type MultiSessionVector, multiSessionVectors, present, type Step } from './vectors.ts';

test.skipIf(!present)('there is one vector of several sessions', () => {
  expect(multiSessionVectors.map(({ file }) => file)).toEqual(['advanced/publisher_exclusion_disabled.json']);
});

/** Plays the clients of a vector against a router, and compares what the router sends. */
class Replay {
  readonly #router = new Router();
  readonly #channels = new Map<string, RecordingChannel>();
  /** What the router chose for the ids that the vector only stands in for. */
  readonly #bound = new Map<string, unknown>();
  readonly #requests = new Map<unknown, number>();

  constructor({ sessions }: MultiSessionVector) {
    for (const { session_id: name, roles, realm } of sessions) {
      const channel = recordingChannel({ serializer: json() });
      this.#router.accept(channel);
      channel.deliver({
        type: 'HELLO',
        realm,
        details: { roles: Object.fromEntries(roles.map((role) => [role, {}])) },
      });
      channel.take('WELCOME');
      this.#channels.set(name, channel);
    }
  }

  play({ from, to, message }: Step): void {
    if (to === 'router') this.#channel(from).deliver(this.#renumbered(message));
    else this.#compare(this.#channel(to).take(message['type'] as 'EVENT'), message);
  }

  end(): void {
    for (const channel of this.#channels.values()) channel.expectNothingSent();
  }

  #channel(name: string): RecordingChannel {
    const channel = this.#channels.get(name);
    if (!channel) throw new Error(`the vector has no session ${name}`);
    return channel;
  }

  /** The vectors number their requests 123 and 789, but a client counts from 1. */
  #renumbered({ request_id: id, args, kwargs, ...rest }: Step['message']): Message {
    const request = this.#requests.size + 1;
    this.#requests.set(id, request);
    const payload = args === undefined ? undefined : { args, kwargs };
    return { ...rest, request, payload } as unknown as MessageOf<'PUBLISH'>;
  }

  #compare(got: Message, { type, args, kwargs, request_id: request, details, ...ids }: Step['message']): void {
    const values = got as unknown as Record<string, unknown>;
    expect(values['type']).toBe(type);
    if (request !== undefined) expect(values['request']).toBe(this.#requests.get(request));
    if (details !== undefined) expect(values['details']).toEqual(details);
    if ('payload' in got) expect({ args: got.payload?.args, kwargs: got.payload?.kwargs }).toEqual({ args, kwargs });
    for (const [name, standIn] of Object.entries(ids)) {
      const value = values[name.replace(/_id$/, '')];
      expect(value).toEqual(expect.any(Number));
      const key = JSON.stringify([name, standIn]);
      expect(this.#bound.get(key) ?? value).toBe(value);
      this.#bound.set(key, value);
    }
  }
}

describe.skipIf(!present).each(multiSessionVectors)('$vector.description', ({ vector }) => {
  test('the router answers as the vector says, step by step, and sends nothing else', () => {
    const replay = new Replay(vector);
    expect(vector.sequence.length).toBe(4);
    for (const step of vector.sequence) replay.play(step);
    replay.end();
  });
});
