/** Cookies of one server, by name. */
export type CookieJar = Map<string, string>;

/** The value of a request's `cookie` header: what the program sends itself, and what the server has set. */
export function cookieHeader(own: string | undefined, jar: CookieJar): string | undefined {
  const pairs = [...(own ? [own] : []), ...Array.from(jar, ([name, value]) => `${name}=${value}`)];
  return pairs.length > 0 ? pairs.join('; ') : undefined;
}

/**
 * Does as a server says with `Set-Cookie`: keeps a cookie, or forgets it. All go back to the same server and path that they
 * came from, so only the attributes that end a cookie count. Specification: RFC 6265, section 5.2.
 */
export function keepCookies(jar: CookieJar, headers: readonly string[] = []): void {
  for (const header of headers) {
    const [pair = '', ...attributes] = header.split(';');
    const split = pair.indexOf('=');
    const name = pair.slice(0, Math.max(0, split)).trim();
    if (name === '') continue;
    if (isOver(attributes)) jar.delete(name);
    else jar.set(name, pair.slice(split + 1).trim());
  }
}

function isOver(attributes: readonly string[]): boolean {
  const values = new Map(
    attributes.map((attribute) => {
      const [name = '', value = ''] = attribute.split('=');
      return [name.trim().toLowerCase(), value.trim()];
    }),
  );
  const maxAge = values.get('max-age');
  // It counts for more than the other.
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return Number(maxAge) <= 0;
  const expires = Date.parse(values.get('expires') ?? '');
  return expires <= Date.now();
}
