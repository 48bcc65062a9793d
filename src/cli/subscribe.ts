import { Command } from 'commander';
import type { EventHandler } from '../index.ts';
import { type ConnectionFlags, withConnection } from './connection.ts';
import { withHelp } from './help.ts';
import { count } from './numbers.ts';
import { matchOption, type MatchFlags } from './match.ts';
import { print, toJson } from './output.ts';
import { serve } from './serving.ts';

interface SubscribeFlags extends ConnectionFlags, MatchFlags {
  readonly count?: number;
  readonly retained?: boolean;
}

/** `rocade subscribe`: writes each event as a line of JSON until Ctrl-C. */
export function subscribeCommand(): Command {
  return withHelp(withConnection(new Command('subscribe')), {
    examples: [
      'rocade subscribe forum.user.online forum.user.offline',
      "rocade subscribe news.sport | jq -r '.args[0]'",
      'rocade subscribe build.done --count 1 && echo built',
      'rocade subscribe forum. --match prefix',
    ],
  })
    .description('write each event as a line of JSON until Ctrl-C, over reconnects')
    .argument('<topics...>', 'their URIs, or patterns')
    .addOption(matchOption())
    .option('--retained', 'begin with the last event that the router kept of each topic')
    .option('-n, --count <number>', 'end after so many events', count)
    .action(async (topics: readonly string[], flags: SubscribeFlags) => {
      const { match, retained } = flags;
      const options = { ...(match && { match }), ...(retained && { getRetained: true }) };
      let left = flags.count ?? Infinity;
      await serve(flags, `Subscribed to ${topics.join(', ')}. Ctrl-C ends it.`, (app) => {
        for (const subscribed of topics) {
          const show: EventHandler = (args, { topic, kwargs, publication, publisher }) => {
            if (left <= 0) return;
            left--;
            print(toJson({ topic, args, kwargs, publication, publisher }));
            if (left === 0) void app.stop();
          };
          app.event(subscribed, show, options);
        }
      });
    });
}
