// Writes docs/configuration.md from the schema of the configuration file. Run by tsx, as it reads the source.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { jsonSchema } from './schema.js';

const code = (text) => `\`${text}\``;
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const branches = (schema) => schema.anyOf ?? schema.oneOf ?? [schema];
const leaves = (schema) => branches(schema).flatMap((one) => (one === schema ? [one] : leaves(one)));

/** What may stand there, in words. */
function kindOf(schema) {
  const kinds = leaves(schema).map((one) => {
    if (one.const !== undefined) return code(JSON.stringify(one.const));
    if (one.enum) return one.enum.map((value) => code(JSON.stringify(value))).join(', ');
    if (one.type === 'array') return `list of ${kindOf(one.items)}`;
    if (one.type === 'object' && one.additionalProperties && !one.properties) return 'object of names';
    return (
      { string: 'text', number: 'number', integer: 'number', boolean: 'true or false', object: 'object' }[one.type] ??
      'anything'
    );
  });
  return [...new Set(kinds)].join(' or ');
}

const rows = [];

/** One row for the key, and one for each key below it. */
function key(path, schema, required) {
  const { description = '', default: preset } = schema;
  const simple = preset !== undefined && JSON.stringify(preset) !== '{}' && !/default:/i.test(description);
  const meaning = [description, simple && `Default: ${code(JSON.stringify(preset))}.`, required && 'Needed.'];
  rows.push(`| ${code(path)} | ${cell(kindOf(schema))} | ${cell(meaning.filter(Boolean).join(' '))} |`);
  below(path, schema);
}

function below(path, schema) {
  const seen = new Set();
  for (const branch of branches(schema).flatMap(branches)) {
    if (branch.type === 'array') {
      const item = branch.items;
      if (branches(item).some((one) => one.properties)) below(`${path}[]`, item);
    } else if (branch.additionalProperties?.properties || branch.additionalProperties?.anyOf) {
      below(`${path}.*`, branch.additionalProperties);
    }
    // Values from the environment or from a file are told once.
    if (isSource(branch)) continue;
    for (const [name, inner] of Object.entries(branch.properties ?? {})) {
      if (seen.has(name)) continue;
      seen.add(name);
      key(`${path}.${name}`, inner, branch.required?.includes(name) && branches(schema).length === 1);
    }
  }
}

const isSource = ({ properties = {} }) =>
  Object.keys(properties).join() === 'env,default' || Object.keys(properties).join() === 'file';

function table(act) {
  rows.length = 0;
  act();
  return ['| key | value | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

export function configurationReference() {
  const { properties } = jsonSchema();
  const { router, processes, $schema: _schema, ...others } = properties;
  const [worker, guest] = processes.items.oneOf;
  const shared = Object.keys(worker.properties).filter(
    (name) => JSON.stringify(worker.properties[name]) === JSON.stringify(guest.properties[name]),
  );
  const own = ({ properties: all, required = [] }, names) =>
    table(() => {
      for (const name of names) key(name, all[name], required.includes(name));
    });
  const notShared = (kind) => Object.keys(kind.properties).filter((name) => !shared.includes(name));
  return `${[
    '# The configuration file',
    `What may stand in \`rocade.json\`. Written by \`npm run docs:configuration\` from the schema by which it is read; the same is
published as \`rocade/dist/rocade.schema.json\`, by which editors complete the file. [Running a site](site.md) explains it by example.`,
    `Every key may be left out unless it is needed. A key that is not here is a mistake. Relative paths begin at the directory of the
file. Where a text is secret, it may be \`{ "env": "NAME" }\`, with a \`default\` if there shall be one, or \`{ "file": "path" }\`.`,
    '- [router](#router)\n- [processes](#processes)\n- [the rest](#the-rest)',
    '## router',
    table(() => below('router', router)),
    '## processes',
    'A list; each is a worker or a guest.',
    '### A worker',
    own(worker, notShared(worker)),
    '### A guest',
    own(guest, notShared(guest)),
    '### Both',
    own(worker, shared),
    '## The rest',
    table(() => {
      for (const [name, schema] of Object.entries(others)) key(name, schema);
    }),
  ].join('\n\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL('../docs/configuration.md', import.meta.url), configurationReference());
