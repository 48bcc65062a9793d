import {
  type Behaviour,
  type Failure,
  Inbox,
  type Party,
  PartyError,
  type PartyRegistration,
  type PartySubscription,
  type Payload,
  type PublishOptions,
  type Traits,
} from './party.ts';
import { PeerProcess } from './peer-process.ts';

type Answer = { id: number; ok: unknown } | { id: number; error: Failure | { message: string } };
type Happening =
  | { happened: 'ready' }
  | { happened: 'event' | 'invocation'; on: string; args: unknown[]; kwargs: Record<string, unknown> }
  | { happened: 'closed'; reason: string | null };

interface Joining {
  readonly traits: Traits;
  readonly command: readonly string[];
  readonly url: string;
  readonly realm: string;
  /** By its name in the subprotocol. */
  readonly serializer: string;
  readonly login?: Login | undefined;
}

/** How a client proves who it is. */
export interface Login {
  readonly method: string;
  readonly authid: string;
  /** A ticket, secret or password, or a private key in hex. */
  readonly secret: string;
  /** The type of what ties the login to its TLS connection. */
  readonly channelBinding?: string;
}

/** A client of another make: a script in `peers/` that takes commands and tells what happens, in lines of JSON. */
export class AgentParty implements Party {
  readonly traits: Traits;
  readonly closed: Promise<string | undefined>;
  #process: PeerProcess;
  #session = 0;
  #lastCommand = 0;
  #pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #inboxes = new Map<string, Inbox<Payload>>();
  #tellClosed: (reason: string | undefined) => void = () => {};
  #gone: Error | undefined;

  private constructor(traits: Traits, command: readonly string[]) {
    this.traits = traits;
    this.#process = new PeerProcess(traits.name, command);
    this.#process.onLine((line) => this.#onLine(line));
    this.closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
    void this.#process.ended.then(() => {
      this.#gone = new Error(`${traits.name} is gone\n${this.output}`);
      for (const pending of this.#pending.values()) pending.reject(this.#gone);
      this.#pending.clear();
    });
  }

  /** Starts the script and lets it join. Rejects with a PartyError when the router does not take it. */
  static async join({ traits, command, url, realm, serializer, login }: Joining): Promise<AgentParty> {
    const party = new AgentParty(traits, command);
    try {
      await party.#process.ready('"ready"');
      const { session } = (await party.#do('join', { url, realm, serializer, ...(login && { login }) })) as {
        session: number;
      };
      party.#session = session;
      return party;
    } catch (error) {
      await party.dispose();
      throw error;
    }
  }

  get session(): number {
    return this.#session;
  }

  get output(): string {
    return this.#process.output;
  }

  async subscribe(topic: string): Promise<PartySubscription> {
    const events = this.#open('event', topic);
    await this.#do('subscribe', { topic });
    return {
      events,
      unsubscribe: async () => {
        await this.#do('unsubscribe', { topic });
      },
    };
  }

  async publish(topic: string, payload: Payload, options: PublishOptions): Promise<void> {
    await this.#do('publish', { topic, ...payload, ...options });
  }

  async register(procedure: string, behaviour: Behaviour): Promise<PartyRegistration> {
    const invocations = this.#open('invocation', procedure);
    await this.#do('register', { procedure, behaviour });
    return {
      invocations,
      unregister: async () => {
        await this.#do('unregister', { procedure });
      },
    };
  }

  async call(procedure: string, payload: Payload): Promise<Payload> {
    return (await this.#do('call', { procedure, ...payload })) as Payload;
  }

  async leave(): Promise<void> {
    await this.#do('leave', {});
  }

  /** Ends the client's process with no chance for it to say goodbye. */
  kill(): Promise<void> {
    return this.#process.kill();
  }

  dispose(): Promise<void> {
    return this.#process.stop();
  }

  #open(kind: 'event' | 'invocation', on: string): Inbox<Payload> {
    const inbox = new Inbox<Payload>();
    this.#inboxes.set(`${kind} ${on}`, inbox);
    return inbox;
  }

  #do(op: string, parameters: object): Promise<unknown> {
    if (this.#gone) return Promise.reject(this.#gone);
    this.#lastCommand += 1;
    const id = this.#lastCommand;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#process.write(JSON.stringify({ id, op, with: pack(parameters) }));
    });
  }

  #onLine(line: string): void {
    if (!line.startsWith('{"')) return; // what the client's library prints
    const said = unpack(JSON.parse(line)) as Answer | Happening;
    if ('id' in said) this.#onAnswer(said);
    else if (said.happened === 'closed') this.#tellClosed(said.reason ?? undefined);
    else if (said.happened !== 'ready') {
      this.#inboxes.get(`${said.happened} ${said.on}`)?.push({ args: said.args, kwargs: said.kwargs });
    }
  }

  #onAnswer(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if ('ok' in answer) pending?.resolve(answer.ok);
    else if ('uri' in answer.error) pending?.reject(new PartyError(answer.error));
    else pending?.reject(new Error(`${this.traits.name}: ${answer.error.message}`));
  }
}

/** Bytes cross to the script under the key `$bytes`, so that they are never mistaken for text. */
function pack(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  return mapInside(value, pack);
}

function unpack(value: unknown): unknown {
  if (typeof value === 'object' && value !== null && '$bytes' in value) {
    return new Uint8Array(Buffer.from(String(value.$bytes), 'base64'));
  }
  return mapInside(value, unpack);
}

function mapInside(value: unknown, change: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item)]));
}
