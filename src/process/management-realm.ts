import type { Client } from '../index.ts';
import { offerManagement, type SiteControl } from './management.ts';
import type { RealmClients } from './realm-clients.ts';

/** Has a site managed in a realm of its router, which the configuration names. */
export class ManagementRealm {
  readonly #clients: RealmClients;
  readonly #control: SiteControl;
  #offered: { readonly client: Client; readonly withdraw: () => Promise<void> } | undefined;

  /** One after the other. */
  #applied: Promise<void> = Promise.resolve();

  constructor(clients: RealmClients, control: SiteControl) {
    this.#clients = clients;
    this.#control = control;
  }

  /** Undefined for none. Resolves when it is so, for which the router has to be there. */
  is(realm: string | undefined): Promise<void> {
    const applied = this.#applied.catch(() => {}).then(() => this.#apply(realm));
    this.#applied = applied;
    return applied;
  }

  async #apply(realm: string | undefined): Promise<void> {
    const present = this.#offered;
    const client = realm === undefined ? undefined : await this.#clients.in(realm);
    if (present?.client === client) return;
    this.#offered = undefined;
    await present?.withdraw();
    if (realm !== undefined && client)
      this.#offered = { client, withdraw: await offerManagement(client, this.#control) };
  }
}
