import { Command } from 'commander';
import { type ConnectionFlags, withConnection } from './connection.ts';
import { withHelp } from './help.ts';
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
  return withHelp(withConnection(new Command('trace')), {
    notes: ['The messages of one command are another thing: --trace-messages shows those.'],
    examples: ['rocade trace', 'rocade trace | jq -r \'select(.event == "wamp.session.on_join") | .args[0].authid\''],
  })
    .description('show who joins, leaves, registers and subscribes, as it happens, until Ctrl-C')
    .action(async (flags: ConnectionFlags) => {
      await serve(flags, 'Tracing. Ctrl-C ends it.', (app) => {
        for (const topic of META)
          app.event(topic, (args) => print(toJson({ time: new Date().toISOString(), event: topic, args })));
      });
    });
}
