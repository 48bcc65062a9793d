import * as v from 'valibot';
import { atLeastZero, count, described, milliseconds, octets, secret, type Sources, text } from './parts.ts';

const ACTIONS = ['call', 'register', 'publish', 'subscribe'] as const;
const disclosure = v.picklist(['ask', 'always', 'never']);
const match = v.optional(v.picklist(['exact', 'prefix', 'wildcard']), 'exact');

const permission = v.strictObject({
  uri: described(v.string(), 'What it is about: a URI, or a pattern. An empty one with "prefix" is everything.'),
  match: described(match, 'How the URI is compared.'),
  allow: described(v.array(v.picklist(ACTIONS)), 'What may be done with it; everything else is denied.'),
  disclose: described(
    v.optional(disclosure),
    'Callers and publishers: "always" told to the others, "never" even when they ask. Default: as the realm has it.',
  ),
});

const procedure = (what: string) =>
  v.strictObject({
    procedure: described(text, what),
    realm: described(v.optional(text), 'The realm in which it is called. Default: this one.'),
  });

const role = v.strictObject({
  permissions: described(v.optional(v.array(permission), []), 'The most specific one that fits decides.'),
  authorizer: described(
    v.optional(procedure('Is called with session, URI, action and options, and returns whether that is allowed.')),
    'Is asked about what no permission fits. Default: that is denied.',
  ),
  maxMessagesPerSecond: described(
    v.optional(atLeastZero),
    'Messages of one session per second, in place of router.limits; 0 for no limit.',
  ),
});

const scramKeys = {
  iterations: described(count, 'Rounds.'),
  memory: described(v.optional(atLeastZero, 0), 'Kibibytes, for Argon2id.'),
  salt: described(text, 'The salt.'),
};

function principal(sources: Sources) {
  return v.strictObject({
    role: described(text, 'The role of the session.'),
    authid: described(v.optional(text), 'What WELCOME says. Default: the name.'),
    ticket: described(
      v.optional(
        v.union([
          secret(sources),
          v.strictObject({
            hash: described(text, 'What was made of the ticket, in base64.'),
            salt: described(text, 'The salt, in base64.'),
            iterations: described(count, 'Rounds of PBKDF2.'),
          }),
        ]),
      ),
      'For the method ticket: the ticket, or what `rocade auth ticket` makes of it.',
    ),
    wampcra: described(
      v.optional(
        v.union([
          secret(sources),
          v.strictObject({
            key: described(secret(sources), 'The key that the salt made of the secret, in base64.'),
            salt: described(v.optional(text), 'The salt.'),
            iterations: described(v.optional(count), 'Rounds of PBKDF2.'),
            keylen: described(v.optional(count), 'Octets of the key.'),
          }),
        ]),
      ),
      'For the method wampcra: the secret, or what `rocade auth cra` makes of it.',
    ),
    scram: described(
      v.optional(
        v.strictObject({
          kdf: described(v.picklist(['argon2id13', 'pbkdf2']), 'What the keys were made by.'),
          ...scramKeys,
          storedKey: described(text, 'In base64.'),
          serverKey: described(text, 'In base64.'),
        }),
      ),
      'For the method wamp-scram: what `rocade auth scram` makes of the password.',
    ),
    crossbarScram: described(
      v.optional(
        v.strictObject({
          kdf: described(v.picklist(['argon2id-13', 'pbkdf2']), 'What the keys were made by.'),
          ...scramKeys,
          'stored-key': described(text, 'In hex.'),
          'server-key': described(text, 'In hex.'),
        }),
      ),
      "For the method scram, which is Crossbar.io's: what `rocade auth crossbar-scram` makes of the password.",
    ),
    cryptosign: described(v.optional(v.array(text)), 'For the method cryptosign: public keys, in hex.'),
    certificates: described(v.optional(v.array(text)), 'For the method tls: SHA-256 of client certificates, in hex.'),
    second: described(
      v.optional(v.picklist(['ticket', 'wampcra', 'wamp-scram', 'scram', 'cryptosign'])),
      'A second proof that is asked for after the first.',
    ),
    extra: described(v.optional(v.record(v.string(), v.unknown())), 'Told to the client in WELCOME.'),
  });
}

function auth(sources: Sources) {
  return v.strictObject({
    anonymous: described(
      v.optional(text),
      'The role of those who do not say who they are. Default: they are not let in.',
    ),
    principals: described(v.optional(v.record(text, principal(sources)), {}), 'Who may log in, by name.'),
    authenticator: described(
      v.optional(procedure('Is called with realm, name and details, and returns a role or a principal.')),
      'Is asked about names that are not among the principals. Needs "methods".',
    ),
    methods: described(
      v.optional(
        v.array(v.picklist(['ticket', 'wampcra', 'wamp-scram', 'scram', 'cryptosign', 'anonymous', 'cookie', 'tls'])),
      ),
      'The methods to offer. Default: those that the principals have something for.',
    ),
    privateKey: described(
      v.optional(secret(sources)),
      "The router's own key for cryptosign, in hex, to prove who it is.",
    ),
    cookie: described(
      v.optional(v.strictObject({ maxAge: described(v.optional(milliseconds), 'Milliseconds. Default: a day.') })),
      'Lets browsers in again by their cookie.',
    ),
  });
}

function realm(sources: Sources) {
  return v.strictObject({
    name: described(text, 'The name of the realm.'),
    auth: described(
      v.optional(auth(sources)),
      'How clients prove who they are. Default: nobody has to, and all have the role "anonymous".',
    ),
    roles: described(
      v.optional(v.record(text, role)),
      'What sessions may do, by their role: what is not allowed is denied. Default: everybody may do everything. Processes of this site that name no role have "process", which may do everything unless it stands here.',
    ),
    administrators: described(
      v.optional(v.array(text)),
      "Where there are no roles: those who may end others' sessions, registrations and subscriptions by the meta API. Default: the processes of this site that name no role.",
    ),
    disclosure: described(
      v.optional(disclosure),
      'Are receivers told who publishes or calls? Default: "ask", when the sender does.',
    ),
    trustLevels: described(
      v.optional(
        v.array(
          v.strictObject({
            level: described(atLeastZero, 'From 0, the lowest.'),
            authrole: described(v.optional(text), 'Whose messages.'),
            uri: described(v.optional(v.string()), 'To which topics and procedures.'),
            match: described(match, 'How the URI is compared.'),
          }),
        ),
      ),
      'What trust levels events and calls get; the first rule that fits decides.',
    ),
    retention: described(
      v.optional(
        v.strictObject({
          maxEvents: described(v.optional(atLeastZero), 'Default: 10,000.'),
          maxBytes: described(v.optional(octets), 'Default: 64 MiB.'),
        }),
      ),
      'How many of the events that publishers want kept are kept.',
    ),
    maxCallTimeout: described(
      v.optional(milliseconds),
      'Milliseconds that a call may take at most. Default: 0, for ever.',
    ),
    maxWaitingCalls: described(
      v.optional(atLeastZero),
      'How many calls of a registration may wait for its callees. Default: 1,000.',
    ),
  });
}

export function realmsSchema(sources: Sources) {
  return v.pipe(v.array(v.union([text, realm(sources)])), v.minLength(1, 'expected at least one realm'));
}

export type RealmConfig = Exclude<v.InferOutput<ReturnType<typeof realmsSchema>>[number], string>;
