// A relay in the way socket.io is used: acknowledgements carry results, rooms are topics.

import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, { transports: ['websocket'], serveClient: false });
const callees = new Map();

io.on('connection', (socket) => {
  socket.on('register', (procedure, done) => {
    callees.set(procedure, socket);
    done();
  });
  socket.on('call', (procedure, args, answer) => callees.get(procedure).emit('invoke', procedure, args, answer));
  socket.on('subscribe', (topic, done) => {
    void socket.join(topic);
    done();
  });
  socket.on('publish', (topic, args) => socket.to(topic).emit('event', topic, args));
});
http.listen(Number(process.argv[2]), '127.0.0.1');
process.on('SIGINT', () => process.exit(0));
