import { Option } from 'commander';
import type { SubscribeOptions } from '../index.ts';

export interface MatchFlags {
  readonly match?: NonNullable<SubscribeOptions['match']>;
}

/** `--match`, for what takes patterns. */
export function matchOption(): Option {
  const meaning = 'prefix: all that begin so; wildcard: an empty part, as in shop..sold, stands for any one';
  return new Option('-m, --match <how>', `${meaning} (default: exact)`).choices(['exact', 'prefix', 'wildcard']);
}
