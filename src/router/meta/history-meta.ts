import {
  type Dict,
  errorUris,
  isEmpty,
  matchesUri,
  type MessageOf,
  type Payload,
  WampError,
} from '../../protocol/index.ts';
import type { Verdict } from '../access.ts';
import type { History } from '../history.ts';
import type { HistoryEvent } from '../history-store.ts';
import { select } from '../history-query.ts';
import type { LocalCall, LocalProcedure } from '../local-callee.ts';
import type { Member, Subscription } from '../member.ts';
import { receiversOf } from '../receivers.ts';
import type { Subscriptions } from '../subscriptions.ts';
import { misfit, optional, required } from './arguments.ts';
import { isoTime } from './listing.ts';

/** What asking for history needs of its realm. */
export interface HistoryHost {
  readonly subscriptions: Subscriptions;
  readonly history: History | undefined;
  /** May this session subscribe to this? If not, its past is none of its business either. */
  judge(member: Member, message: MessageOf<'SUBSCRIBE'>): Verdict | Promise<Verdict>;
}

/** How past events are asked for. Specification: Advanced Profile, "Event History". */
export function historyProcedures(host: HistoryHost): Readonly<Record<string, LocalProcedure>> {
  const answer = async (call: LocalCall, subscription: Subscription): Promise<Payload> => {
    const { topic, match } = subscription;
    const conditions = conditionsOf(call, subscription);
    const verdict = await host.judge(call.caller, { type: 'SUBSCRIBE', request: 1, options: { match }, topic });
    if ('refusal' in verdict) throw new WampError(errorUris.notAuthorized, [verdict.refusal.why]);
    const log = host.history?.logFor(subscription);
    if (!log)
      throw new WampError(errorUris.historyUnavailable, [`this realm keeps no history of '${topic}' (${match})`]);
    const { found, more } = select(await log.events(), conditions);
    return { args: found.map((event) => shown(event, subscription)), kwargs: { is_limit_reached: more } };
  };
  return {
    'wamp.subscription.get_events': (call) => {
      const id = required(call, [0, 'subscription'], 'id');
      const subscription = host.subscriptions.get(id);
      if (!subscription) throw new WampError(errorUris.noSuchSubscription, [`there is no subscription ${id}`]);
      return answer(call, subscription);
    },
  };
}

function conditionsOf(call: LocalCall, subscription: Subscription): Parameters<typeof select>[1] {
  const { caller } = call;
  const topic = optional(call, 'topic', 'URI');
  const publication = (name: string): number | undefined => optional(call, name, 'id');
  return {
    limit: optional(call, 'limit', 'positive integer'),
    reverse: optional(call, 'reverse', 'boolean'),
    fromTime: timeIn(call, 'from_time'),
    afterTime: timeIn(call, 'after_time'),
    beforeTime: timeIn(call, 'before_time'),
    untilTime: timeIn(call, 'until_time'),
    fromPublication: publication('from_publication'),
    afterPublication: publication('after_publication'),
    beforePublication: publication('before_publication'),
    untilPublication: publication('until_publication'),
    fits: (event) =>
      (topic === undefined || event.topic === topic) &&
      // The log may be of more than was asked for.
      matchesUri(event.topic, subscription.topic, subscription.match) &&
      (event.restriction === undefined || receiversOf(event.restriction)?.admit(caller) !== false),
  };
}

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/u;

function timeIn(call: LocalCall, name: string): number | undefined {
  const text = optional(call, name, 'string');
  if (text === undefined) return undefined;
  const time = RFC3339.test(text) ? Date.parse(text.replace(' ', 'T').toUpperCase()) : Number.NaN;
  if (Number.isNaN(time)) throw misfit(name, 'a time as in RFC 3339', `'${text.slice(0, 50)}'`);
  return time;
}

/** An event as the specification shows it, with the topic where the subscription does not say it. */
function shown({ time, publication, topic, details, payload }: HistoryEvent, { id, match }: Subscription): Dict {
  const args = payload?.args ?? [];
  const kwargs = payload?.kwargs ?? {};
  return {
    timestamp: isoTime(time),
    subscription: id,
    publication,
    details: match === 'exact' ? details : { topic, ...details },
    ...(args.length > 0 && { args }),
    ...(!isEmpty(kwargs) && { kwargs }),
  };
}
