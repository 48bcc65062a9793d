import { type Event, type EventHandler, Result, type Subscription, WampError } from 'rocade';
import { type MetaApi, type MetaClient, metaApi } from 'rocade/meta';

type Answers = Readonly<Record<string, unknown>>;

/** What was called, in the order in which it was. */
export interface Called {
  readonly procedure: string;
  readonly args: readonly unknown[];
  readonly kwargs: unknown;
}

/** A client on a router that answers as it is told. A function gets the call's arguments; what is not there is no procedure. */
export function scripted(answers: Answers): {
  readonly meta: MetaApi;
  readonly called: readonly Called[];
  readonly fire: (topic: string, args: readonly unknown[], kwargs?: Record<string, unknown>) => void;
} {
  const called: Called[] = [];
  const handlers = new Map<string, EventHandler>();
  const client: MetaClient = {
    session: { id: 1 },
    call(procedure, args = [], options) {
      called.push({ procedure, args, kwargs: options?.kwargs });
      const answer = answers[procedure];
      if (answer === undefined) return Promise.reject(new WampError('wamp.error.no_such_procedure'));
      if (typeof answer !== 'function') return Promise.resolve(answer);
      return Promise.resolve().then(() => (answer as (...args: unknown[]) => unknown)(args, options?.kwargs ?? {}));
    },
    subscribe(topic, handler) {
      handlers.set(topic, handler);
      return Promise.resolve({ topic, unsubscribe: () => Promise.resolve() } as Subscription);
    },
  };
  return {
    meta: metaApi(client),
    called,
    fire(topic, args, kwargs = {}) {
      handlers.get(topic)?.(args, { topic, kwargs } as Event);
    },
  };
}

/** Several positional values, or keyword values. */
export const several = (args: readonly unknown[], kwargs: Record<string, unknown> = {}): Result =>
  new Result(args, kwargs);
