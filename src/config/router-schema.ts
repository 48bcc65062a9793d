import * as v from 'valibot';
import { count, described, milliseconds, octets, secret, type Sources, text } from './parts.ts';
import { realmsSchema } from './realm-schema.ts';

export function routerSchema(sources: Sources) {
  return v.strictObject({
    listen: described(
      v.optional(v.union([secret(sources), v.pipe(v.array(text), v.minLength(1, 'expected at least one address'))])),
      'Where it listens: ws:// or wss:// for WebSocket, HTTP and RawSocket on one port, tcp://, tls:// or unix:/path for RawSocket. Default: ws://127.0.0.1:9000.',
    ),
    realms: described(v.optional(realmsSchema(sources), ['realm1']), 'The realms: names, or objects that say more.'),
    files: described(
      v.optional(
        v.union([
          text,
          v.record(
            v.pipe(v.string(), v.regex(/^\/(?:[\w~-][\w.~-]*\/?)*$/, 'expected a path such as "/" or "/assets"')),
            described(text, 'The directory of a path.'),
          ),
        ]),
      ),
      'A directory whose files are served on the same ports; or several, each under the path that it is served at, such as { "/": "./public", "/assets": "./assets" }. The longest path that fits comes first.',
    ),
    tls: described(
      v.optional(
        v.strictObject({
          key: described(text, 'The file with the private key, in PEM.'),
          cert: described(text, 'The file with the certificate, in PEM.'),
        }),
      ),
      'For wss:// and tls://.',
    ),
    unixMode: described(
      v.optional(v.pipe(v.string(), v.regex(/^0?[0-7]{3}$/, 'expected three octal digits, such as "660"'))),
      'Who may connect to a Unix socket, as the mode of its file. Default: "600".',
    ),
    origins: described(
      v.optional(v.array(text)),
      'Origins of web pages that may connect, besides those served from here or from this machine; "*" for all.',
    ),
    open: described(
      v.optional(v.boolean()),
      'Listen on more than this machine although a realm admits anybody? Default: false, which makes that a mistake.',
    ),
    authTimeout: described(
      v.optional(milliseconds),
      'Milliseconds that a client has to prove who it is. Default: 20,000.',
    ),
    maxMessageBytes: described(v.optional(octets), 'The largest message. Default: 16 MiB.'),
    maxDepth: described(
      v.optional(count),
      'Levels of lists and dictionaries in each other that a message may have. Default: 64.',
    ),
    pingInterval: described(
      v.optional(milliseconds),
      'Milliseconds of silence until a client is asked for a sign of life; after as many more it is cut off. Default: 15,000; 0 for never.',
    ),
    perMessageDeflate: described(
      v.optional(v.boolean()),
      'Compress messages of more than a kilobyte, for those WebSockets that offer it. Default: false.',
    ),
    limits: described(
      v.optional(
        v.strictObject({
          maxSessions: described(v.optional(count), 'Sessions in all. Default: 100,000.'),
          maxSessionsPerAddress: described(
            v.optional(count),
            'Sessions of one address, those from this machine not counted. Default: 20,000.',
          ),
          maxSubscriptions: described(v.optional(count), 'Subscriptions of one session. Default: 10,000.'),
          maxRegistrations: described(v.optional(count), 'Registrations of one session. Default: 10,000.'),
          maxPendingCalls: described(v.optional(count), 'Calls of one session without an answer. Default: 10,000.'),
          maxPendingCallBytes: described(
            v.optional(octets),
            "What is kept of one session's calls, as they wait for a callee or may go to another. Default: 64 MiB.",
          ),
          maxTestaments: described(v.optional(count), 'Testaments of one session. Default: 100.'),
          maxTestamentBytes: described(v.optional(octets), "What one session's testaments may take. Default: 1 MiB."),
          maxQueuedBytes: described(
            v.optional(octets),
            'What may wait to be sent to one session before it counts as slow. Default: 16 MiB.',
          ),
          maxMessagesPerSecond: described(
            v.optional(count),
            'Messages of one session per second; faster ones are made to wait. Not for the processes of this site. Default: no limit.',
          ),
          maxFailedLoginsPerAddress: described(
            v.optional(count),
            'Failed logins of one address within a minute, those from this machine not counted; more are not heard. Default: 60.',
          ),
          maxFailedLoginsPerAuthid: described(
            v.optional(count),
            'Failed logins of one name within a minute; more are not heard but from where it has logged in before. Default: 60.',
          ),
        }),
      ),
      'How much clients may have. Past a limit something is refused, and counted.',
    ),
    slowSubscribers: described(
      v.optional(v.picklist(['disconnect', 'drop'])),
      'What happens to a session that is too slow: it is ended, or misses events. Default: "disconnect".',
    ),
    helloTimeout: described(
      v.optional(milliseconds),
      'Milliseconds that a new connection has for its HELLO. Default: 5000.',
    ),
    goodbyeTimeout: described(
      v.optional(milliseconds),
      'Milliseconds that a client has to answer GOODBYE. Default: 1000.',
    ),
  });
}

export type RouterConfig = v.InferOutput<ReturnType<typeof routerSchema>>;
