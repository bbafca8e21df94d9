/**
 * LAY-7, CON-3, where a tunnel is a stream and not the connection (RFC 9113 §8.5, RFC 8441): neither side has a pipe
 * before both have agreed, nor any other way to send; and then every byte reaches the other side, once and in order: at any
 * cut, also what comes before it opened its pipe. Without an agreement nobody has a pipe; and either way the connection
 * goes on.
 */
import fc from 'fast-check';
import { MisuseError } from '../../errors.js';
import type { ClientExchange, ClientSession, RequestOptions, ServerExchange } from '../../stream/contract.js';
import type { Transport } from '../../transport/contract.js';
import { pipePlan, roomyMemory } from '../arbitraries/connection-memory.js';
import { Reached } from '../reached.js';
import { SessionPair } from '../session-pair.js';
import { observed, type StackUnderTest } from '../stack-under-test.js';
import { contentOf, TunnelEnd } from '../tunnel-end.js';
import { type TunnelKind, tunnelRequest } from '../tunnel-request.js';
import { requireEqual, requireNoneThrown, requireThat } from './require.js';

const asking = fc.record({
  agrees: fc.boolean(),
  /** Who opens its pipe only when the other side's first bytes have come. */
  late: fc.constantFrom('client', 'server', 'nobody'),
  /** Bytes that each side sends as soon as it has its pipe, and when both are open. */
  ahead: fc.integer({ min: 0, max: 40 }),
  toServer: fc.integer({ min: 0, max: 3000 }),
  toClient: fc.integer({ min: 0, max: 3000 }),
  /** Who ends its half first. */
  first: fc.constantFrom('client', 'server'),
});

/**
 * The same as `agreement`, where `capabilities.interleaves`: a tunnel between two exchanges that must not notice it.
 * @returns a property for `fc.assert`, which fails with PropertyFailure LAY-7, CON-3, OWN-7 or OWN-9
 */
export function streamAgreement(
  stack: StackUnderTest,
  reached = new Reached(),
): fc.IPropertyWithHooks<unknown[]> {
  const memory = roomyMemory(stack.capabilities.roomyBytes);
  const kinds = fc.constantFrom<TunnelKind | 'neither'>(...stack.capabilities.tunnels, 'neither');
  return fc.property(
    kinds,
    asking,
    pipePlan(),
    pipePlan(),
    memory,
    memory,
    (asks, { agrees, late, ahead, toServer, toClient, first }, up, down, serverMemory, clientMemory) => {
      const wanted = asks !== 'neither';
      const tunnels = wanted && agrees;
      reached.mark(wanted ? `${asks} ${agrees ? 'agreed to' : 'refused'}` : 'no tunnel asked for');
      reached.mark('bytes ahead of the opening', tunnels && ahead > 0 && late !== 'nobody');
      reached.mark('bytes behind the opening', tunnels && toServer > 0 && toClient > 0);
      const upAhead = contentOf(ahead, 1);
      const downAhead = contentOf(ahead, 4);
      const sessions: ClientSession[] = [];
      const ends: TunnelEnd[] = [];
      let mine: TunnelEnd | undefined;
      let answers = '';
      const pair = new SessionPair(
        stack.server,
        stack.client,
        (exchange) => {
          if (exchange.request.target === '/beside') exchange.respond(204, [], { end: true });
          else if (!agrees) exchange.respond(403, [], { end: true });
          else
            agree(exchange, (pipe) => {
              const end = new TunnelEnd(pipe, first === 'client');
              if (late !== 'server') end.open();
              end.write(downAhead);
              ends.push(end);
            });
        },
        (session) => sessions.push(session),
        { tasks: [] },
        {
          server: observed(stack, serverMemory),
          client: observed(stack, clientMemory),
          toServer: up,
          toClient: down,
        },
      );
      const settle = (): void => {
        pair.settle();
        // What a session was stopped by is told before what came of that.
        requireNoneThrown('OWN-9', pair.thrown);
      };
      const ask = (options: RequestOptions) =>
        sessions[0]?.request(options, {
          response: ({ status }, { body }) => {
            answers += ` ${status}`;
            body.discard();
          },
          upgraded: ({ status }, pipe) => {
            requireThat('LAY-7', tunnels && ends.length === 1, () => 'a pipe that was not agreed to');
            answers += ` ${status} tunnel`;
            mine = new TunnelEnd(pipe, first === 'server');
            if (late !== 'client') mine.open();
            mine.write(upAhead);
          },
          failed: ({ code }) => {
            answers += ` ${code}`;
          },
        });
      // What the peer allows is known when its settings have come; and streams are there when a first exchange is over.
      settle();
      ask({ authority: 'example.test', target: '/beside' });
      settle();
      requireEqual('LAY-7', answers, ' 204', 'answer before the tunnel');
      answers = '';
      const tunnel = ask(
        asks === 'neither' ? { ...tunnelRequest(asks, 0), end: true } : tunnelRequest(asks, 0),
      );
      if (wanted) requireThat('LAY-7', refusesContent(tunnel), () => 'content ahead of the agreement');
      settle();
      const due = tunnels ? ' 200 tunnel' : wanted ? ' 403' : agrees ? ' 200' : ' 403';
      requireEqual('LAY-7', answers, due, 'answer');
      requireEqual('LAY-7', [ends.length, mine !== undefined], tunnels ? [1, true] : [0, false], 'pipes');
      const [theirs] = ends;
      if (tunnels && mine !== undefined && theirs !== undefined) {
        const up = contentOf(toServer, 2);
        const down = contentOf(toClient, 3);
        if (late === 'client') mine.open();
        if (late === 'server') theirs.open();
        requireThat('LAY-7', refusesContent(tunnel), () => 'content beside the pipe');
        mine.write(up);
        theirs.write(down);
        settle();
        (first === 'client' ? mine : theirs).end();
        settle();
        requireEqual('CON-3', theirs.heard(), [...upAhead, ...up], 'bytes to the server');
        requireEqual('CON-3', mine.heard(), [...downAhead, ...down], 'bytes to the client');
        requireEqual('OWN-7', [theirs.closes, mine.closes], ['closed', 'closed'], 'ends of the tunnel');
      }
      answers = '';
      ask({ authority: 'example.test', target: '/beside' });
      settle();
      requireEqual('LAY-7', answers, ' 204', 'answer behind the tunnel');
      pair.run();
      requireNoneThrown('OWN-9', pair.thrown);
      for (const end of [pair.server, pair.client]) end.assertQuiescent();
    },
  );
}

/** Whether it takes nothing but through the pipe. */
function refusesContent(exchange: ClientExchange | undefined): boolean {
  try {
    exchange?.send(Uint8Array.of(0));
  } catch (error) {
    return error instanceof MisuseError;
  }
  return false;
}

/** Agrees to a tunnel; a request that asked for none is answered. */
function agree(exchange: ServerExchange, takeOver: (pipe: Transport) => void): void {
  if (exchange.request.method === 'CONNECT') exchange.upgrade(takeOver);
  else exchange.respond(200, [], { end: true });
}
