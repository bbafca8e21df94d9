// The conformance suite must be able to fail: transports with one seeded bug each, and the sound one beside them.
import { describe, expect, test } from 'vitest';
import type { TransportError } from '../../src/errors.js';
import { type PipeAct, runActs } from '../../src/kit/conformance/acts.js';
import { transportConformance } from '../../src/kit/conformance/transport.js';
import type { ByteRange, Transport, TransportReceiver } from '../../src/transport/contract.js';
import type { TransportFacts } from '../../src/transport/facts.js';
import { memoryPair } from '../../src/transport/memory.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';

/** Passes everything through; a bug overrides one thing. */
class Sound implements Transport, TransportReceiver {
  readonly kind: string;
  readonly lower: Transport;
  readonly clock: VirtualClock;
  protected upper: TransportReceiver = this;

  constructor(lower: Transport, clock: VirtualClock) {
    this.kind = lower.kind;
    this.lower = lower;
    this.clock = clock;
  }

  get state() {
    return this.lower.state;
  }
  open(receiver: TransportReceiver): void {
    if (this.upper === this) this.upper = receiver;
    this.lower.open(this);
  }
  write(segments: readonly ByteRange[]): void {
    this.lower.write(segments);
  }
  end(): void {
    this.lower.end();
  }
  pause(): void {
    this.lower.pause();
  }
  resume(): void {
    this.lower.resume();
  }
  abort(error?: TransportError): void {
    this.lower.abort(error);
  }
  release(): void {
    this.lower.release();
  }
  opened(facts: TransportFacts): void {
    this.upper.opened(facts);
  }
  room(): ByteRange | undefined {
    return this.upper.room();
  }
  received(count: number): void {
    this.upper.received(count);
  }
  ended(): void {
    this.upper.ended();
  }
  written(count: number): void {
    this.upper.written(count);
  }
  closed(error?: TransportError): void {
    this.upper.closed(error);
  }
}

/** The room as the pipe below fills it, and its owner's. */
abstract class Looking extends Sound {
  protected current: ByteRange = { bytes: new Uint8Array(0), start: 0, end: 0 };
  override room(): ByteRange | undefined {
    const room = super.room();
    if (room !== undefined) this.current = room;
    return room;
  }
}

/** Each bug with what the suite must say of it. */
const bugs: Record<string, [RegExp, new (lower: Transport, clock: VirtualClock) => Transport]> = {
  'drops a byte': [
    /CON-1: \w+: byte/,
    class extends Sound {
      private dropped = false;
      override received(count: number): void {
        const drop = count > 10 && !this.dropped;
        if (drop) this.dropped = true;
        super.received(drop ? count - 1 : count);
      }
    },
  ],
  'doubles a byte': [
    /CON-1: \w+: byte/,
    class extends Looking {
      override received(count: number): void {
        const { bytes, start, end } = this.current;
        super.received(start + count < end && bytes[start] !== undefined ? count + 1 : count);
      }
    },
  ],
  'changes a byte': [
    /CON-1: \w+: byte/,
    class extends Looking {
      private seen = 0;
      override received(count: number): void {
        const { bytes, start } = this.current;
        if (this.seen < 5000 && this.seen + count >= 5000)
          bytes.fill(~(bytes[start] as number), start, start + 1);
        this.seen += count;
        super.received(count);
      }
    },
  ],
  'reports written inside write': [
    /OWN-9: \w+: written inside our call of write/,
    class extends Sound {
      override write(segments: readonly ByteRange[]): void {
        const length = segments.reduce((sum, { start, end }) => sum + end - start, 0);
        super.write(segments);
        if (length > 0 && this.state === 'open') this.upper.written(length);
      }
      override written(): void {}
    },
  ],
  'asks for room inside resume': [
    /OWN-9: \w+: room inside our call of resume/,
    class extends Sound {
      override resume(): void {
        super.resume();
        if (this.state === 'open' && this.upper.room() !== undefined) this.upper.received(0);
      }
    },
  ],
  'closes inside abort': [
    /OWN-9: \w+: closed inside our call of abort/,
    class extends Sound {
      private told = false;
      override abort(error?: TransportError): void {
        super.abort(error);
        this.closed(error);
      }
      override closed(error?: TransportError): void {
        if (this.told) return;
        this.told = true;
        super.closed(error);
      }
    },
  ],
  'closes twice': [
    /LAY-3: \w+: closed after closed/,
    class extends Sound {
      override closed(error?: TransportError): void {
        super.closed(error);
        this.clock.defer(() => super.closed(error));
      }
    },
  ],
  'never closes after abort': [
    /not: every end is closed/,
    class extends Sound {
      private deaf = false;
      override abort(error?: TransportError): void {
        this.deaf = true;
        super.abort(error);
      }
      override closed(error?: TransportError): void {
        if (!this.deaf) super.closed(error);
      }
    },
  ],
  'loses the half-close': [
    /not: the end arrives/,
    class extends Sound {
      override ended(): void {}
    },
  ],
  'ends before the last bytes': [
    /LAY-3: \w+: room after ended/,
    class extends Sound {
      private total = 0;
      private early = false;
      override received(count: number): void {
        super.received(count);
        this.total += count;
        if (this.total >= 5000 && !this.early) {
          this.early = true;
          this.upper.ended();
        }
      }
      override ended(): void {
        if (!this.early) super.ended();
      }
    },
  ],
  'closes at the first end': [
    /orderly close before both ends/,
    class extends Sound {
      override ended(): void {
        super.ended();
        if (this.state === 'half-closed-remote') this.lower.end();
      }
    },
  ],
  'takes a reset for an orderly end': [
    /orderly close before both ends/,
    class extends Sound {
      override closed(error?: TransportError): void {
        super.closed(error?.code === 'connection-reset' ? undefined : error);
      }
    },
  ],
  'writes beyond the room': [
    /WS-1: \w+: written outside the room/,
    class extends Looking {
      override received(count: number): void {
        const { bytes, end } = this.current;
        if (end < bytes.length) bytes[end] = 1;
        super.received(count);
      }
    },
  ],
  'writes into the room after received': [
    /WS-5: \w+: a room was written to after received/,
    class extends Looking {
      override received(count: number): void {
        const { bytes, start } = this.current;
        super.received(count);
        this.clock.defer(() => {
          bytes[start] = 1;
        });
      }
    },
  ],
  'does not close an empty room': [
    /WS-5: \w+: room between room and received/,
    class extends Sound {
      override opened(facts: TransportFacts): void {
        super.opened(facts);
        this.upper.room();
      }
    },
  ],
  'forgets a written': [
    /not: every byte has arrived and is reported .* written 4 of 5/,
    class extends Sound {
      private forgotten = false;
      override written(count: number): void {
        if (count > 1 && !this.forgotten) {
          this.forgotten = true;
          super.written(count - 1);
        } else super.written(count);
      }
    },
  ],
  'reports more written than was accepted': [
    /CON-2: \w+: written 6 of 5 pending/,
    class extends Sound {
      override written(count: number): void {
        super.written(count + 1);
      }
    },
  ],
  'changes a segment': [
    /OWN-4: \w+: a segment was changed/,
    class extends Sound {
      override write(segments: readonly ByteRange[]): void {
        super.write(segments);
        for (const { bytes, start, end } of segments) {
          this.clock.defer(() => {
            if (end - start === 1000) (bytes as Uint8Array)[start] = 0;
          });
        }
      }
    },
  ],
  'reads a segment after it was written': [
    /CON-1: \w+: byte/,
    class extends Sound {
      override write(segments: readonly ByteRange[]): void {
        const kept = segments.map(({ bytes, start, end }) => ({ bytes, start, end }));
        const length = kept.reduce((sum, { start, end }) => sum + end - start, 0);
        if (this.state !== 'open' || length === 0) {
          super.write(segments);
          return;
        }
        this.clock.defer(() => {
          this.upper.written(length);
          this.lower.write(kept);
        });
      }
      override written(): void {}
    },
  ],
  'keeps the range objects': [
    /not: every byte has arrived/,
    class extends Sound {
      private queue: ByteRange[] = [];
      override write(segments: readonly ByteRange[]): void {
        this.queue.push(...segments);
        this.clock.defer(() => {
          this.lower.write(this.queue);
          this.queue = [];
        });
      }
    },
  ],
  'asks for room again without resume': [
    /LAY-3: \w+: room asked again without resume/,
    class extends Sound {
      override room(): ByteRange | undefined {
        return super.room() ?? super.room();
      }
    },
  ],
  'asks for room while paused': [
    /LAY-3: \w+: room while paused/,
    class extends Sound {
      override pause(): void {}
    },
  ],
  'never resumes after no room': [
    /not: one more room is filled/,
    class extends Sound {
      private dry = false;
      override room(): ByteRange | undefined {
        const room = super.room();
        if (room === undefined) this.dry = true;
        return room;
      }
      override resume(): void {
        if (!this.dry) super.resume();
      }
    },
  ],
  'forgets pause before opened': [
    /LAY-3: \w+: room while paused/,
    class extends Sound {
      override pause(): void {
        if (this.state !== 'idle') super.pause();
      }
    },
  ],
  'receives before opened': [
    /before opened/,
    class extends Sound {
      private late: TransportFacts | undefined;
      override opened(facts: TransportFacts): void {
        this.late = facts;
      }
      override received(count: number): void {
        super.received(count);
        if (this.late !== undefined) super.opened(this.late);
        this.late = undefined;
      }
    },
  ],
  'loses what is written before opened': [
    /CON-1: \w+: byte/,
    class extends Sound {
      override write(segments: readonly ByteRange[]): void {
        if (this.state === 'idle') return;
        super.write(segments);
      }
    },
  ],
  'loses an end before open': [
    /not: the end arrives/,
    class extends Sound {
      override end(): void {
        if (this.state === 'idle') return;
        super.end();
      }
    },
  ],
  'accepts write after end': [
    /not refused as misuse/,
    class extends Sound {
      override write(segments: readonly ByteRange[]): void {
        try {
          super.write(segments);
        } catch {}
      }
    },
  ],
  'accepts a second open': [
    /a second open was not refused/,
    class extends Sound {
      private once = false;
      override open(receiver: TransportReceiver): void {
        if (this.once) return;
        this.once = true;
        super.open(receiver);
      }
    },
  ],
  'reports after abort': [
    /LAY-3: \w+: written after abort/,
    class extends Sound {
      private bytes = 0;
      override write(segments: readonly ByteRange[]): void {
        super.write(segments);
        this.bytes = 1;
      }
      override abort(error?: TransportError): void {
        if (this.bytes > 0 && this.state === 'open') this.clock.defer(() => this.upper.written(1));
        super.abort(error);
      }
    },
  ],
  'takes everything from a writer whom nobody reads': [
    /though nobody reads/,
    class extends Sound {
      private early = 0;
      override write(segments: readonly ByteRange[]): void {
        const copies = segments.map(({ bytes, start, end }) => {
          const copy = bytes.slice(start, end);
          return { bytes: copy, start: 0, end: copy.length };
        });
        const length = copies.reduce((sum, { end }) => sum + end, 0);
        super.write(copies);
        if (length === 0 || this.state !== 'open') return;
        this.early += length;
        this.clock.defer(() => {
          if (this.state === 'open' || this.state === 'half-closed-remote') this.upper.written(length);
          else this.early -= length;
        });
      }
      override written(count: number): void {
        const known = Math.min(count, this.early);
        this.early -= known;
        if (count > known) super.written(count - known);
      }
    },
  ],
};

type Wrap = (lower: Transport, clock: VirtualClock) => Transport;

function suite(wrap: Wrap) {
  return transportConformance(
    () => {
      const clock = new VirtualClock();
      const { left, right } = memoryPair(clock);
      return { left: wrap(left, clock), right: wrap(right, clock), run: () => clock.runUntilIdle() };
    },
    { halfClose: true, reset: true, holds: 0 },
    { large: 100_000, seeds: [1, 2, 3] },
  );
}

/** What the suite says of a transport: the messages of the cases that fail, each of which names the rule. */
async function failures(wrap: Wrap): Promise<string> {
  const failed: string[] = [];
  for (const { run } of suite(wrap)) await run().catch((error: unknown) => failed.push(String(error)));
  for (const message of failed) expect(message).toMatch(/\b[A-Z]+-\d+\b/);
  return failed.join('\n');
}

describe('a sound transport passes', () => {
  for (const { name, run } of suite((lower, clock) => new Sound(lower, clock))) test(name, run);
});

describe('a seeded bug is caught', () => {
  for (const [name, [evidence, Broken]] of Object.entries(bugs)) {
    test(name, async () => {
      expect(await failures((lower, clock) => new Broken(lower, clock))).toMatch(evidence);
    });
  }
});

describe('random acts catch what loses bytes', () => {
  const acts: PipeAct[] = [
    { act: 'write', side: 0, lengths: [100] },
    { act: 'turn' },
    { act: 'end', side: 1 },
    { act: 'turn' },
  ];
  const run = (wrap: Wrap) => {
    const clock = new VirtualClock();
    const { left, right } = memoryPair(clock);
    return runActs(
      { left: wrap(left, clock), right: wrap(right, clock), run: () => clock.runUntilIdle() },
      acts,
    );
  };
  test('sound', () => run((lower, clock) => new Sound(lower, clock)));
  test('dropping', async () => {
    const Dropping = bugs['drops a byte']?.[1] ?? Sound;
    await expect(run((lower, clock) => new Dropping(lower, clock))).rejects.toThrow(
      /CON-1|closed in order, but of/,
    );
  });
});
