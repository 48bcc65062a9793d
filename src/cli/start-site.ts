import { type RunningSite, type SiteOptions, startSite } from '../process/index.ts';
import { pages } from './pages.ts';
import { terminalWatch } from './terminal.ts';
import { version } from './version.ts';

/**
 * Runs a site until it is told to stop: by Ctrl-C, SIGTERM or `rocade stop`, or its terminal is closed. SIGHUP reads its
 * configuration again.
 */
export async function runSite(options: Omit<SiteOptions, 'environment'>): Promise<void> {
  const site: { running?: RunningSite } = {};
  const terminalClosed = terminalWatch();
  let stopping = false;
  const stop = (): void => {
    // A second time: at once.
    if (stopping) {
      site.running?.kill();
      process.exit(1);
    }
    stopping = true;
    process.stdout.write('Stopping; once more ends everything at once.\n');
    void site.running?.close();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  let isReloadAsked = false;
  const reload = (): void => {
    isReloadAsked = true;
    void site.running?.reload().catch(() => {});
  };
  process.on('SIGHUP', () => {
    if (!terminalClosed()) reload();
    // It comes from the shell and from the system.
    else if (!stopping) stop();
  });
  const running = await startSite({ ...options, environment: process.env });
  site.running = running;
  // Told to stop meanwhile.
  if (stopping) void running.close();
  process.stdout.write(announcement(options.file, running));
  // What was read at the start may not be what stands there now.
  if (isReloadAsked && !stopping) reload();
  await running.closed;
}

function announcement(file: string, { urls, page, processes }: RunningSite): string {
  const lines = [
    `rocade ${version}`,
    ...urls.map((url) => `  WAMP       ${url}`),
    ...(page === undefined ? [] : urls.flatMap(pages).map((url) => `  page       ${url}${page === '/' ? '' : page}`)),
    `  processes  ${processes}  (${file})`,
    `Ctrl-C stops it; rocade ps${file === 'rocade.json' ? '' : ` -c ${file}`} shows what runs.`,
  ];
  return `${lines.join('\n')}\n`;
}
