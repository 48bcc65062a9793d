import * as v from 'valibot';
import { described, type Sources, text, wholeNumber } from './parts.ts';
import { processSchema } from './process-schema.ts';
import { routerSchema } from './router-schema.ts';

/**
 * The configuration file, described once: it is read by this, its JSON Schema is published from this, and its reference
 * page is written from that.
 */
export function configurationSchema(sources: Sources) {
  return v.strictObject({
    $schema: described(v.optional(v.string()), 'Where editors find the schema of this file.'),
    router: described(v.optional(routerSchema(sources), {}), 'The router, in a process of its own.'),
    processes: described(
      v.optional(v.array(processSchema(sources)), []),
      'The other parts of the site, each in a process of its own.',
    ),
    management: described(
      v.optional(
        v.strictObject({
          realm: described(text, 'A realm of the router. Who may manage the site there is what its roles say.'),
        }),
      ),
      'Offers the procedures by which the site is managed (rocade.process.list and so on) in a realm as well. Default: only to the commands of this user.',
    ),
    log: described(
      v.optional(
        v.strictObject({
          level: described(
            v.optional(v.picklist(['debug', 'info', 'warn', 'error', 'silent']), 'info'),
            'What the process manager itself tells, from this level on.',
          ),
          lines: described(
            v.optional(wholeNumber(0, 100_000), 1000),
            'How many of the last lines of each process are kept for `rocade logs`.',
          ),
        }),
        {},
      ),
      'The log of the process manager, in which the output of the processes stands as well.',
    ),
  });
}

type Output = v.InferOutput<ReturnType<typeof configurationSchema>>;

export type LogConfig = Output['log'];
export type ManagementConfig = Output['management'];
export type RawConfiguration = Output;
