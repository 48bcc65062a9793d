import { Command } from 'commander';
import { sayMistakes } from './mistakes.ts';
import { version } from './version.ts';

/** Each is loaded when it is needed: all of them take longer to load than most take to run. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start.ts')).startCommand(),
  check: async () => (await import('./check.ts')).checkCommand(),
  init: async () => (await import('./init.ts')).initCommand(),
  new: async () => (await import('./new.ts')).newCommand(),
  ps: async () => (await import('./ps.ts')).psCommand(),
  logs: async () => (await import('./logs.ts')).logsCommand(),
  restart: async () => (await import('./manage.ts')).restartCommand(),
  scale: async () => (await import('./manage.ts')).scaleCommand(),
  reload: async () => (await import('./manage.ts')).reloadCommand(),
  stop: async () => (await import('./manage.ts')).stopCommand(),
  call: async () => (await import('./call.ts')).callCommand(),
  publish: async () => (await import('./publish.ts')).publishCommand(),
  subscribe: async () => (await import('./subscribe.ts')).subscribeCommand(),
  register: async () => (await import('./register.ts')).registerCommand(),
  inspect: async () => (await import('./inspect.ts')).inspectCommand(),
  ping: async () => (await import('./ping.ts')).pingCommand(),
  trace: async () => (await import('./trace.ts')).traceCommand(),
  bench: async () => (await import('./bench.ts')).benchCommand(),
  auth: async () => (await import('./auth.ts')).authCommand(),
  completion: async () => (await import('./completion.ts')).completionCommand(),
};

/** The command with all its parts, or, to be quicker, with the one that is asked for. */
export async function rocade(asked?: string): Promise<Command> {
  const program = sayMistakes(new Command('rocade'), 'rocade')
    .description('WAMP v2: pages and services call each other and hear each other')
    .version(version)
    .exitOverride();
  // What completes commands has to know all of them, and so has a word about one that there is not.
  const one =
    asked === undefined || asked === 'completion' || !Object.hasOwn(COMMANDS, asked) ? undefined : COMMANDS[asked];
  for (const command of await Promise.all((one ? [one] : Object.values(COMMANDS)).map((load) => load())))
    program.addCommand(sayMistakes(command.copyInheritedSettings(program), `rocade ${command.name()}`));
  return program;
}
