import { Command } from 'commander';
import { type ConnectionFlags, withClient, withConnection } from './connection.ts';
import { withHelp } from './help.ts';
import { print, showResult } from './output.ts';
import { readValues } from './values.ts';

/** `rocade call`: calls a procedure and prints what it answers. */
export function callCommand(): Command {
  return withHelp(withConnection(new Command('call')), {
    examples: [
      'rocade call math.add 2 3',
      'rocade call user.get alice full=true --json | jq .name',
      'rocade call import.rows - < rows.json',
      'rocade call forum.posts.list --url wss://forum.example.com/ws --auth ticket --authid alice --secret env:TICKET',
    ],
  })
    .description('call a procedure, and print its result')
    .argument('<procedure>', 'its URI')
    .argument(
      '[values...]',
      'arguments: 2, true, null, {"a":1}, text, name=value; - reads one as JSON from standard input',
    )
    .action(async (procedure: string, words: readonly string[], flags: ConnectionFlags) => {
      const { args, kwargs } = await readValues(words);
      const result = await withClient(flags, (client, signal) =>
        client.call<unknown>(procedure, args, { kwargs, signal }),
      );
      const shown = showResult(result, flags.json);
      if (shown !== undefined) print(shown);
    });
}
