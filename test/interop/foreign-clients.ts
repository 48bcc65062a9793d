import { existsSync } from 'node:fs';
import { AgentParty, type Login } from './agent-party.ts';
import type { Traits } from './party.ts';
import { interopFolder } from './peer-process.ts';

/** A client of another make: how to start it, and what is particular to it. */
export interface ForeignClient {
  readonly traits: Traits;
  join(url: string, realm: string, login?: Login): Promise<AgentParty>;
}

export const pythonCommand = `${interopFolder}.peers/python/bin/python`;
export const crossbarCommand = `${interopFolder}.peers/python/bin/crossbar`;

/** What `setup.sh` installs and is not there. */
export function missingPeers(): string[] {
  const needed = [pythonCommand, crossbarCommand, ...['autobahn', 'wampy', 'fox-wamp', 'ws'].map(nodePeer)];
  return needed.filter((path) => !existsSync(path));
}

function nodePeer(name: string): string {
  return `${interopFolder}peers/node_modules/${name}/package.json`;
}

function client(traits: Traits, command: readonly string[], serializer = 'json'): ForeignClient {
  return {
    traits,
    join: (url, realm, login) => AgentParty.join({ traits, command, url, realm, serializer, login }),
  };
}

const autobahnPythonCommand = [pythonCommand, 'peers/autobahn_python.py'];
const xconnCommand = [pythonCommand, 'peers/xconn_client.py'];
const autobahnJsCommand = [process.execPath, 'peers/autobahn-js.mjs'];
const wampyCommand = [process.execPath, 'peers/wampy.mjs'];

export const autobahnPython = client(
  {
    name: 'autobahn-python',
    readsBinary: true,
    writesBinary: 'binary',
    hearsItself: true,
    errorKwargs: true,
    nativeError: (message) => ({ uri: 'wamp.error.runtime_error', args: [message], kwargs: {} }),
    tellsReason: true,
    answersGoodbye: true,
  },
  autobahnPythonCommand,
);

export const xconn = client(
  {
    name: 'xconn',
    // Its JSON serializer is json.dumps and json.loads: bytes are refused, the binary convention is unknown to it.
    readsBinary: false,
    writesBinary: 'refused',
    hearsItself: true,
    // It sends the URI and the arguments of an error only.
    errorKwargs: false,
    nativeError: (message) => ({ uri: 'wamp.error.runtime_error', args: [message], kwargs: {} }),
    tellsReason: false,
    answersGoodbye: false,
  },
  xconnCommand,
);

export const autobahnJs = client(
  {
    name: 'autobahn-js',
    // No binary convention: JSON.stringify makes an object of the bytes, and text stays text.
    readsBinary: false,
    writesBinary: 'object',
    hearsItself: true,
    errorKwargs: true,
    // The thrown Error itself is the argument; in JSON nothing of it is left.
    nativeError: () => ({ uri: 'wamp.error.runtime_error', args: [{}], kwargs: {} }),
    tellsReason: true,
    answersGoodbye: true,
  },
  autobahnJsCommand,
);

export const wampy = client(
  {
    name: 'wampy',
    readsBinary: false,
    writesBinary: 'object',
    // Sends exclude_me only when it is true.
    hearsItself: false,
    errorKwargs: true,
    nativeError: () => ({ uri: 'wamp.error.invocation_exception', args: [], kwargs: {} }),
    tellsReason: false,
    answersGoodbye: true,
  },
  wampyCommand,
);

export const foreignClients = [autobahnPython, xconn, autobahnJs, wampy];

/** The same clients in another serializer, where bytes are bytes. */
function inBinary({ traits }: ForeignClient, serializer: string, other: Partial<Traits> = {}): Traits {
  return { ...traits, name: `${traits.name} in ${serializer}`, readsBinary: true, writesBinary: 'binary', ...other };
}

export const autobahnPythonIn = (serializer: string): ForeignClient =>
  client(inBinary(autobahnPython, serializer), autobahnPythonCommand, serializer);
export const xconnIn = (serializer: 'msgpack' | 'cbor'): ForeignClient =>
  client(inBinary(xconn, serializer), xconnCommand, serializer);

/** The codecs of the JavaScript clients rename a key `__proto__`, or choke on it. */
const losesProto = { losesProto: true };

export const binaryClients: readonly { readonly id: 'msgpack' | 'cbor'; readonly foreign: ForeignClient }[] = (
  ['msgpack', 'cbor'] as const
).flatMap((id) => [
  { id, foreign: autobahnPythonIn(id) },
  { id, foreign: xconnIn(id) },
  { id, foreign: client(inBinary(autobahnJs, id, losesProto), autobahnJsCommand, id) },
  { id, foreign: client(inBinary(wampy, id, losesProto), wampyCommand, id) },
]);
