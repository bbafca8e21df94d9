/**
 * The handler of `undercoat serve`: says OK to a request without content, gives content back as it comes, shows a request
 * for `/echo` to whoever sent it, and opens no tunnels. Nothing is gathered: what the client does not read is not read from it. This
 * file does not know which session carries the exchange.
 */
import type { FieldList, RequestHead, ServerExchange } from '../stream/contract.js';

const utf8 = new TextEncoder();
const ok = utf8.encode('undercoat OK');
const plain: FieldList = [['Content-Type', 'text/plain; charset=utf-8']];
/** What a head is made of (RFC 9110 §5.5). */
const shown: FieldList = [['Content-Type', 'text/plain; charset=iso-8859-1']];

/** Says OK to everything but tunnels; content is not looked at. */
export function sayOk(exchange: ServerExchange): void {
  if (exchange.request.method === 'CONNECT') refuseTunnel(exchange);
  else exchange.reply(200, plain, ok);
}

/** Nobody here goes anywhere for others (RFC 9110 §15.6.2). */
function refuseTunnel(exchange: ServerExchange): void {
  exchange.reply(501, [], new Uint8Array(0));
}

/** Gives back what was sent. */
export function echo(exchange: ServerExchange): void {
  const { request, body } = exchange;
  if (request.method === 'CONNECT') refuseTunnel(exchange);
  else if (pathOf(request.target) === '/echo') {
    giveBack(exchange, shown, headText(request));
  } else if (body.declaredLength !== 0 || request.fields.has('content-length')) {
    const type = request.fields.get('content-type');
    giveBack(exchange, type === undefined ? [] : [['Content-Type', type]], new Uint8Array(0));
  } else {
    exchange.reply(200, plain, ok);
  }
}

/** Answers with `first` and then with the request's content, piece by piece, and its trailers. */
function giveBack(exchange: ServerExchange, fields: FieldList, first: Uint8Array): void {
  const { body, request } = exchange;
  const { declaredLength } = body;
  const answer = (): void => {
    const length = declaredLength === undefined ? undefined : first.length + declaredLength;
    if (request.method === 'HEAD') {
      exchange.respond(200, fields, length === undefined ? { end: true } : { length, end: true });
      body.discard();
      return;
    }
    exchange.respond(200, fields, length === undefined ? {} : { length });
    if (first.length > 0) exchange.send(first);
  };
  if (request.method === 'HEAD') {
    answer();
    return;
  }
  // Asking for the content first is what sends 100 Continue to who waits for it.
  body.consume({
    data: (lease) => {
      if (!exchange.sendLease(lease)) body.pause();
    },
    end: (trailers) => {
      if (trailers === undefined) exchange.end();
      else exchange.end(sendable(trailers, declaredLength), { sensitive: trailers.sensitive ?? [] });
    },
    failed: () => {},
  });
  exchange.onWritable = () => body.resume();
  answer();
}

/** Trailers can follow content whose length was not said beforehand, and nothing else. */
function sendable(trailers: Iterable<readonly [string, string]>, length: number | undefined): FieldList {
  return length === undefined ? [...trailers] : [];
}

/** The request's head as it was received: H1's octets, or the lines of H2's field section in text. */
function headText(request: RequestHead): Uint8Array {
  if (request.octets !== undefined) return request.octets();
  const lines = request.fieldLines?.() ?? [...request.fields];
  return Buffer.from(`${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`, 'latin1');
}

/** The path of a target in origin or absolute form (RFC 9112 §3.2), without its query. */
function pathOf(target: string): string {
  const path = target.startsWith('/')
    ? target
    : (/^[a-z][a-z\d+.-]*:\/\/[^/?]*([^?]*)/i.exec(target)?.[1] ?? '');
  const query = path.indexOf('?');
  return query < 0 ? path : path.slice(0, query);
}
