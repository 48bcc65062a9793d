import { Command } from 'commander';
import { type ConnectionFlags, withClient, withConnection } from './connection.ts';
import { withHelp } from './help.ts';
import { print, toJson } from './output.ts';
import { readValues } from './values.ts';

interface PublishFlags extends ConnectionFlags {
  readonly retain?: boolean;
}

/** `rocade publish`: publishes one event and waits until the router has it. */
export function publishCommand(): Command {
  return withHelp(withConnection(new Command('publish')), {
    examples: ['rocade publish forum.user.online \'{"name":"alice"}\'', 'rocade publish news.sport "3 : 2" minute=90'],
  })
    .description('publish an event; the router has accepted it when this ends')
    .argument('<topic>', 'its URI')
    .argument('[values...]', 'as for call')
    .option('--retain', 'ask the router to keep it for those who subscribe later')
    .action(async (topic: string, words: readonly string[], { retain, ...flags }: PublishFlags) => {
      const { args, kwargs } = await readValues(words);
      const publication = await withClient(flags, (client) =>
        client.publish(topic, args, { kwargs, acknowledge: true, ...(retain && { retain }) }),
      );
      if (flags.json) print(toJson({ publication }));
    });
}
