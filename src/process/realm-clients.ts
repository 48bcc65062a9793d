import { randomBytes } from 'node:crypto';
import { ticket } from '../auth/index.ts';
import { Client, json } from '../index.ts';
import { rawSocket } from '../node/index.ts';
import type { Admission } from './messages.ts';
import { AT_ONCE, patient } from './patient.ts';

/** The manager's own sessions in the realms of its router, made when they are needed. */
export class RealmClients {
  readonly #url: string;
  readonly #admit: (admission: Admission) => Promise<void>;
  readonly #clients = new Map<string, Promise<Client>>();
  /** Those that still connect as well, which may take until somebody ends it. */
  readonly #all = new Set<Client>();

  constructor(url: string, admit: (admission: Admission) => Promise<void>) {
    this.#url = url;
    this.#admit = admit;
  }

  /** Does anybody answer this procedure? False as well when the router cannot be asked just now. */
  async isRegistered(realm: string, procedure: string): Promise<boolean> {
    try {
      const client = await this.in(realm);
      return (await client.call('wamp.registration.match', [procedure], { timeout: 5000 })) !== null;
    } catch {
      return false;
    }
  }

  /** The session in a realm; it comes back by itself, as those of workers do. */
  in(realm: string): Promise<Client> {
    const known = this.#clients.get(realm);
    if (known) return known;
    const made = this.#connect(realm);
    this.#clients.set(realm, made);
    // One that was refused may be let in later.
    made.then(
      (client) => client.on('closed', () => this.#clients.delete(realm)),
      () => this.#clients.delete(realm),
    );
    return made;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((client) => client.close()));
  }

  async #connect(realm: string): Promise<Client> {
    const admission = {
      authid: `manager.${realm}`,
      ticket: randomBytes(24).toString('base64url'),
      realm,
      role: undefined,
    };
    await this.#admit(admission);
    const client = new Client(patient(rawSocket(this.#url)), {
      realm,
      serializers: [json()],
      auth: [ticket(admission)],
      retry: AT_ONCE,
    });
    this.#all.add(client);
    void client.closed.then(() => this.#all.delete(client));
    // What it asks says by itself what has gone wrong.
    client.on('error', () => {});
    await client.open();
    return client;
  }
}
