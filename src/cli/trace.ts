import { Command } from 'commander';
import { type ConnectionFlags, withConnection } from './connection.ts';
import { print, toJson } from './output.ts';
import { serve } from './serving.ts';

/** What the meta API tells of by itself. */
const META = [
  'wamp.session.on_join',
  'wamp.session.on_leave',
  'wamp.registration.on_create',
  'wamp.registration.on_register',
  'wamp.registration.on_unregister',
  'wamp.registration.on_delete',
  'wamp.subscription.on_create',
  'wamp.subscription.on_subscribe',
  'wamp.subscription.on_unsubscribe',
  'wamp.subscription.on_delete',
];

/** `rocade trace`: who comes and goes, registers and subscribes, as it happens. */
export function traceCommand(): Command {
  return withConnection(new Command('trace'))
    .description('show who joins, leaves, registers and subscribes, as it happens, until Ctrl-C')
    .addHelpText(
      'after',
      '\nThe messages of one command are another thing: --trace-messages shows those.\n' +
        '\nExamples:\n  $ rocade trace\n  $ rocade trace | jq -r \'select(.event == "wamp.session.on_join") | .args[0].authid\'',
    )
    .action(async (flags: ConnectionFlags) => {
      await serve(flags, 'Tracing. Ctrl-C ends it.', (app) => {
        for (const topic of META)
          app.event(topic, (args) => print(toJson({ time: new Date().toISOString(), event: topic, args })));
      });
    });
}
