// Writes docs/protocol.md from the message table and from what client and router announce, as they are built.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { connect } from 'rocade';
import { closeUris, errorUris, MAX_URI_LENGTH, MESSAGES } from 'rocade/protocol';
import { recordingChannel, testRouter } from 'rocade/testing';

const SENDERS = { client: 'client → router', router: 'router → client', both: 'both ways' };

const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const code = (text) => `\`${text}\``;

/** What may stand in a place, in the words of the error texts. */
const kindOf = (kind) => (typeof kind === 'string' ? kind : `one of ${kind.map(wordOf).join(', ')}`);
const wordOf = (word) => code(word.endsWith('_') ? `${word}…` : word);

function form({ code: number, fields, payload }, type) {
  const places = fields.map(({ name, optional }) => (optional ? `[${name}]` : name));
  return `[${[`${number} (${type})`, ...places, ...(payload ? ['[args]', '[kwargs]'] : [])].join(', ')}]`;
}

function section(type) {
  const spec = MESSAGES[type];
  const row = (name, kind, required) => [code(name), kindOf(kind), required ? 'yes' : 'no'];
  const rows = spec.fields.flatMap(({ name, kind, optional, attributes = {}, required }) => [
    row(name, kind, !optional),
    ...Object.entries(attributes).map(([key, value]) => row(`${name}.${key}`, value, key === required)),
  ]);
  if (spec.payload) rows.push(row('args', 'list', false), row('kwargs', 'dictionary', false));
  return [
    `### ${type}`,
    `Code ${spec.code}, ${SENDERS[spec.from]}.`,
    code(form(spec, type)),
    table(['place', 'expected', 'required'], rows),
  ].join('\n\n');
}

/** Role → announced features, as a table. */
const featureTable = (roles) =>
  table(
    ['role', 'features'],
    Object.entries(roles).map(([role, { features = {} }]) => [
      role,
      Object.keys(features)
        .filter((name) => features[name])
        .map(code)
        .join(', '),
    ]),
  );

/** What the client says in HELLO and the router in WELCOME. */
async function announced() {
  const channel = recordingChannel();
  const joining = connect(async () => channel, { retry: false });
  const hello = await channel.next('HELLO');
  channel.lose();
  await joining.catch(() => undefined);

  const router = testRouter();
  const client = await router.connect();
  const { welcome } = client.session;
  await router.close();
  return { client: hello.details.roles, router: welcome.roles };
}

const uriTable = (uris) =>
  table(
    ['name', 'URI'],
    Object.entries(uris).map(([name, uri]) => [code(name), code(uri)]),
  );

/** The page as it should stand in the repository. */
export async function protocolReference() {
  const types = Object.keys(MESSAGES).sort((a, b) => MESSAGES[a].code - MESSAGES[b].code);
  const { client, router } = await announced();
  const overview = table(
    ['code', 'message', 'direction', 'payload'],
    types.map((type) => {
      const { code: number, from, payload } = MESSAGES[type];
      return [number, `[${type}](#${type.toLowerCase()})`, SENDERS[from], payload ? 'yes' : ''];
    }),
  );
  const text = [
    '# Protocol reference',
    'The messages of WAMP v2 as this package checks them. This page is made from the message table in ' +
      '`src/protocol/messages.ts` by `npm run docs:protocol`; a test compares the two.',
    'A message is a list: its code, the fixed places below in their order, and for some the payload of the application, ' +
      '`args` and `kwargs`. Each message from outside is checked once. What does not fit ends the session with ABORT ' +
      '`wamp.error.protocol_violation`, and a text that names the message, the place, what was expected and what came:',
    '> `CALL.options.timeout: expected non-negative integer, got "soon"`',
    [
      '- **id**: an integer from 1 to 2^53.',
      '- **URI**: a string here. Whether it is a valid URI is checked where it is used, and answered with ' +
        '`wamp.error.invalid_uri`: no spaces, no `#`, no empty components, at most ' +
        `${MAX_URI_LENGTH} characters.`,
      '- **dictionary of roles**: each role may have `features`, a dictionary of booleans.',
      '- `x_…` is any private word that starts so.',
      '- Options and details that are not in the tables are kept and ignored. Those that are null or undefined are not sent.',
      '- `null` in the place of `args` or `kwargs` counts as absent. In the place of `args` may stand one binary value instead ' +
        'of a list, which is how an older form of payload passthru travels.',
    ].join('\n'),
    '## Messages',
    overview,
    ...types.map(section),
    '## Features',
    'What the client announces in HELLO:',
    featureTable(client),
    'What the router announces in WELCOME:',
    featureTable(router),
    '## URIs of errors',
    'By the names in `errorUris`:',
    uriTable(errorUris),
    '## Reasons for closing',
    'By the names in `closeUris`:',
    uriTable(closeUris),
  ].join('\n\n');
  return `${text}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../docs/protocol.md', import.meta.url), await protocolReference());
}
