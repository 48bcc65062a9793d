import {
  type Dict,
  errorUris,
  type MatchPolicy,
  type MessageOf,
  MESSAGES,
  type Payload,
  PayloadError,
  payloadOf,
  type RouterMessage,
} from '../protocol/index.ts';
import { type Member, NO_DETAILS } from './member.ts';

type RequestType = 'PUBLISH' | 'SUBSCRIBE' | 'UNSUBSCRIBE' | 'CALL' | 'REGISTER' | 'UNREGISTER' | 'INVOCATION';

interface Request {
  readonly type: RequestType;
  readonly request: number;
}

/** Why a request was refused. */
export interface Refusal {
  readonly uri: string;
  readonly why: string;
  /** What a program may want to know of it. */
  readonly kwargs?: Dict;
}

/** Answers a request with ERROR and a sentence for the developer who made it. */
export function refuse(member: Member, request: Request, { uri, why, kwargs }: Refusal): void {
  sendFitting(member.send, errorFor(request, uri, payloadOf([why], kwargs)), errorFor(request, uri));
}

/** Sends a message, or the shorter one to who cannot take that much at once: what it says besides can be left out. */
export function sendFitting<M extends RouterMessage>(send: (message: M) => void, message: M, shorter: M): void {
  try {
    send(message);
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
    send(shorter);
  }
}

/** The ERROR that answers a request. */
export function errorFor({ type, request }: Request, error: string, payload?: Payload): MessageOf<'ERROR'> {
  return { type: 'ERROR', requestType: MESSAGES[type].code, request, details: NO_DETAILS, error, payload };
}

/** The match policy that was asked for; absent means exact. */
export function matchOf(message: MessageOf<'SUBSCRIBE' | 'REGISTER'>): MatchPolicy {
  return message.options.match ?? 'exact';
}

export function notAUri(uri: string): Refusal {
  return { uri: errorUris.invalidUri, why: `not a URI: '${uri.slice(0, 100)}'` };
}
