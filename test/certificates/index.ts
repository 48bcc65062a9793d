import { readFileSync } from 'node:fs';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/** What a server on this machine shows in tests. */
export const testTls = { key: read('key.pem'), cert: read('cert.pem') };
/** What a client has to trust for that. */
export const trusted = { ca: testTls.cert };
