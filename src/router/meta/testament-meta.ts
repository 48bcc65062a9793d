import { checkAttributes, errorUris, payloadOf, NO_DICT, ProtocolViolation, WampError } from '../../protocol/index.ts';
import type { Verdict } from '../access.ts';
import type { LocalCall, LocalProcedure } from '../local-callee.ts';
import type { Member } from '../member.ts';
import { checkPassthru } from '../passthru.ts';
import { type Bequests, type Testament, TESTAMENT_SCOPES, type TestamentScope } from '../testaments.ts';
import { misfit, optional, required } from './arguments.ts';

/** What testaments need of their realm. */
export interface TestamentHost {
  readonly bequests: Bequests;
  /** May this session publish this? It may be another form of it that it may. */
  judge(member: Member, testament: Testament): Verdict | Promise<Verdict>;
}

/** How sessions say what is to be published when they are gone. */
export function testamentProcedures(host: TestamentHost): Readonly<Record<string, LocalProcedure>> {
  const add = (call: LocalCall, verdict: Verdict): undefined => {
    if ('refusal' in verdict) throw new WampError(verdict.refusal.uri, [verdict.refusal.why]);
    const noRoom = host.bequests.add(call.caller, scopeOf(call), verdict.pass as Testament);
    if (noRoom !== undefined) throw new WampError(errorUris.limitExceeded, [noRoom]);
  };
  return {
    'wamp.session.add_testament': (call) => {
      scopeOf(call);
      const verdict = host.judge(call.caller, testamentOf(call));
      return verdict instanceof Promise ? verdict.then((later) => add(call, later)) : add(call, verdict);
    },
    'wamp.session.flush_testaments': (call) => {
      host.bequests.flush(call.caller, scopeOf(call));
      return undefined;
    },
  };
}

function scopeOf(call: LocalCall): TestamentScope {
  const given = optional(call, 'scope', 'string') ?? 'destroyed';
  const scope = TESTAMENT_SCOPES.find((one) => one === given);
  if (!scope) throw misfit('scope', `one of ${TESTAMENT_SCOPES.join(', ')}`, `'${given.slice(0, 50)}'`);
  return scope;
}

/** The PUBLISH that it will be, held to the same rules as one that comes as a message. */
function testamentOf(call: LocalCall): Testament {
  const topic = required(call, [0, 'topic'], 'string');
  const args = optional(call, [1, 'args'], 'list') ?? [];
  const kwargs = optional(call, [2, 'kwargs'], 'dictionary') ?? NO_DICT;
  // Nobody is there to be told that it was published.
  const options: Testament['options'] = { ...optional(call, 'publish_options', 'dictionary'), acknowledge: false };
  try {
    checkAttributes('PUBLISH', 'publish_options', options);
    checkPassthru(call.caller, 'publisher', options);
  } catch (error) {
    if (!(error instanceof ProtocolViolation)) throw error;
    throw new WampError(errorUris.invalidArgument, [error.message.replace('PUBLISH.', '')]);
  }
  return { type: 'PUBLISH', request: 1, options, topic, payload: payloadOf(args, kwargs) };
}
