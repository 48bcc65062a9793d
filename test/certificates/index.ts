import { readFileSync } from 'node:fs';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/** What a server on this machine shows in tests. */
export const testTls = { key: read('key.pem'), cert: read('cert.pem') };
/** What it shows later, once it was renewed. */
export const nextTls = { key: read('next-key.pem'), cert: read('next-cert.pem') };
/** What a client has to trust for the first. */
export const trusted = { ca: testTls.cert };
