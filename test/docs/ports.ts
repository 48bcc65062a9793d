import { createServer } from 'node:net';

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The ports that the documentation names, each with a free one in its place. */
export class Ports {
  readonly #real = new Map<string, number>();

  async replaceIn(text: string): Promise<string> {
    for (const [, port = ''] of text.matchAll(/(?:localhost|\d\.\d):(\d{4,5})\b/g)) await this.realOf(port);
    return text.replaceAll(
      /(localhost|\d\.\d):(\d{4,5})\b/g,
      (all, host, port) => `${host}:${this.#real.get(port) ?? all}`,
    );
  }

  async realOf(port: string): Promise<number> {
    const real = this.#real.get(port) ?? (await freePort());
    this.#real.set(port, real);
    return real;
  }

  restoreIn(text: string): string {
    let restored = text;
    for (const [port, real] of this.#real) restored = restored.replaceAll(`:${real}`, `:${port}`);
    return restored;
  }
}
