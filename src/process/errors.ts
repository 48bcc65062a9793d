import { RocadeError } from '../base/index.ts';

/** The site of this configuration runs already. */
export class SiteRunsError extends RocadeError {
  override readonly name = 'SiteRunsError';
  readonly code = 'site_runs';

  constructor(file: string) {
    const which = file === 'rocade.json' ? '' : ` -c ${file}`;
    super(`the site of '${file}' runs already; \`rocade ps${which}\` shows it, \`rocade stop${which}\` stops it`);
  }
}

/** The router of a site could not be started; the message is what it said. */
export class RouterFailedError extends RocadeError {
  override readonly name = 'RouterFailedError';
  readonly code = 'router_failed';
}
