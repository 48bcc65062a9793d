import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const NAME = 'rocade';
const MAX_AGE_S = 365 * 24 * 60 * 60;

/**
 * Gives each browser a value to come back with. It says nothing, and only those that were given out here count: nobody
 * can hand another a value of their own choice and wait for a login with it.
 */
export class BrowserCookie {
  readonly #secret = randomBytes(32);

  /** The value that a browser came with, or a new one, and the header that gives it to the browser. */
  of(request: IncomingMessage): { readonly value: string; readonly header: string | undefined } {
    const given = new RegExp(`(?:^|;\\s*)${NAME}=([\\w.-]{1,200})(?:;|$)`).exec(request.headers.cookie ?? '')?.[1];
    if (given !== undefined && this.#isOurs(given)) return { value: given, header: undefined };
    const random = randomBytes(24).toString('base64url');
    const value = `${random}.${this.#sign(random)}`;
    const secure = 'encrypted' in request.socket ? '; Secure' : '';
    const header = `Set-Cookie: ${NAME}=${value}; Path=/; Max-Age=${MAX_AGE_S}; HttpOnly; SameSite=Strict${secure}`;
    return { value, header };
  }

  #isOurs(value: string): boolean {
    const [random = '', signature = ''] = value.split('.');
    const expected = Buffer.from(this.#sign(random));
    const given = Buffer.from(signature);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  #sign(random: string): string {
    return createHmac('sha256', this.#secret).update(random).digest('base64url');
  }
}
