import { type Client, connect } from '../index.ts';
import { rawSocket } from '../node/index.ts';

/** The manager's own sessions in the realms of its router, made when they are needed. */
export class RealmClients {
  readonly #url: string;
  readonly #clients = new Map<string, Promise<Client>>();

  constructor(url: string) {
    this.#url = url;
  }

  /** Does anybody answer this procedure? False as well when the router cannot be asked just now. */
  async isRegistered(realm: string, procedure: string): Promise<boolean> {
    try {
      const client = await this.#in(realm);
      return (await client.call('wamp.registration.match', [procedure], { timeout: 5000 })) !== null;
    } catch {
      this.#clients.delete(realm);
      return false;
    }
  }

  async close(): Promise<void> {
    for (const made of this.#clients.values()) await made.then((client) => client.close()).catch(() => {});
  }

  #in(realm: string): Promise<Client> {
    const known = this.#clients.get(realm);
    if (known) return known;
    const made = connect(rawSocket(this.#url), { realm, retry: false });
    this.#clients.set(realm, made);
    return made;
  }
}
