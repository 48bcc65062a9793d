import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';

/** One direction of a connection: hands on what comes, in order, later or not yet. */
class Pipe {
  readonly #to: Socket;
  readonly #delayMs: () => number;
  #held: Buffer[] | undefined;
  #due = 0;

  constructor(from: Socket, to: Socket, delayMs: () => number) {
    this.#to = to;
    this.#delayMs = delayMs;
    from.on('data', (chunk) => this.#pass(chunk));
  }

  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const chunk of held) this.#pass(chunk);
  }

  #pass(chunk: Buffer): void {
    if (this.#held) {
      this.#held.push(chunk);
      return;
    }
    const now = performance.now();
    // Never before what came earlier.
    this.#due = Math.max(this.#due, now + this.#delayMs());
    if (this.#due <= now) this.#write(chunk);
    else setTimeout(() => this.#write(chunk), this.#due - now);
  }

  #write(chunk: Buffer): void {
    if (this.#held) this.#held.push(chunk);
    else if (!this.#to.destroyed) this.#to.write(chunk);
  }
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  readonly pipes: readonly Pipe[];
  /** Neither end hears of the other any more. */
  dead: boolean;
}

/** A proxy between clients and a router that does what networks do. */
export class ChaosProxy {
  readonly #server = createServer((near) => this.#accept(near));
  readonly #target: number;
  readonly #pairs = new Set<Pair>();
  #blackHole = false;
  /** Milliseconds by which each piece is late. */
  delayMs: () => number = () => 0;

  /** In front of this port of this machine. */
  constructor(target: number) {
    this.#target = target;
  }

  async listen(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Breaks the connections that are there and for which `chosen` holds. */
  cut(chosen: () => boolean = () => true): void {
    for (const pair of [...this.#pairs]) if (chosen()) this.#end(pair);
  }

  /** From now on these connections are silent: neither end hears of the other, or that it is gone. */
  halfOpen(chosen: () => boolean): void {
    for (const pair of this.#pairs) {
      if (pair.dead || !chosen()) continue;
      pair.dead = true;
      for (const pipe of pair.pipes) pipe.hold();
    }
  }

  /** Nothing gets through any more, on any connection, old or new; nothing is lost. */
  swallow(): void {
    this.#blackHole = true;
    for (const { pipes } of this.#pairs) for (const pipe of pipes) pipe.hold();
  }

  release(): void {
    this.#blackHole = false;
    for (const { pipes, dead } of this.#pairs) if (!dead) for (const pipe of pipes) pipe.release();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(near: Socket): void {
    const far = createConnection(this.#target, '127.0.0.1');
    const delayMs = (): number => this.delayMs();
    const pipes = [new Pipe(near, far, delayMs), new Pipe(far, near, delayMs)];
    const pair: Pair = { near, far, pipes, dead: false };
    if (this.#blackHole) for (const pipe of pipes) pipe.hold();
    this.#pairs.add(pair);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      // An end is not passed on by a connection that is silent.
      socket.on('close', () => {
        if (!pair.dead || socket === near) this.#end(pair);
      });
    }
  }

  #end(pair: Pair): void {
    this.#pairs.delete(pair);
    // Not `resetAndDestroy`: a socket that breaks before that has sent what it had keeps its handle for ever, which spins.
    for (const socket of [pair.near, pair.far]) socket.destroy();
  }
}
