// The load: keeps so many requests under way on so many connections, and counts answers by their length, which it
// learns from the first. It parses nothing else, so that it is faster than what it measures.
import { connect, type Socket } from 'node:net';
import { type Delivery, type Order, requestTo } from './protocol.js';

process.on('message', (order: Order) => {
  deliver(order).then((delivery) => process.send?.(delivery));
});
process.on('disconnect', () => process.exit());

async function deliver({ port, connections, depth, ms }: Order): Promise<Delivery> {
  const request = Buffer.from(requestTo(port), 'latin1');
  const batch = Buffer.concat(new Array<Buffer>(depth).fill(request));
  const length = await answerLength(port, request);
  let requests = 0;
  let over = false;
  const sockets: Socket[] = [];
  for (let i = 0; i < connections; i++) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    sockets.push(socket);
    let pending = 0;
    let left = depth;
    socket.on('data', (chunk) => {
      pending += chunk.length;
      while (pending >= length) {
        pending -= length;
        requests += 1;
        left -= 1;
      }
      if (left > 0 || over) return;
      left = depth;
      socket.write(batch);
    });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  }
  requests = 0;
  const begun = performance.now();
  for (const socket of sockets) socket.write(batch);
  await new Promise((resolve) => setTimeout(resolve, ms));
  over = true;
  const took = performance.now() - begun;
  const delivered = requests;
  await Promise.all(sockets.map(ended));
  return { requests: delivered, ms: took };
}

/** Ends its half and waits for the other. */
function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('close', () => resolve());
    socket.on('error', () => socket.destroy());
    socket.end();
  });
}

/** Octets of one answer, head and body. */
function answerLength(port: number, request: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let received = Buffer.alloc(0);
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const text = received.toString('latin1');
      const head = text.indexOf('\r\n\r\n') + 4;
      if (head < 4) return;
      const declared = /\r\ncontent-length: *([0-9]+)/i.exec(text);
      const length = head + Number(declared?.[1]);
      if (received.length < length) return;
      socket.destroy();
      if (text.startsWith('HTTP/1.1 200')) resolve(length);
      else reject(new Error(`the answer is ${text.slice(0, 40)}`));
    });
    socket.write(request);
  });
}
