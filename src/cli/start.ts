import { Command, InvalidArgumentError } from 'commander';
import { existsSync, readFileSync } from 'node:fs';
import { UsageError } from '../base/index.ts';
import type { RunningRouter } from '../node/index.ts';
import { pages } from './pages.ts';
import { terminalWatch } from './terminal.ts';
import { version } from './version.ts';
import { withHelp } from './help.ts';

/** Directories by the paths that they are served at. */
type Files = Readonly<Record<string, string>>;

interface StartFlags {
  readonly listen?: readonly string[];
  readonly realm?: readonly string[];
  readonly files?: Files;
  readonly tlsKey?: string;
  readonly tlsCert?: string;
  readonly unixMode?: number;
  readonly origin?: readonly string[];
  readonly open?: boolean;
}

const WEB = 'any path, subprotocol wamp.2.json, .msgpack or .cbor; or RawSocket';

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** `rocade start`: runs the router until it is told to stop. */
export function startCommand(): Command {
  return withHelp(new Command('start'), {
    examples: [
      'rocade start rocade.json',
      'rocade start',
      'rocade start --listen ws://127.0.0.1:8080 --realm com.example.chat --files ./public',
      'rocade start --listen ws://127.0.0.1:9000 --listen unix:./rocade.sock',
    ],
  })
    .description('run a site as its configuration says, or the router alone, until Ctrl-C')
    .argument(
      '[file]',
      'a configuration, such as rocade.json; only --listen and --open go with it. None: the router alone, by these options',
    )
    .option(
      '-l, --listen <url>',
      'ws://, wss://, tcp:// or tls://host:port, or unix:/path; may be repeated (default: ws://127.0.0.1:9000)',
      collect,
    )
    .option('-r, --realm <name>', 'realm to serve, may be repeated (default: realm1)', collect)
    .option(
      '-f, --files <directory>',
      'serve the files of this directory on the same ports; /path=directory below a path, may be repeated',
      filesAt,
    )
    .option('--tls-cert <file>', 'certificate for wss:// and tls://, in PEM')
    .option('--tls-key <file>', 'its key, in PEM')
    .option('--unix-mode <mode>', 'mode of the files of Unix sockets (default: 600)', fileMode)
    .option('--origin <origin>', 'web pages of this origin may connect too, may be repeated; * for all', collect)
    .option('--open', 'listen on more than this machine although the realms admit anybody')
    .allowExcessArguments(false)
    .action(async (file: string | undefined, flags: StartFlags) => {
      // A full disk, or somebody who does not read on, must not end a site.
      for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
      if (file !== undefined) {
        const { listen, open, ...others } = flags;
        if (Object.keys(others).length > 0)
          throw new UsageError(
            `of these options, only --listen and --open go with a configuration; the others stand in '${file}'`,
          );
        // A site's router has a process of its own: what it needs is loaded there.
        const { runSite } = await import('./start-site.ts');
        await runSite({ file, ...(listen && { listen }), ...(open !== undefined && { open }) });
        return;
      }
      const { listen, realm, files, tlsKey, tlsCert, unixMode, origin, open } = flags;
      const { startRouter } = await import('../node/index.ts');
      const running = await startRouter({
        ...(listen && { listen }),
        ...(realm && { realms: realm }),
        ...(files !== undefined && { files }),
        tls: { ...contentOf('key', tlsKey), ...contentOf('cert', tlsCert) },
        ...(unixMode !== undefined && { unixMode }),
        ...(origin && { origins: origin }),
        ...(open && { open }),
      });
      // Asked for before anybody is told how to stop it: who reads fast must not be too early.
      const stopped = stopSignal();
      const terminalClosed = terminalWatch();
      process.stdout.write(announcement(running, files));
      if (tlsKey !== undefined && tlsCert !== undefined)
        process.on('SIGHUP', function hangUp() {
          if (!terminalClosed()) return renewTls(running, { tlsKey, tlsCert });
          // It comes from the shell and from the system.
          process.off('SIGHUP', hangUp).on('SIGHUP', () => {});
          process.kill(process.pid, 'SIGTERM');
        });
      await stopped;
      process.stdout.write('Saying goodbye to all sessions.\n');
      await running.close();
    });
}

function filesAt(value: string, before: Files = {}): Files {
  const [, path = '/', directory = value] = /^(\/[^=]*)=(.+)$/.exec(value) ?? [];
  return { ...before, [path]: directory };
}

function fileMode(text: string): number {
  if (!/^0?[0-7]{3}$/.test(text)) throw new InvalidArgumentError('expected three octal digits, such as 660');
  return Number.parseInt(text, 8);
}

function contentOf(name: 'key' | 'cert', file: string | undefined): { readonly [name: string]: string } | undefined {
  if (file === undefined) return undefined;
  try {
    return { [name]: readFileSync(file, 'utf8') };
  } catch (error) {
    throw new UsageError(`cannot read '${file}': ${(error as Error).message}`);
  }
}

/** Reads the certificate again. What is wrong with it must not end a router that runs. */
function renewTls(running: RunningRouter, { tlsKey, tlsCert }: Pick<StartFlags, 'tlsKey' | 'tlsCert'>): void {
  try {
    running.renewTls({ ...contentOf('key', tlsKey), ...contentOf('cert', tlsCert) });
    process.stdout.write('Read the certificate again.\n');
  } catch (error) {
    process.stderr.write(`rocade: ${(error as Error).message}\n`);
  }
}

function announcement({ router, urls }: RunningRouter, files: Files = {}): string {
  const loopback = urls.every((url) => /^(?:unix:|\w+:\/\/(?:localhost|127\.|\[::1\]))/.test(url));
  const web = urls.filter((url) => url.startsWith('ws'));
  const lines = [
    `rocade ${version}`,
    ...urls.map((url) => `  WAMP    ${url}  (${web.includes(url) ? WEB : 'RawSocket'})`),
    ...Object.entries(files).flatMap(([path, directory]) =>
      web.flatMap(pages).map((url) => `  files   ${url}${path === '/' ? '' : path}  (${directory})`),
    ),
    `  realms  ${router.realms.join(', ')}  (open: anybody who can connect may do anything)`,
    `  for     ${loopback ? 'programs and browsers on this machine only' : 'everybody who can reach this machine'}`,
    'Ctrl-C stops it.',
    ...(existsSync('rocade.json') ? ['There is a rocade.json here: rocade start rocade.json runs that site.'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** Resolves at the first signal to stop. A second one does not wait for anybody. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    const stop = (): void => {
      if (stopping) process.exit(1);
      stopping = true;
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}
