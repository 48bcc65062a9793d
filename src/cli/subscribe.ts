import { Command } from 'commander';
import { count, type ConnectionFlags, withConnection } from './connection.ts';
import { withHelp } from './help.ts';
import { print, toJson } from './output.ts';
import { serve } from './serving.ts';

interface SubscribeFlags extends ConnectionFlags {
  readonly count?: number;
}

/** `rocade subscribe`: writes each event as a line of JSON until Ctrl-C. */
export function subscribeCommand(): Command {
  return withHelp(withConnection(new Command('subscribe')), {
    examples: [
      'rocade subscribe forum.user.online forum.user.offline',
      "rocade subscribe news.sport | jq -r '.args[0]'",
      'rocade subscribe build.done --count 1 && echo built',
    ],
  })
    .description('write each event as a line of JSON until Ctrl-C, over reconnects')
    .argument('<topics...>', 'their URIs')
    .option('-n, --count <number>', 'end after so many events', count)
    .action(async (topics: readonly string[], flags: SubscribeFlags) => {
      let left = flags.count ?? Infinity;
      await serve(flags, `Subscribed to ${topics.join(', ')}. Ctrl-C ends it.`, (app) => {
        for (const subscribed of topics) {
          app.event(subscribed, (args, { topic, kwargs, publication, publisher }) => {
            if (left <= 0) return;
            left--;
            print(toJson({ topic, args, kwargs, publication, publisher }));
            if (left === 0) void app.stop();
          });
        }
      });
    });
}
