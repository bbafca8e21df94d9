// GOAWAY of a server and to it, while a client by hand asks, sends, and takes answers: what is on its way when it is warned
// is taken, what comes behind its last word is as if it had never been sent, and the connection ends with its last stream.
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Reached } from '../../../src/kit/reached.js';
import { defaultDeadlines } from '../../../src/session/deadlines.js';
import { goaway, put, warningAnswered } from '../h2-bed.js';
import { contentHash, type Made, PeerBed, Taken, take } from '../h2-peer-bed.js';

const unlimited = 2 ** 31 - 1;
const window = 65_535;
const { drain: drainDeadline } = defaultDeadlines;
const size = fc.constantFrom(0, 1, 3000, 16_384);
const which = fc.nat({ max: 20 });
const mark = fc.constantFrom('a', 'bb', 'cccc');
const h2Options = { connectionWindowBytes: window, copyBelowBytes: 100 };

const serverAct = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('request' as const), mark, size, ends: fc.boolean() }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom('finish' as const, 'answer' as const), which, mark, size }),
  },
  fc.record({ kind: fc.constantFrom('abort' as const, 'shutdown' as const, 'goaway' as const), which }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pong' as const) }) },
);
type ServerAct = Made<typeof serverAct>;

interface Asked {
  readonly id: number;
  readonly isSeen: boolean;
  readonly mark: string;
  said: number;
  /** Octets of the request and of the answer, trailers or none. */
  trailers: string;
  isFinished: boolean;
  answered: number;
  isAborted: boolean;
}

/** A server, and a client by hand that keeps the rules. */
class ServerRun {
  readonly reached: Reached;
  private readonly peer: PeerBed;
  private readonly asked: Asked[] = [];
  private readonly taken = new Map<number, Taken>();
  private next = 1;
  private isWarned = false;
  private isFinal = false;
  private drains = false;

  constructor(reached: Reached) {
    this.reached = reached;
    this.peer = new PeerBed('server', {
      h2: h2Options,
      exchange: ({ id, body, request }) => {
        const taken = new Taken();
        this.taken.set(id, taken);
        expect(request.fields.get('x-mark')).toBe(this.asked.find((it) => it.id === id)?.mark);
        take(body, taken);
      },
    });
  }

  act(it: ServerAct): void {
    const { peer } = this;
    if (this.isClosed) return;
    switch (it.kind) {
      case 'request':
        this.request(it.mark, it.size, it.ends);
        break;
      case 'finish': {
        const asked = this.pick(it.which, ({ isFinished, isAborted }) => !isFinished && !isAborted);
        if (asked !== undefined) this.finish(asked, it.mark, it.size);
        break;
      }
      case 'answer': {
        const asked = this.pick(it.which, this.isAnswerable);
        if (asked !== undefined) this.answer(asked, it.size);
        break;
      }
      case 'abort': {
        const asked = this.pick(it.which, this.isAnswerable);
        if (asked === undefined) break;
        asked.isAborted = true;
        peer.bed.exchanges.find(({ id }) => id === asked.id)?.abort();
        peer.read();
        break;
      }
      case 'shutdown':
        if (this.isWarned || this.isFinal) break;
        if (this.pending.length > 0) this.isWarned = true;
        else this.isFinal = true;
        this.drains = true;
        peer.bed.end.shutdown();
        peer.read();
        break;
      case 'goaway':
        this.reached.mark('both say it', this.isWarned);
        this.drains = true;
        peer.give(goaway(0));
        break;
      case 'pong':
        this.pong();
    }
    this.check();
  }

  /** What was taken comes to its end, and then the connection does. @param lapses there is no time for that */
  end(lapses: boolean): void {
    if (!this.drains && !this.isClosed) this.act({ kind: 'shutdown', which: 0 });
    if (!this.isClosed) this.act({ kind: 'pong' });
    if (lapses && !this.isClosed) {
      this.lapse();
      return;
    }
    for (const asked of this.pending) {
      if (!asked.isFinished) this.finish(asked, 'end', 1);
      if (asked.answered < 0) this.answer(asked, 100);
      this.check();
    }
    expect(this.isClosed).toBe(true);
    expect(this.peer.bed.error).toBeUndefined();
    this.peer.bed.close();
  }

  /** The drain's deadline passes: the last word is said again, and what was begun behind it does not raise it. */
  private lapse(): void {
    const { peer } = this;
    this.act({ kind: 'request', mark: 'a', size: 0, ends: true });
    this.reached.mark('no time', this.isFinal);
    const { end } = peer.bed;
    const due = [...peer.model.goaways, this.asked.filter((it) => it.isSeen).at(-1)?.id ?? 0];
    end.now = drainDeadline;
    end.expire();
    peer.read();
    expect([peer.bed.error, peer.model.goaways]).toEqual(['drain-timeout', due]);
    peer.bed.close();
  }

  private isAnswerable = (it: Asked): boolean => it.isSeen && it.answered < 0 && !it.isAborted;

  private get pending(): Asked[] {
    return this.asked.filter((it) => it.isSeen && !it.isAborted && !(it.isFinished && it.answered >= 0));
  }

  private get isClosed(): boolean {
    return this.peer.bed.end.state !== 'open';
  }

  private pick(nth: number, among: (it: Asked) => boolean): Asked | undefined {
    const found = this.asked.filter(among);
    return found[nth % Math.max(1, found.length)];
  }

  private request(text: string, length: number, ends: boolean): void {
    const { peer, isFinal } = this;
    this.reached.mark('behind the warning', this.isWarned && !isFinal);
    this.reached.mark('behind the last word', isFinal);
    const isFinished = ends && length === 0;
    const asked: Asked = {
      id: this.next,
      isSeen: !isFinal,
      mark: text,
      said: 0,
      trailers: '',
      isFinished,
      answered: -1,
      isAborted: false,
    };
    this.next += 2;
    this.asked.push(asked);
    peer.give(peer.model.fields(asked.id, put(['x-mark', text]), isFinished));
    if (length > 0) this.data(asked, length, ends);
  }

  private data(asked: Asked, length: number, ends: boolean): void {
    const { peer } = this;
    // What nobody takes is credited, too: there is always room for this much (CON-4).
    expect(peer.model.mayGive).toBeGreaterThanOrEqual(length);
    asked.said += Math.min(length, peer.stream(asked.id).mayGive);
    if (ends) asked.isFinished = true;
    peer.give(peer.model.data(asked.id, length, ends, asked.id));
  }

  private finish(asked: Asked, text: string, length: number): void {
    const { peer } = this;
    this.data(asked, length, false);
    asked.isFinished = true;
    asked.trailers = `x-mark=${text}`;
    peer.give(peer.model.fields(asked.id, [['x-mark', text]], true));
  }

  private answer(asked: Asked, length: number): void {
    const { peer } = this;
    asked.answered = length;
    const { model } = peer;
    if (model.mayTake < length) peer.give(model.widen(0, window));
    peer.bed.exchanges
      .find(({ id }) => id === asked.id)
      ?.reply(200, [['x-mark', asked.mark]], new Uint8Array(length).fill(asked.id));
    peer.read();
  }

  private pong(): void {
    if (!this.isWarned || this.isFinal) return;
    this.isFinal = true;
    this.peer.give(warningAnswered);
  }

  private check(): void {
    const { peer, pending } = this;
    expect([...this.taken.keys()]).toEqual(this.asked.filter((it) => it.isSeen).map(({ id }) => id));
    const isOver = this.drains && pending.length === 0 && (!this.isWarned || this.isFinal);
    expect(this.isClosed).toBe(isOver);
    if (isOver) this.isFinal = true;
    const seen = this.asked.filter((it) => it.isSeen);
    const last = seen.at(-1)?.id ?? 0;
    expect(peer.model.goaways).toEqual([
      ...(this.isWarned ? [unlimited] : []),
      ...(this.isFinal ? [last] : []),
    ]);
    for (const { id, isSeen, isFinished, isAborted, said, trailers, answered, mark: text } of this.asked) {
      const stream = peer.stream(id);
      if (!isSeen) {
        // As if it had never been sent.
        expect([stream.heard, stream.isReset, peer.block(id, 0)]).toEqual([false, false, undefined]);
        continue;
      }
      if (answered >= 0) {
        expect(peer.block(id, 0)).toContain(`x-mark: ${text}`);
        expect([stream.heard, stream.isReset]).toEqual([true, false]);
        expect([stream.came, stream.hash]).toEqual([answered, contentHash(id, answered)]);
      }
      if (isAborted) continue;
      const { bytes, hash, ended } = this.taken.get(id) as Taken;
      expect([bytes, hash]).toEqual([said, contentHash(id, said)]);
      expect(ended).toBe(isFinished ? trailers : undefined);
    }
    if (!this.isClosed) expect(peer.bed.end.deadline()).toBeLessThan(Number.POSITIVE_INFINITY);
  }
}

export function goawayOfServer(reached: Reached) {
  const acts = fc.array(serverAct, { minLength: 10, maxLength: 40, size: 'max' });
  return fc.property(acts, fc.boolean(), (all, lapses) => {
    const run = new ServerRun(reached);
    for (const act of all) run.act(act);
    run.end(lapses);
  });
}
