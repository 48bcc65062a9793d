// Writes dist/rocade.schema.json, by which editors complete the configuration file, from the schema that it is read by.
// Run by the build: node --import tsx scripts/schema.js
import { toJsonSchema } from '@valibot/to-json-schema';
import { mkdirSync, writeFileSync } from 'node:fs';
import { configurationSchema } from '../src/config/index.ts';

/** The published schema, as an object. */
export function jsonSchema() {
  const schema = configurationSchema({ environment: {}, read: () => '' });
  return {
    ...toJsonSchema(schema, { typeMode: 'input', errorMode: 'ignore' }),
    title: 'rocade.json',
    description: 'A site: its router, and the processes that it is made of.',
  };
}

if (process.argv[1]?.endsWith('schema.js')) {
  const folder = new URL('../dist/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL('rocade.schema.json', folder), `${JSON.stringify(jsonSchema(), null, 2)}\n`);
}
