import { Command } from 'commander';
import { authCommand } from './auth.ts';
import { benchCommand } from './bench.ts';
import { callCommand } from './call.ts';
import { checkCommand } from './check.ts';
import { completionCommand } from './completion.ts';
import { initCommand } from './init.ts';
import { inspectCommand } from './inspect.ts';
import { logsCommand } from './logs.ts';
import { reloadCommand, restartCommand, scaleCommand, stopCommand } from './manage.ts';
import { newCommand } from './new.ts';
import { pingCommand } from './ping.ts';
import { psCommand } from './ps.ts';
import { publishCommand } from './publish.ts';
import { registerCommand } from './register.ts';
import { startCommand } from './start.ts';
import { subscribeCommand } from './subscribe.ts';
import { traceCommand } from './trace.ts';
import { version } from './version.ts';

/** The command with all its parts. */
export function rocade(): Command {
  const program = new Command('rocade')
    .description('WAMP v2: pages and services call each other and hear each other')
    .version(version)
    .showHelpAfterError('(rocade --help lists what there is)')
    .exitOverride();
  for (const command of [
    startCommand(),
    checkCommand(),
    initCommand(),
    newCommand(),
    psCommand(),
    logsCommand(),
    restartCommand(),
    scaleCommand(),
    reloadCommand(),
    stopCommand(),
    callCommand(),
    publishCommand(),
    subscribeCommand(),
    registerCommand(),
    inspectCommand(),
    pingCommand(),
    traceCommand(),
    benchCommand(),
    authCommand(),
    completionCommand(),
  ])
    program.addCommand(command.copyInheritedSettings(program));
  return program;
}
