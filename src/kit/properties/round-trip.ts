/**
 * WIRE-4, end to end: what each application sends is what the other receives: heads, bodies, trailers, in order, and
 * each exchange closes in good order on both sides. Over any cut, any hold-up, any memory that suffices. On the way the
 * accounts hold after every act (CON-1, CON-2), what a pipe has is frozen (OWN-4), and nothing is held in the end (OWN-7).
 */
import fc from 'fast-check';
import { pipePlan, roomyMemory } from '../arbitraries/connection-memory.js';
import { connectionScript } from '../arbitraries/connection-script.js';
import type { ExchangeRecord } from '../exchange-record.js';
import {
  type BodyScript,
  type ConnectionScript,
  contentOf,
  type ExchangeScript,
  type ScriptFields,
} from '../exchange-script.js';
import { Reached } from '../reached.js';
import { runConnection } from '../run-connection.js';
import type { SessionPair } from '../session-pair.js';
import { observed, type StackUnderTest } from '../stack-under-test.js';
import { requireEqual, requireThat } from './require.js';

/**
 * Orderly scripts in memory that suffices, over pipes that cut and hold up.
 * @returns a property for `fc.assert`, which fails with PropertyFailure WIRE-4 or OWN-8, or with what the run found
 */
export function roundTrip(stack: StackUnderTest, reached = new Reached()): fc.IPropertyWithHooks<unknown[]> {
  const memory = roomyMemory(stack.capabilities.roomyBytes);
  return fc.property(
    connectionScript({ manner: 'orderly' }),
    memory,
    memory,
    pipePlan(),
    pipePlan(),
    (script, serverMemory, clientMemory, toServer, toClient) => {
      const run = runConnection(stack, script, {
        server: observed(stack, serverMemory),
        client: observed(stack, clientMemory),
        toServer,
        toClient,
        idle: requireNothingHeld,
      });
      requireRoundTrip(stack, script, run, reached);
    },
  );
}

/** OWN-8: a connection with nothing to do holds no memory, but what its application retained. */
function requireNothingHeld({ server, client }: SessionPair): void {
  for (const { ledger, pool, session } of [server, client]) {
    if (ledger === null || ledger.retained.size > 0) continue;
    requireThat(
      'OWN-8',
      pool.heldBytes === 0,
      () => `${session.name} is idle and holds ${pool.heldBytes} bytes`,
    );
  }
}

/** What of a record is compared. */
type Told = Pick<ExchangeRecord, 'index' | 'head' | 'body' | 'ended' | 'closed'>;

/** What was sent is what came, of every exchange of the script. @throws PropertyFailure WIRE-4 */
export function requireRoundTrip(
  stack: StackUnderTest,
  script: ConnectionScript,
  run: { readonly server: readonly ExchangeRecord[]; readonly client: readonly ExchangeRecord[] },
  reached: Reached,
): void {
  requireEqual('WIRE-4', run.client.length, script.exchanges.length, 'requests');
  requireEqual('WIRE-4', run.server.length, script.exchanges.length, 'requests that came');
  const told = stack.capabilities.keepsCase ? (record: ExchangeRecord): Told => record : toldInLowerCase;
  for (const [i, exchange] of script.exchanges.entries()) {
    const sent = stack.capabilities.keepsCase ? exchange : inLowerCase(exchange);
    requireRequest(told(run.server[i] as ExchangeRecord), sent);
    requireResponse(told(run.client[i] as ExchangeRecord), sent);
    markExchange(reached, exchange);
  }
  reached.mark('another exchange', script.exchanges.length > 1);
}

function requireRequest(record: Told, script: ExchangeScript): void {
  requireEqual('WIRE-4', record.head[0], `${script.method} /${record.index} example.test`, 'request line');
  requireFields(record.head.slice(1), script.fields, 'request fields');
  requireBody(record, script.request, script.request?.trailers, 'request body');
}

function requireResponse(record: Told, script: ExchangeScript): void {
  const interims = record.head.filter((head) => head.startsWith('1'));
  const informed = interims.filter((head) => !head.startsWith('100'));
  requireEqual('WIRE-4', informed.map((head) => head.slice(0, 3)).join(), script.informs.join(), 'informs');
  const final = record.head[record.head.length - 1] ?? '';
  requireEqual('WIRE-4', final.slice(0, 3), String(script.status), 'status');
  requireFields(final.slice(4).split('; '), script.answerFields, 'response fields');
  const response = script.method === 'HEAD' ? undefined : script.response;
  requireBody(record, response, response?.trailers, 'response body');
}

function requireBody(
  record: Told,
  body: BodyScript | undefined,
  trailers: ScriptFields | undefined,
  what: string,
): void {
  let text = '';
  if (body !== undefined) for (const octet of contentOf(body)) text += String.fromCharCode(octet);
  requireEqual('WIRE-4', record.body, text, what);
  const sent = body !== undefined && !body.declared && !(body.endsWithData && body.pieces.length > 0);
  const lines = sent ? (trailers ?? []).map(([name, value]) => `${name}: ${value}`).join('; ') : '';
  requireEqual('WIRE-4', record.ended, lines, `trailers of the ${what}`);
  requireEqual('WIRE-4', record.closed, 'ok', `end of the ${what}`);
}

/** The fields sent, in order; framing, routing and connection add others. */
function requireFields(lines: readonly string[], sent: ScriptFields, what: string): void {
  const names = new Set(sent.map(([name]) => name));
  const kept = lines.filter((line) => names.has(line.slice(0, line.indexOf(':'))));
  requireEqual('WIRE-4', kept.join('\n'), sent.map(([name, value]) => `${name}: ${value}`).join('\n'), what);
}

/** A record with the names of its fields in lower case; where a session keeps the case, the next may not. */
function toldInLowerCase({ index, head, body, ended, closed }: ExchangeRecord): Told {
  return { index, head: head.map(lowerNames), body, ended: ended && lowerNames(ended), closed };
}

/** Of `200 A: x; B: y`, of one line, or of trailers. */
function lowerNames(text: string): string {
  return text.replaceAll(/[^\s;:]+: /g, (name) => name.toLowerCase());
}

/** The script as it arrives where names are sent in lower case (RFC 9113 §8.2). */
function inLowerCase(script: ExchangeScript): ExchangeScript {
  const lower = (fields: ScriptFields): ScriptFields =>
    fields.map(([name, value]) => [name.toLowerCase(), value]);
  const body = (it: BodyScript | undefined): BodyScript | undefined =>
    it === undefined ? undefined : { ...it, trailers: lower(it.trailers) };
  return {
    ...script,
    fields: lower(script.fields),
    answerFields: lower(script.answerFields),
    request: body(script.request),
    response: body(script.response),
  };
}

function markExchange(
  reached: Reached,
  { request, response, method, informs, ...script }: ExchangeScript,
): void {
  reached.mark(
    'request content',
    request?.pieces.some((piece) => piece > 0),
  );
  reached.mark('response content', method !== 'HEAD' && response?.pieces.some((piece) => piece > 0));
  reached.mark('request trailers', request !== undefined && !request.declared && request.trailers.length > 0);
  reached.mark(
    'response trailers',
    response !== undefined && !response.declared && response.trailers.length > 0,
  );
  reached.mark('interim response', informs.length > 0);
  reached.mark('100 Continue', request !== undefined && script.expectsContinue);
  reached.mark('paused body', script.taking.pauseEach + script.takingResponse.pauseEach > 0);
}
