import type { Dict, MatchPolicy } from '../protocol/index.ts';
import { wireOptions } from './options.ts';

/** Who made a subscription or a registration and takes it back: the client. @internal */
export interface Holder {
  readonly release: (held: Held) => Promise<void>;
  /** Hears of what goes wrong outside of any promise. */
  readonly report: (error: Error) => void;
}

/** What is wanted of every session: a subscription or a registration. */
export abstract class Held {
  /** @internal */
  readonly uri: string;
  /** As they travel. @internal */
  readonly options: Dict;
  /** The URI and how it is matched: what an id of the router stands for. @internal */
  readonly key: string;
  /** @internal */
  readonly holder: Holder;

  /** @internal */
  constructor(uri: string, holder: Holder, options: { readonly match?: MatchPolicy }) {
    this.uri = uri;
    this.key = `${options.match ?? 'exact'} ${uri}`;
    this.options = wireOptions(options);
    this.holder = holder;
  }

  /** There will be no more of it, for this reason if that was not wanted here. @internal */
  over(_reason?: Error): void {}
}
