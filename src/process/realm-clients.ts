import { randomBytes } from 'node:crypto';
import { ticket } from '../auth/index.ts';
import { type Client, connect } from '../index.ts';
import { rawSocket } from '../node/index.ts';
import type { Admission } from './messages.ts';
import { AT_ONCE, patient } from './patient.ts';

/** The manager's own sessions in the realms of its router, made when they are needed. */
export class RealmClients {
  readonly #url: string;
  readonly #admit: (admission: Admission) => Promise<void>;
  readonly #clients = new Map<string, Promise<Client>>();

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
    for (const made of [...this.#clients.values()]) await made.then((client) => client.close()).catch(() => {});
  }

  async #connect(realm: string): Promise<Client> {
    const admission = {
      authid: `manager.${realm}`,
      ticket: randomBytes(24).toString('base64url'),
      realm,
      role: undefined,
    };
    await this.#admit(admission);
    const client = await connect(patient(rawSocket(this.#url)), { realm, auth: [ticket(admission)], retry: AT_ONCE });
    // What it asks says by itself what has gone wrong.
    client.on('error', () => {});
    return client;
  }
}
