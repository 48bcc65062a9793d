import type { Clock } from '../base/index.ts';
import type { Instance } from './instance.ts';

/** What a process says when it has heard, and how long it may take. */
interface Expected {
  readonly key: string;
  readonly timeoutMs?: number;
}

/** Waits for processes to have heard what they were told. */
export class Answers {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when the process says that it has heard, or is not what it was before, or at the latest after a while. */
  ask(instance: Instance, message: object, { key, timeoutMs }: Expected): Promise<void> {
    return new Promise((resolve) => {
      const ends = [instance.events.on('state', () => done())];
      const done = (): void => {
        for (const end of ends) end();
        this.#waiting.delete(key);
        resolve();
      };
      if (timeoutMs !== undefined) ends.push(this.#clock.after(timeoutMs, done));
      this.#waiting.set(key, done);
      instance.send(message);
    });
  }

  heard(key: string): void {
    this.#waiting.get(key)?.();
  }
}
