import type { Clock } from '../base/index.ts';
import type { Message } from '../protocol/index.ts';
import { TokenBucket } from './token-bucket.ts';

/** So many milliseconds of one session within a turn of the event loop, and the others get theirs. */
const MS_PER_TURN = 5;
/** So many messages, when others wait or the turn is as old as that. Otherwise more: what is taken together costs less. */
const MESSAGES_PER_TURN = 64;
/** How often the time is looked at, in messages: a power of two. */
const LOOKS = 4;
/** With so many messages waiting, no more are read from the connection; with so few, they are again. */
const HIGH_WATER = 256;
const LOW_WATER = 64;
/** So many octets read while messages have to wait for somebody, or for their rate, stop the reading too, until none waits. */
const HIGH_WATER_OCTETS = 1024 * 1024;
/** What came too fast from one that is gone since is heard for so long: a session must not outlive its connection by more. */
const LINGER_MS = 10_000;
/** With so many, from a connection that cannot be told to stop, it is enough. */
const MAX_BACKLOG = 65_536;

// Browsers have no setImmediate; there a timer does, as nobody serves thousands from a page.
declare const setImmediate: ((run: () => void) => unknown) | undefined;
declare const setTimeout: (run: () => void, delayMs: number) => unknown;
declare const performance: { now(): number };
const afterThisTurn = (run: () => void): void =>
  void (typeof setImmediate === 'function' ? setImmediate(run) : setTimeout(run, 0));

// Shared by all sessions of the process: the number of the present turn, which only moves while messages come.
let turn = 0;
let turning = false;
let turnBegan = 0;
let waiting: Intake[] = [];
/** Those of the present turn that have not had theirs yet. */
let toCome = 0;

function nextTurn(): void {
  turning = false;
  turn++;
  const intakes = waiting;
  waiting = [];
  toCome = intakes.length;
  for (const intake of intakes) {
    toCome--;
    intake.go();
  }
}

function presentTurn(): number {
  if (!turning) {
    turning = true;
    turnBegan = performance.now();
    afterThisTurn(nextTurn);
  }
  return turn;
}

/** What an intake needs of its session. */
export interface IntakeHost {
  /** Takes one message. With a promise, the next ones wait until it is settled. */
  readonly take: (message: Message) => Promise<void> | undefined;
  /** May it overtake those that wait for somebody's answer? */
  readonly overtakes: (message: Message) => boolean;
  /** Stops and starts the reading. Undefined for a connection in this process, which takes turns by itself. */
  readonly flow:
    | { readonly pause: () => void; readonly resume: () => void; readonly received: () => number }
    | undefined;
  /** The session sends faster than its rate and is made to wait. */
  readonly slowedDown: () => void;
  /** More came than can be kept. */
  readonly overflow: () => void;
  readonly clock: Clock;
  /** Messages, on average, until {@link Intake.setRate} is told otherwise. */
  readonly maxPerSecond: number;
}

/**
 * The messages of one session, in their order: taken at once as a rule, later when the session has had its share of this
 * turn, or when somebody has to be asked about an earlier one.
 */
export class Intake {
  readonly #host: IntakeHost;
  #backlog: Message[] = [];
  /** How much of the backlog has been taken. */
  #taken = 0;
  #held = false;
  #queued = false;
  #paused = false;
  /** Octets that had come when messages began to wait. */
  #received = 0;
  #lowWater = LOW_WATER;
  #stopped = false;
  #maxPerSecond = Number.POSITIVE_INFINITY;
  #bucket: TokenBucket | undefined;
  #stopRest: (() => void) | undefined;
  #end: (() => void) | undefined;
  #stopLingering: (() => void) | undefined;
  #turn = -1;
  #inTurn = 0;
  #since = 0;

  constructor(host: IntakeHost) {
    this.#host = host;
    this.setRate(host.maxPerSecond);
  }

  /** How many messages may come in a second, on average; infinite for as many as like. */
  setRate(maxPerSecond: number): void {
    if (maxPerSecond === this.#maxPerSecond) return;
    this.#maxPerSecond = maxPerSecond;
    this.#bucket = Number.isFinite(maxPerSecond) ? new TokenBucket(maxPerSecond, this.#host.clock) : undefined;
  }

  push(message: Message): void {
    if (this.#stopped || this.#end) return;
    if (this.#held && this.#host.overtakes(message)) this.#take(message);
    else if (this.#backlog.length === 0 && !this.#held && this.#hasTime()) this.#take(message);
    else this.#wait(message);
  }

  /** Nothing more comes: `run` is called after what came before, unless that waits for somebody's answer. */
  end(run: () => void): void {
    if (this.#held || this.#backlog.length === 0) run();
    else if (!this.#end) {
      this.#end = run;
      this.#stopLingering = this.#host.clock.after(LINGER_MS, run);
    }
  }

  /** Forgets what is waiting, and takes nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#stopRest?.();
    this.#stopLingering?.();
    this.#end = undefined;
    this.#backlog = [];
    this.#taken = 0;
  }

  /** Takes what is waiting, as far as there is time. */
  go(): void {
    this.#queued = false;
    while (!this.#held && this.#taken < this.#backlog.length) {
      if (!this.#hasTime()) {
        this.#queue();
        break;
      }
      this.#take(this.#backlog[this.#taken++] as Message);
    }
    if (this.#taken === this.#backlog.length || this.#taken >= HIGH_WATER) {
      this.#backlog.splice(0, this.#taken);
      this.#taken = 0;
    }
    if (this.#backlog.length === 0) this.#end?.();
    if (this.#paused && this.#backlog.length - this.#taken <= this.#lowWater && !this.#stopped) {
      this.#paused = false;
      this.#host.flow?.resume();
    }
  }

  #take(message: Message): void {
    const pending = this.#host.take(message);
    if (!pending) return;
    this.#held = true;
    if (this.#end) {
      this.#end();
      return;
    }
    this.#letOvertake();
    const release = (): void => {
      this.#held = false;
      this.go();
    };
    pending.then(release, release);
  }

  /** So that these do not change places among themselves, those that are waiting go first. */
  #letOvertake(): void {
    const waiting = this.#backlog.slice(this.#taken);
    this.#backlog = waiting.filter((message) => !this.#host.overtakes(message));
    this.#taken = 0;
    for (const message of waiting) if (this.#host.overtakes(message)) this.#take(message);
  }

  #wait(message: Message): void {
    if (this.#backlog.length - this.#taken >= MAX_BACKLOG) {
      this.#host.overflow();
      return;
    }
    const octets = this.#octetsWaiting();
    this.#backlog.push(message);
    if (!this.#held) this.#queue();
    const isLong = this.#backlog.length - this.#taken >= HIGH_WATER;
    if (this.#paused || (!isLong && octets < HIGH_WATER_OCTETS)) return;
    this.#paused = true;
    this.#lowWater = isLong ? LOW_WATER : 0;
    this.#host.flow?.pause();
  }

  /** At most so many octets wait. Who only waits for its next turn is read no faster than it is heard. */
  #octetsWaiting(): number {
    const { flow } = this.#host;
    if (!flow || (!this.#held && !this.#stopRest)) return 0;
    const received = flow.received();
    if (this.#backlog.length === this.#taken) this.#received = received;
    return received - this.#received;
  }

  #queue(): void {
    if (this.#queued || this.#stopRest) return;
    this.#queued = true;
    presentTurn();
    waiting.push(this);
  }

  /** Asked for each message: with yes, it is to be taken. */
  #hasTime(): boolean {
    // One that has to wait for its turn costs none of the rate yet.
    return this.#hasTurn() && (!this.#bucket || this.#bucket.take() || this.#rest(this.#bucket));
  }

  #hasTurn(): boolean {
    if (!this.#host.flow) return true;
    const now = presentTurn();
    if (this.#turn !== now) {
      this.#turn = now;
      this.#inTurn = 0;
    }
    const count = this.#inTurn++;
    const hasShare = count < MESSAGES_PER_TURN;
    if (!hasShare && toCome + waiting.length > 0) return false;
    if ((count & (LOOKS - 1)) !== LOOKS - 1) return true;
    const time = performance.now();
    if (count < LOOKS) this.#since = time;
    return time - (hasShare ? this.#since : turnBegan) < MS_PER_TURN;
  }

  #rest(bucket: TokenBucket): false {
    if (this.#stopRest) return false;
    this.#host.slowedDown();
    this.#stopRest = this.#host.clock.after(bucket.waitMs, () => {
      this.#stopRest = undefined;
      this.go();
    });
    return false;
  }
}
