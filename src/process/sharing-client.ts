import { Client, type Registration } from '../index.ts';

type Asked = Parameters<Client['register']>;

/**
 * The client of a worker. From when it is told to share, it answers procedures together with others of its kind, unless a
 * registration says otherwise; what it has registered before goes over to that, and no call comes in between.
 */
export class SharingClient extends Client {
  #shared = false;
  /** How each registration that is not shared becomes so. */
  readonly #alone = new Set<() => Promise<unknown>>();

  /** Resolves when the router has confirmed. */
  async share(): Promise<void> {
    this.#shared = true;
    const all = [...this.#alone];
    this.#alone.clear();
    await Promise.all(all.map((share) => share()));
  }

  override async register(...[procedure, handler, options]: Asked): Promise<Registration> {
    const anew = (): Promise<Registration> => super.register(procedure, handler, { invoke: 'roundrobin', ...options });
    if (this.#shared || options?.invoke !== undefined) return anew();
    const first = await super.register(procedure, handler, options);
    const takeBack = first.unregister.bind(first);
    let next: Promise<Registration> | undefined;
    const share = (): Promise<unknown> => {
      const taken = takeBack();
      // Both are on their way by now, one behind the other.
      next = anew();
      return Promise.all([taken, next]);
    };
    first.unregister = async () => {
      this.#alone.delete(share);
      await takeBack();
      await (await next)?.unregister();
    };
    if (this.#shared) await share();
    else this.#alone.add(share);
    return first;
  }
}
