// The yardstick: a `ws` client that sends a text as long as a CALL and takes the next message for its answer.

import WebSocket from 'ws';

export async function open(url) {
  const socket = new WebSocket(url);
  const waiting = [];
  let head = 0;
  socket.on('message', () => {
    const { resolve, answer } = waiting[head];
    waiting[head] = undefined;
    head += 1;
    if (head === waiting.length) {
      waiting.length = 0;
      head = 0;
    }
    resolve(answer);
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  let id = 0;
  return {
    call(procedure, args) {
      id += 1;
      socket.send(`[48,${id},{},"${procedure}",[${typeof args[0] === 'string' ? `"${args[0]}"` : args}]]`);
      const answer = procedure.endsWith('.add') ? args[0] + args[1] : args[0];
      return new Promise((resolve) => waiting.push({ resolve, answer }));
    },
    close: () => socket.close(),
  };
}
