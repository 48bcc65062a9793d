import type { Channel, Connector } from '../index.ts';
import type { Message } from '../protocol/index.ts';
import { toJson } from './output.ts';

/** Shows on standard error each message that passes, with the milliseconds since the connection was made. */
export function traced(connector: Connector): Connector {
  return async (options) => {
    const channel = await connector(options);
    const start = performance.now();
    const show = (direction: string, message: Message): void => {
      const { type, ...rest } = message;
      const ms = (performance.now() - start).toFixed(1).padStart(9);
      process.stderr.write(`${ms} ${direction} ${type} ${toJson(withoutSecrets(type, rest))}\n`);
    };
    const traced: Channel = {
      open: (receiver) =>
        channel.open({
          message(message) {
            show('<', message);
            receiver.message(message);
          },
          violation: (error) => receiver.violation(error),
          closed: (info) => receiver.closed(info),
        }),
      send(message) {
        show('>', message);
        channel.send(message);
      },
      close: (code, reason) => channel.close(code, reason),
      get bufferedAmount() {
        return channel.bufferedAmount;
      },
    };
    return traced;
  };
}

/** What proves who this is does not belong on a screen. */
function withoutSecrets(type: Message['type'], rest: object): object {
  return type === 'AUTHENTICATE' ? { ...rest, signature: '…' } : rest;
}
