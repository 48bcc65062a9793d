import { type Client, connect } from 'rocade';

/**
 * Connects a service to the router, lets it offer what it has, and stays until it is told to stop.
 * A lost connection comes back by itself, and what was offered with it.
 */
export async function runService(name: string, offer: (client: Client) => Promise<void>): Promise<void> {
  try {
    await using client = await connect(process.argv[2] ?? 'ws://127.0.0.1:9000', { retry: { maxDelay: 2000 } });
    client.on('error', (error) => console.error(`${name}: ${error.message}`));
    client.on('left', (reason) => console.log(`${name}: ${reason.message}; trying again`));

    const stop = (): void => void client.close();
    process.once('SIGINT', stop).once('SIGTERM', stop);
    // Started by main.ts, which is gone: nobody else would stop this process.
    process.once('disconnect', stop);

    await offer(client);
    client.on('joined', () => announce(client, name));
    announce(client, name);
    await client.closed;
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  } finally {
    if (process.connected) process.disconnect();
  }
}

/** Tells the pages that there is somebody to answer (again). Sent after the registrations, so that they hold by then. */
function announce(client: Client, name: string): void {
  void client.publish('forum.service.up', [name]);
  console.log(`${name}: ready`);
  process.send?.('ready');
}
