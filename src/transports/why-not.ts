/** Patterns of what Node and `ws` say of an attempt that failed, and what that means. The first that fits counts. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'nothing listens there'],
  [/ENOENT/, 'there is no such socket'],
  [/EACCES/, 'this user may not connect there'],
  [/ENOTFOUND/, 'there is no host of that name'],
  [/EAI_AGAIN/, 'the name of the host cannot be looked up now'],
  [/EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/, 'that host cannot be reached'],
  [/before secure TLS/, 'the connection was closed at once, by what may not speak TLS, or takes nobody now'],
  [/wrong version number|packet length too long|unknown protocol/i, 'what listens there does not speak TLS'],
  [/certificate|altnames/i, 'its certificate is not one that is trusted here'],
  [/Parse Error/, 'what listens there does not speak HTTP'],
  [/subprotocol/, 'what listens there takes WebSockets, but does not look like a WAMP router'],
  [/server response: 3/, 'what listens there sends clients elsewhere'],
  [/server response: 400/, 'what listens there takes no WAMP, or not with these serializers or at this path'],
  [/server response: 40[13]/, 'this client is refused there'],
  [/server response: 404/, 'nothing takes WebSockets at this path'],
  [/server response: 5/, 'the server, or a proxy before it, cannot do it now'],
  [/server response/, 'what listens there takes no WebSockets at this path'],
  [/hang up|ECONNRESET|EPIPE/, 'the connection was closed without an answer, by what may speak TLS, or no WAMP'],
];

/** Why an attempt failed, in words, with what the runtime said of it. `protocols` are those that were offered. */
export function whyNot(error: unknown, message = '', protocols: readonly string[] = []): string {
  // With several addresses for a name, the errors are in a list and the message is empty.
  const errors = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  const texts = errors.map((one) => (one instanceof Error ? one.message || codeOf(one) : ''));
  const text = [...new Set(texts)].filter(Boolean).join('; ') || message || codeOf(error);
  if (!text) return 'refused or not found';
  // What OpenSSL says is a path through its source with the reason in it.
  const short = /SSL routines:[^:]*:([^:]+)/.exec(text)?.[1] ?? text;
  const meaning = MEANINGS.find(([pattern]) => pattern.test(text))?.[1];
  const expected = /subprotocol/.test(text) ? `: expected ${protocols.join(' or ')}` : '';
  return meaning ? `${meaning}${expected} (${short})` : short;
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : '';
}
