import { type Client, errorUris, WampError } from 'rocade';

/** The name behind a token. The login service knows; when it is not there, the caller is told so in plain words. */
export async function whoIs(client: Client, token: unknown): Promise<string> {
  try {
    return await client.call<string>('forum.whois', [token], { timeout: 5000 });
  } catch (error) {
    if (!(error instanceof WampError) || error.uri !== errorUris.noSuchProcedure) throw error;
    const text = 'The login service is not running, so nobody can tell who you are.';
    throw new WampError('forum.error.unavailable', [text], { service: 'login' });
  }
}
