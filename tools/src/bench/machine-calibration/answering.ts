import { connect } from 'node:net';
import { eachEvent } from './events.js';

/** The process that gives every event back. Ends with the connection, not with Ctrl-C. */
const socket = connect({ host: '127.0.0.1', port: Number(process.argv[2]) });
const send = eachEvent(socket, (event) => send({ ...event, causationid: event.id }));
process.on('SIGINT', () => undefined);
