/**
 * LAY-7, CON-3, over a real transport: each way in which a tunnel may be asked for, agreed to and refused. Neither side has a
 * pipe before both agreed; then every byte reaches the other side, once and in order, also what was received with the
 * agreement; and where a tunnel is a stream, or an upgrade was refused, the connection goes on. Under TLS this is a swap of
 * the transport with bytes left over.
 *
 * This file does not know which transport it is, nor whether a tunnel is a stream or all of the connection.
 */
import fc from 'fast-check';
import type { ClientSession, ServerExchange } from '../../stream/contract.js';
import { CarriedEnds, type CarriedPair } from '../carried-ends.js';
import { Reached } from '../reached.js';
import type { StackUnderTest } from '../stack-under-test.js';
import { contentOf, TunnelEnd } from '../tunnel-end.js';
import { agreeTo, type TunnelKind, tunnelRequest } from '../tunnel-request.js';
import { requireEqual, requireThat } from './require.js';

const tunnelled = fc.record({
  /** Bytes that each side sends as soon as it has its pipe, before it opens it. */
  ahead: fc.integer({ min: 0, max: 40 }),
  toServer: fc.integer({ min: 0, max: 3000 }),
  toClient: fc.integer({ min: 0, max: 3000 }),
  /** Who ends its half first. */
  first: fc.constantFrom<'client' | 'server'>('client', 'server'),
});
type Tunnelled = typeof tunnelled extends fc.Arbitrary<infer T> ? T : never;

/**
 * Each run is a connection for each kind of `capabilities.tunnels`, agreed to and refused.
 * @returns a property for `fc.assert`, which fails with PropertyFailure LAY-7, CON-3, LAY-4 or OWN-7
 */
export function carriedAgreement(
  stack: StackUnderTest,
  makePair: () => CarriedPair | Promise<CarriedPair>,
  reached = new Reached(),
): fc.IAsyncPropertyWithHooks<[Tunnelled]> {
  return fc.asyncProperty(tunnelled, async (plan) => {
    for (const asks of stack.capabilities.tunnels) {
      for (const agrees of [true, false]) {
        const pair = await makePair();
        try {
          await new Asking(stack, pair, asks, agrees, plan).run();
        } finally {
          await pair.dispose?.();
        }
        reached.mark(`${asks} ${agrees ? 'agreed to' : 'refused'}`);
      }
    }
  });
}

/** One connection: an exchange, the request for a tunnel, and another exchange where there may be one. */
class Asking {
  private readonly stack: StackUnderTest;
  private readonly asks: TunnelKind;
  private readonly agrees: boolean;
  private readonly plan: Tunnelled;
  private readonly ends: CarriedEnds;
  private session: ClientSession | undefined;
  private answers: string;
  private theirs: TunnelEnd | undefined;
  private mine: TunnelEnd | undefined;

  constructor(stack: StackUnderTest, pair: CarriedPair, asks: TunnelKind, agrees: boolean, plan: Tunnelled) {
    this.stack = stack;
    this.asks = asks;
    this.agrees = agrees;
    this.plan = plan;
    this.answers = '';
    this.ends = new CarriedEnds(stack, pair, {
      server: { role: 'server', httpDate: undefined, exchange: (exchange) => this.answer(exchange) },
      client: {
        role: 'client',
        ready: (session) => {
          this.session = session;
        },
      },
    });
  }

  async run(): Promise<void> {
    const { ends, agrees, asks } = this;
    await this.exchange('before the tunnel');
    this.ask(tunnelRequest(asks, 0));
    await ends.until(() => this.answers !== '' && (!agrees || this.theirs !== undefined));
    requireEqual('LAY-7', this.answers, agrees ? ' tunnel' : ' 403', 'answer');
    requireEqual(
      'LAY-7',
      [this.theirs, this.mine].map((it) => it !== undefined),
      [agrees, agrees],
      'pipes',
    );
    if (agrees) await this.tunnel();
    await this.goOn();
    await ends.closed();
    ends.finish();
  }

  /**
   * Other streams go on beside a tunnel. Without them a pipe that was taken over is no more the connection's; and where a tunnel
   * was refused the server may end it: it cannot know whether what comes next was sent for the tunnel, and is no request.
   */
  private async goOn(): Promise<void> {
    const { ends, agrees } = this;
    if (!this.stack.capabilities.interleaves) {
      if (agrees) return;
      await ends.until(() => ends.over || this.mayAsk);
      if (!this.mayAsk) return;
    }
    await this.exchange('behind the tunnel');
    ends.client.connection.shutdown();
  }

  private get mayAsk(): boolean {
    return this.session !== undefined && this.session.available > 0;
  }

  private async exchange(when: string): Promise<void> {
    const { ends } = this;
    await ends.until(() => this.mayAsk);
    this.answers = '';
    this.ask({ authority: 'example.test', target: '/beside' });
    await ends.until(() => this.answers !== '');
    requireEqual('LAY-7', this.answers, ' 204', `answer ${when}`);
    await ends.until(() => this.mayAsk);
    this.answers = '';
  }

  private ask(options: Parameters<ClientSession['request']>[0]): void {
    this.session?.request(options, {
      response: ({ status }, { body }) => {
        this.answers += ` ${status}`;
        body.discard();
      },
      upgraded: (_, pipe) => {
        requireThat('LAY-7', this.agrees, () => 'a pipe that was not agreed to');
        this.answers += ' tunnel';
        this.mine = this.begun(new TunnelEnd(pipe, this.plan.first === 'server'), 1);
      },
      failed: ({ code }) => {
        this.answers += ` ${code}`;
      },
    });
  }

  private answer(exchange: ServerExchange): void {
    const { asks, agrees, plan } = this;
    if (exchange.request.target === '/beside') {
      exchange.respond(204, [], { end: true });
      return;
    }
    exchange.body.consume({
      data: (lease) => lease.release(),
      end: () => {
        const isAgreed =
          agrees &&
          agreeTo(exchange, asks, (pipe) => {
            this.theirs = this.begun(new TunnelEnd(pipe, plan.first === 'client'), 4);
          });
        if (!isAgreed) exchange.respond(403, [], { end: true });
      },
      failed: () => {},
    });
  }

  private begun(end: TunnelEnd, seed: number): TunnelEnd {
    end.write(contentOf(this.plan.ahead, seed));
    end.open();
    return end;
  }

  private async tunnel(): Promise<void> {
    const { ends, theirs, mine } = this;
    if (theirs === undefined || mine === undefined) return;
    const { ahead, toServer, toClient, first } = this.plan;
    mine.write(contentOf(toServer, 2));
    theirs.write(contentOf(toClient, 3));
    (first === 'client' ? mine : theirs).end();
    await ends.until(() => theirs.closes !== '' && mine.closes !== '');
    const up = [...contentOf(ahead, 1), ...contentOf(toServer, 2)];
    const down = [...contentOf(ahead, 4), ...contentOf(toClient, 3)];
    requireEqual('CON-3', theirs.heard(), up, 'bytes to the server');
    requireEqual('CON-3', mine.heard(), down, 'bytes to the client');
    requireEqual('OWN-7', [theirs.closes, mine.closes], ['closed', 'closed'], 'ends of the tunnel');
  }
}
