import { Command } from 'commander';
import { type ConnectionFlags, withClient, withConnection } from './connection.ts';
import { withHelp } from './help.ts';
import { plain, print, showResult, toJson } from './output.ts';
import { readValues } from './values.ts';

interface CallFlags extends ConnectionFlags {
  readonly progress?: boolean;
}

/** `rocade call`: calls a procedure and prints what it answers. */
export function callCommand(): Command {
  return withHelp(withConnection(new Command('call')), {
    notes: ['With --progress and --json, each line is an object: parts as its progress, and at last the result.'],
    examples: [
      'rocade call math.add 2 3',
      'rocade call user.get alice full=true --json | jq .name',
      'rocade call import.rows - < rows.json',
      'rocade call forum.archive --progress',
      'rocade call forum.posts.list --url wss://forum.example.com/ws --auth ticket --authid alice --secret env:TICKET',
    ],
  })
    .description('call a procedure, and print its result')
    .argument('<procedure>', 'its URI')
    .argument(
      '[values...]',
      'arguments: 2, true, null, {"a":1}, text, name=value; - reads one as JSON from standard input',
    )
    .option('--progress', 'ask for the parts of the result, and print each when it comes')
    .action(async (procedure: string, words: readonly string[], { progress, ...flags }: CallFlags) => {
      const { args, kwargs } = await readValues(words);
      const showPart = (part: unknown): void =>
        print(flags.json ? toJson({ progress: plain(part) ?? null }) : (showResult(part, false) ?? ''));
      const result = await withClient(flags, (client, signal) =>
        client.call<unknown>(procedure, args, { kwargs, signal, ...(progress && { onProgress: showPart }) }),
      );
      const shown = flags.json && progress ? toJson({ result: plain(result) ?? null }) : showResult(result, flags.json);
      if (shown !== undefined) print(shown);
    });
}
