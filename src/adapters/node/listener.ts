/**
 * `node:http`-style listeners on our server: `listen(tcp({ port }), h1(), nodeListener(app))`. What is there is what
 * handlers of the Express kind use: `req` as a Readable with method, url, headers, trailers and facts of the socket,
 * `res` as a Writable with status, fields, trailers and interim responses.
 *
 * Not there: `req.socket` and `res.socket` as sockets (they are facts, and `destroy`), `upgrade` and `connect` events
 * (use `exchange.upgrade`), `statusMessage` on the wire, `setTimeout` (deadlines are the endpoint's), `instanceof` of
 * Node's own classes, `res.strictContentLength`, and `Transfer-Encoding`, which is the session's to choose. Express
 * itself puts prototypes of `node:http` under `req` and `res` and so needs `node:http` on a Duplex of ours instead.
 *
 * This file does not know what carries the exchange.
 */
import { callback, requireOption } from '../../options.js';
import type { ServerExchange } from '../../stream/contract.js';
import { IncomingRequest } from './incoming-request.js';
import { OutgoingResponse } from './outgoing-response.js';

/** What `http.createServer` takes, by the part that is there. */
export type NodeListener = (request: IncomingRequest, response: OutgoingResponse) => unknown;

/**
 * A handler for `listen` that calls `listener`. What it throws, or its promise rejects with, is the server's to report,
 * and so is what it does to `res` after its end; an answer that it gave whole is not broken off for it.
 * @throws MisuseError `handler` when it is no function
 */
export function nodeListener(listener: NodeListener): (exchange: ServerExchange) => Promise<void> {
  requireOption('listener', listener, callback(), 'handler', 'WS-9');
  return (exchange) =>
    // A listener may go on answering after its promise: that it resolves says nothing, only what it rejects with does.
    new Promise<void>((_resolve, reject) => {
      const request = new IncomingRequest(exchange);
      const response = new OutgoingResponse(exchange, request, reject);
      const fail = (error: unknown): void => response.mistaken(error);
      try {
        const result = listener(request, response);
        if (result instanceof Promise) result.catch(fail);
      } catch (error) {
        fail(error);
      }
    });
}
