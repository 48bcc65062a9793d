// The conventions are those of `servers/socketio.mjs`: calls and events are relayed by the server.

import { io } from 'socket.io-client';

export async function open(url) {
  const socket = io(url, { transports: ['websocket'], reconnection: false, forceNew: true });
  const procedures = new Map();
  const topics = new Map();
  socket.on('invoke', (procedure, args, answer) => answer(procedures.get(procedure)(...args)));
  socket.on('event', (topic, args) => topics.get(topic)(args));
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return {
    register(procedure, handler) {
      procedures.set(procedure, handler);
      return new Promise((resolve) => socket.emit('register', procedure, resolve));
    },
    call: (procedure, args) => new Promise((resolve) => socket.emit('call', procedure, args, resolve)),
    subscribe(topic, handler) {
      topics.set(topic, handler);
      return new Promise((resolve) => socket.emit('subscribe', topic, resolve));
    },
    publish: (topic, args) => socket.emit('publish', topic, args),
    close: () => socket.disconnect(),
  };
}
