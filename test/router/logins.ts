import { type Client, type ClientOptions, connect, json } from 'rocade';
import { memory } from 'rocade/memory';
import { type AuthOptions, type ConnectionInfo, Router } from 'rocade/router';

/** A secret that must not turn up anywhere, and the same with its first letter changed. */
export const SECRET = 'Tr0ub4dor-and-3';
export const WRONG = 'Xr0ub4dor-and-3';

/** A router with one realm that lets in as told. */
export const realm = (auth: AuthOptions): Router => new Router({ realms: [{ name: 'realm1', auth }] });
/** Joins over JSON, with what a listener would know of the connection. */
export const joining = (to: Router, options: ClientOptions, connection: ConnectionInfo = {}): Promise<Client> =>
  connect(memory({ accept: (channel) => to.accept(channel, connection) }, { serializer: json() }), {
    retry: false,
    ...options,
  });
/** What an attempt that has to fail fails with. */
export const refusal = (attempt: Promise<Client>): Promise<{ uri?: string; message: string }> =>
  attempt.then(
    () => Promise.reject(new Error('was let in')),
    (error) => error as { uri?: string; message: string },
  );
