import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const NAME = 'rocade';
const MAX_AGE_S = 365 * 24 * 60 * 60;

/**
 * Gives each browser a value to come back with. It says nothing, and stays only once somebody has logged in with it: nobody
 * can hand another a value, made up or given out here, and wait for a login with it.
 */
export function browserCookie(
  request: IncomingMessage,
  isKnown: (value: string) => boolean,
): { readonly value: string; readonly header: string | undefined } {
  const given = new RegExp(`(?:^|;\\s*)${NAME}=([\\w-]{1,200})(?:;|$)`).exec(request.headers.cookie ?? '')?.[1];
  if (given !== undefined && isKnown(given)) return { value: given, header: undefined };
  const value = randomBytes(24).toString('base64url');
  const secure = 'encrypted' in request.socket ? '; Secure' : '';
  const header = `Set-Cookie: ${NAME}=${value}; Path=/; Max-Age=${MAX_AGE_S}; HttpOnly; SameSite=Strict${secure}`;
  return { value, header };
}
