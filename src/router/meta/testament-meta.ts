import {
  checkAttributes,
  errorUris,
  type MessageOf,
  NO_DICT,
  payloadOf,
  ProtocolViolation,
  WampError,
} from '../../protocol/index.ts';
import type { Verdict } from '../access.ts';
import type { LocalCall, LocalProcedure } from '../local-callee.ts';
import type { Member } from '../member.ts';
import { checkPassthru } from '../passthru.ts';
import { sizeOf } from '../payload-size.ts';
import type { Refusal } from '../replies.ts';
import { type Bequests, type Testament, TESTAMENT_SCOPES, type TestamentScope } from '../testaments.ts';
import { misfit, optional, required } from './arguments.ts';

/** What testaments need of their realm. */
export interface TestamentHost {
  readonly bequests: Bequests;
  /** Counts that a session was kept within a limit, and says so. */
  limited(name: NonNullable<ReturnType<Bequests['add']>>): Refusal;
  /** May this session publish this? It may be another form of it that it may. */
  judge(member: Member, wanted: MessageOf<'PUBLISH'>): Verdict | Promise<Verdict>;
  /** Why nobody could publish this here. */
  refusalOf(testament: Testament): Refusal | undefined;
  /** Has it not left meanwhile? What comes for one that has would be kept for ever. */
  isHere(member: Member): boolean;
}

/** How sessions say what is to be published when they are gone. */
export function testamentProcedures(host: TestamentHost): Readonly<Record<string, LocalProcedure>> {
  // Until somebody has said of one whether it may be, what comes after it waits: they are kept in the order of the calls.
  const pending = new WeakMap<Member, Promise<void>>();
  const inTurn = (caller: Member, run: () => undefined | Promise<undefined>): undefined | Promise<undefined> => {
    const before = pending.get(caller);
    const result = before ? before.then(run) : run();
    if (!result) return undefined;
    const done: Promise<void> = result
      .catch(() => {})
      .then(() => {
        if (pending.get(caller) === done) pending.delete(caller);
      });
    pending.set(caller, done);
    return result;
  };
  const publishable = (verdict: Verdict): Testament => {
    if ('refusal' in verdict) throw errorOf(verdict.refusal);
    const testament = verdict.pass as Testament;
    const refusal = host.refusalOf(testament);
    if (refusal) throw errorOf(refusal);
    return testament;
  };
  const add = (call: LocalCall, verdict: Verdict): undefined => {
    const testament = publishable(verdict);
    if (!host.isHere(call.caller)) return;
    const limit = host.bequests.add(call.caller, scopeOf(call), { testament, bytes: sizeOf(call.payload) });
    if (limit) throw errorOf(host.limited(limit));
  };
  return {
    'wamp.session.add_testament': (call) => {
      scopeOf(call);
      const publish = publishOf(call);
      return inTurn(call.caller, () => {
        const verdict = host.judge(call.caller, publish);
        return verdict instanceof Promise ? verdict.then((later) => add(call, later)) : add(call, verdict);
      });
    },
    'wamp.session.flush_testaments': (call) => {
      const scope = scopeOf(call);
      return inTurn(call.caller, () => host.bequests.flush(call.caller, scope));
    },
  };
}

const errorOf = ({ uri, why }: Refusal): WampError => new WampError(uri, [why]);

function scopeOf(call: LocalCall): TestamentScope {
  const given = optional(call, 'scope', 'string') ?? 'destroyed';
  const scope = TESTAMENT_SCOPES.find((one) => one === given);
  if (!scope) throw misfit('scope', `one of ${TESTAMENT_SCOPES.join(', ')}`, `'${given.slice(0, 50)}'`);
  return scope;
}

/** The PUBLISH that it will be, held to the same rules as one that comes as a message. */
function publishOf(call: LocalCall): MessageOf<'PUBLISH'> {
  const topic = required(call, [0, 'topic'], 'string');
  const args = optional(call, [1, 'args'], 'list') ?? [];
  const kwargs = optional(call, [2, 'kwargs'], 'dictionary') ?? NO_DICT;
  // Nobody is there to be told that it was published.
  const options: MessageOf<'PUBLISH'>['options'] = {
    ...optional(call, 'publish_options', 'dictionary'),
    acknowledge: false,
  };
  try {
    checkAttributes('PUBLISH', 'publish_options', options);
    checkPassthru(call.caller, 'publisher', options);
  } catch (error) {
    if (!(error instanceof ProtocolViolation)) throw error;
    throw new WampError(errorUris.invalidArgument, [error.message.replace('PUBLISH.', '')]);
  }
  return { type: 'PUBLISH', request: 1, options, topic, payload: payloadOf(args, kwargs) };
}
