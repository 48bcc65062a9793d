import type { Dict, MatchPolicy, Payload } from '../protocol/index.ts';
import type { Restriction } from './receivers.ts';

/** A topic or pattern whose events are kept. */
export interface HistoryTopic {
  readonly topic: string;
  /** How `topic` is compared. Default `'exact'`. */
  readonly match?: MatchPolicy;
  /** So many of the newest. Default 1,000. */
  readonly maxEvents?: number;
  /** So many octets of what was published; an event with more is not kept. Default 4 MiB. */
  readonly maxBytes?: number;
}

/** An event as it is kept. */
export interface HistoryEvent {
  /** When the router got it, in milliseconds since 1970. */
  readonly time: number;
  readonly publication: number;
  readonly topic: string;
  /** What its receivers were told besides the topic. */
  readonly details: Dict;
  readonly payload: Payload | undefined;
  /** By authid and authrole; an event that was restricted by session id is not kept at all. */
  readonly restriction: Restriction | undefined;
}

/** Says what a log is of, and how much it is to hold. */
export interface HistoryLogOptions extends Required<HistoryTopic> {
  readonly realm: string;
}

/** The events of one topic or pattern. */
export interface HistoryLog {
  /** Must not throw: what cannot be kept is the log's own affair. */
  append(event: HistoryEvent): void;
  /** All that it holds, the oldest first. */
  events(): readonly HistoryEvent[] | Promise<readonly HistoryEvent[]>;
  /** Resolves when everything that was appended is safe. */
  close?(): Promise<void>;
}

/** Where events are kept: in memory, in files (`fileHistory` in `rocade/node`), or somewhere of your own. */
export interface HistoryStore {
  /** Called once for each topic or pattern when the router is made. */
  open(options: HistoryLogOptions): HistoryLog;
}
