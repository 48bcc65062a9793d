import type { Client } from 'rocade';

/**
 * A service of the forum: what it offers, and that it tells the pages whenever there is somebody to answer (again). That is
 * sent after the registrations, so that they hold by then.
 */
export function service(name: string, offer: (client: Client) => Promise<void>): (client: Client) => Promise<void> {
  return async (client) => {
    await offer(client);
    const announce = (): void => void client.publish('forum.service.up', [name]);
    client.on('joined', announce);
    announce();
  };
}
