import { WampError } from 'rocade';
import type { HistoryEvent, HistoryFilter } from 'rocade/meta';
import { describe, expect, test } from 'vitest';
import { scripted, several } from './scripted.ts';

const GET_EVENTS = 'wamp.subscription.get_events';
const START = Date.UTC(2026, 0, 1);
const at = (index: number): string => new Date(START + index * 1000).toISOString();
const numbers = Array.from({ length: 12 }, (_, index) => index);

/** As the specification has it. */
const specified = numbers.map((index) => ({
  timestamp: at(index),
  subscription: 9,
  publication: 100 + index,
  details: { topic: index % 2 ? 'com.example.odd' : 'com.example.even', publisher: 7 },
  args: [index],
  kwargs: { index },
}));

/** Crossbar.io: knows `limit` only, 10 unless given, and gives the newest first. */
const crossbar = (_args: unknown, kwargs: Record<string, unknown>): unknown => {
  const { limit = 10, ...others } = kwargs;
  if (Object.keys(others).length > 0) throw new WampError('wamp.error.runtime_error', ['unexpected keyword argument']);
  return [...numbers]
    .reverse()
    .slice(0, limit as number)
    .map((index) => ({
      ...{ time_ns: (START + index * 1000) * 1e6, realm: 'realm1', session_id: 7, authid: 'x', authrole: 'anonymous' },
      ...{ publication: 100 + index, topic: index % 2 ? 'com.example.odd' : 'com.example.even' },
      ...{ args: [index], kwargs: index === 0 ? null : { index } },
    }));
};

const values = (events: readonly HistoryEvent[]): unknown[] => events.map(({ args }) => args[0]);

describe('Advanced Profile, Event History: a client', () => {
  test('sends every condition by its name on the wire', async () => {
    const { meta, called } = scripted({ [GET_EVENTS]: [] });
    await meta.subscriptions.getEvents(9);
    await meta.subscriptions.getEvents(9, {
      ...{ limit: 5, reverse: true, topic: 'com.example.odd' },
      ...{ fromTime: new Date(START), afterTime: at(1), beforeTime: at(8), untilTime: new Date(START + 9000) },
      ...{ fromPublication: 101, afterPublication: 102, beforePublication: 108, untilPublication: 109 },
    });
    expect(called.map(({ args, kwargs }) => [args, kwargs])).toEqual([
      [[9], {}],
      [
        [9],
        {
          ...{ limit: 5, reverse: true, topic: 'com.example.odd' },
          ...{ from_time: at(0), after_time: at(1), before_time: at(8), until_time: at(9) },
          ...{ from_publication: 101, after_publication: 102, before_publication: 108, until_publication: 109 },
        },
      ],
    ]);
  });

  test('reads events of the specification, as one list or as the arguments themselves', async () => {
    const first = {
      ...{ timestamp: new Date(START), subscription: 9, publication: 100, topic: 'com.example.even', publisher: 7 },
      ...{ args: [0], kwargs: { index: 0 }, details: { topic: 'com.example.even', publisher: 7 } },
    };
    for (const answer of [specified, several(specified), several([specified], { more: true })]) {
      const events = await scripted({ [GET_EVENTS]: answer }).meta.subscriptions.getEvents(9);
      expect(values(events)).toEqual(numbers);
      expect(events[0]).toEqual(first);
    }
    for (const answer of [specified[0], [specified[0]]])
      expect(await scripted({ [GET_EVENTS]: answer }).meta.subscriptions.getEvents(9)).toEqual([first]);
    for (const answer of [null, [], several([])])
      expect(await scripted({ [GET_EVENTS]: answer }).meta.subscriptions.getEvents(9)).toEqual([]);
  });

  test('reads events of nexus, with capital letters and without times', async () => {
    const item = { Subscription: 9, Publication: 5, Details: {}, Arguments: [1], ArgumentsKw: { a: 1 } };
    const { meta } = scripted({ [GET_EVENTS]: several([[item]], { is_limit_reached: false }) });
    expect(await meta.subscriptions.getEvents(9)).toEqual([
      {
        ...{ timestamp: undefined, subscription: 9, publication: 5, topic: undefined, publisher: undefined },
        ...{ args: [1], kwargs: { a: 1 }, details: {} },
      },
    ]);
  });

  test('an event without a publication id is not understood', async () => {
    const { meta } = scripted({ [GET_EVENTS]: [{ timestamp: at(0) }] });
    await expect(meta.subscriptions.getEvents(9)).rejects.toMatchObject({ uri: 'wamp.error.invalid_payload' });
  });

  const cases: [what: string, filter: HistoryFilter, expected: number[]][] = [
    ['all', {}, numbers],
    ['the oldest three', { limit: 3 }, [0, 1, 2]],
    ['the newest three', { limit: 3, reverse: true }, [11, 10, 9]],
    ['from a time', { fromTime: at(9) }, [9, 10, 11]],
    ['after a time', { afterTime: new Date(START + 9000) }, [10, 11]],
    ['before a time', { beforeTime: at(2) }, [0, 1]],
    ['until a time', { untilTime: at(2) }, [0, 1, 2]],
    ['between times, in reverse', { fromTime: at(4), beforeTime: at(7), reverse: true }, [6, 5, 4]],
    ['of a topic', { topic: 'com.example.odd', limit: 2 }, [1, 3]],
    ['from a publication', { fromPublication: 110 }, [10, 11]],
    ['the next page', { afterPublication: 102, limit: 2 }, [3, 4]],
    ['the next page in reverse', { beforePublication: 108, limit: 2, reverse: true }, [7, 6]],
    ['until a publication', { untilPublication: 101 }, [0, 1]],
    ['between publications', { afterPublication: 104, untilPublication: 106 }, [5, 6]],
    ['from a publication that is not there', { fromPublication: 999 }, []],
  ];
  test.each(cases)('on Crossbar.io, chooses here what it cannot: %s', async (_, filter, expected) => {
    const { meta } = scripted({ [GET_EVENTS]: crossbar });
    const events = await meta.subscriptions.getEvents(9, filter);
    expect(values(events)).toEqual(expected);
    for (const event of events) {
      const index = event.args[0] as number;
      expect(event).toMatchObject({ subscription: 9, publication: 100 + index, publisher: 7 });
      expect(event.timestamp).toEqual(new Date(START + index * 1000));
      expect(event.kwargs).toEqual(index === 0 ? {} : { index });
    }
  });

  test('what the router refuses is told', async () => {
    for (const uri of ['wamp.error.no_such_subscription', 'wamp.error.not_authorized', 'wamp.error.runtime_error']) {
      const { meta } = scripted({
        [GET_EVENTS]: () => {
          throw new WampError(uri, ['no']);
        },
      });
      await expect(meta.subscriptions.getEvents(9, { reverse: true })).rejects.toMatchObject({ uri, args: ['no'] });
    }
  });
});
