// The least work a WAMP client can do: own framing on a plain socket, a mask of zeros, one write per turn of the event
// loop. It shows what a router can do when the client is not the limit. Not a product: it checks next to nothing.

import { connect } from 'node:net';

function frame(text) {
  const payload = Buffer.from(text);
  const extended = payload.length < 126 ? 0 : payload.length < 65_536 ? 2 : 8;
  const out = Buffer.alloc(2 + extended + 4 + payload.length);
  out[0] = 0x81;
  out[1] = 0x80 | (extended === 0 ? payload.length : extended === 2 ? 126 : 127);
  if (extended === 2) out.writeUInt16BE(payload.length, 2);
  else if (extended === 8) out.writeBigUInt64BE(BigInt(payload.length), 2);
  payload.copy(out, 2 + extended + 4);
  return out;
}

/** Reads unmasked frames from the chunks of a socket. */
function reader(onText, onClose) {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    const data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let at = 0;
    while (data.length - at >= 2) {
      let length = data[at + 1] & 0x7f;
      let start = at + 2;
      if (length === 126) {
        if (data.length - at < 4) break;
        length = data.readUInt16BE(start);
        start += 2;
      } else if (length === 127) {
        if (data.length - at < 10) break;
        length = Number(data.readBigUInt64BE(start));
        start += 8;
      }
      if (data.length < start + length) break;
      const code = data[at] & 0x0f;
      if (code === 1) onText(data.latin1Slice(start, start + length));
      else if (code === 8) onClose();
      at = start + length;
    }
    rest = data.subarray(at);
  };
}

export async function open(url) {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setNoDelay(true);
  socket.on('error', () => {});
  let queue = [];
  const flush = () => {
    socket.write(queue.length === 1 ? queue[0] : Buffer.concat(queue));
    queue = [];
  };
  const send = (text) => {
    if (queue.push(frame(text)) === 1) process.nextTick(flush);
  };

  let lastId = 0;
  const pending = new Map();
  const procedures = new Map();
  const topics = new Map();
  const request = (make) =>
    new Promise((resolve, reject) => {
      lastId += 1;
      pending.set(lastId, { resolve, reject });
      send(make(lastId));
    });
  let welcomed;
  let failed;
  const welcome = new Promise((resolve, reject) => {
    welcomed = resolve;
    failed = reject;
  });
  const settle = (id, value) => {
    pending.get(id).resolve(value);
    pending.delete(id);
  };
  const onText = (text) => {
    const message = JSON.parse(text);
    if (message[0] === 50) settle(message[1], message[3][0]);
    else if (message[0] === 68) {
      const value = procedures.get(message[2])(...message[4]);
      send(`[70,${message[1]},{},[${JSON.stringify(value)}]]`);
    } else if (message[0] === 36) topics.get(message[1])(message[4]);
    else if (message[0] === 33 || message[0] === 65) settle(message[1], message[2]);
    else if (message[0] === 8) {
      pending.get(message[2]).reject(new Error(text));
      pending.delete(message[2]);
    } else if (message[0] === 2) welcomed();
    else failed(new Error(text));
  };
  const onFrames = reader(onText, () => socket.destroy());

  const upgraded = new Promise((resolve, reject) => {
    let head = '';
    const onHead = (chunk) => {
      head += chunk.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', onHead);
      socket.on('data', onFrames);
      if (!head.startsWith('HTTP/1.1 101')) reject(new Error(head));
      resolve(undefined);
      if (head.length > end + 4) onFrames(Buffer.from(head.slice(end + 4), 'latin1'));
    };
    socket.on('data', onHead);
    socket.once('close', () => reject(new Error('closed before the upgrade')));
  });
  socket.write(
    `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: wamp.2.json\r\n\r\n',
  );
  await upgraded;
  send('[1,"realm1",{"roles":{"caller":{},"callee":{},"publisher":{},"subscriber":{}}}]');
  await welcome;
  return {
    async register(procedure, handler) {
      procedures.set(await request((id) => `[64,${id},{},"${procedure}"]`), handler);
    },
    call: (procedure, args) => request((id) => `[48,${id},{},"${procedure}",${JSON.stringify(args)}]`),
    async subscribe(topic, handler) {
      topics.set(await request((id) => `[32,${id},{},"${topic}"]`), handler);
    },
    publish(topic, args) {
      lastId += 1;
      send(`[16,${lastId},{},"${topic}",${JSON.stringify(args)}]`);
    },
    close: () => socket.end(),
  };
}
