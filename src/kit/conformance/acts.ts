/**
 * Random acts on both ends of a pipe, and what must hold after any of them: what was received is a prefix of
 * what was sent, and all of it if nobody aborted. A sequence is data: it can be drawn from a seed here, or by a
 * property-testing library that shrinks it. This file does not know which transport carries the bytes.
 */
import { ConformanceFailure, type PipePair, PipeUnderTest } from './pipe.js';

/** One act. `side` 0 is the left end. */
export type PipeAct =
  | { readonly act: 'write'; readonly side: 0 | 1; readonly lengths: readonly number[] }
  /** The rooms that the end gives from now on; 0 is none, until `resume`. */
  | { readonly act: 'room'; readonly side: 0 | 1; readonly size: number }
  | { readonly act: 'pause' | 'resume' | 'end' | 'abort'; readonly side: 0 | 1 }
  /** Lets happen what can happen. */
  | { readonly act: 'turn' };

/** Carries out acts on a fresh pair and sees the pipe to its end. Acts that an end may not do any more are skipped. */
export async function runActs(pair: PipePair, acts: readonly PipeAct[]): Promise<void> {
  const pipe = await PipeUnderTest.open(pair, 'CON-1');
  const { left, right } = pipe;
  const ended = [false, false];
  let aborted = false;
  for (const act of acts) {
    if (act.act === 'turn') {
      await pair.run();
      continue;
    }
    const probe = act.side === 0 ? left : right;
    switch (act.act) {
      case 'write':
        if (ended[act.side] === false) probe.write(...act.lengths);
        break;
      case 'room':
        probe.roomSize = act.size;
        break;
      case 'end':
        ended[act.side] = true;
        probe.end();
        break;
      case 'abort':
        aborted = true;
        probe.abort();
        break;
      default:
        probe[act.act]();
    }
  }
  if (!aborted) {
    for (const probe of [left, right]) {
      probe.roomSize = 4096;
      probe.end();
      probe.resume();
    }
    await pipe.until('both ends are closed', () => left.isClosed && right.isClosed);
    if (left.receivedTotal !== right.accepted || right.receivedTotal !== left.accepted) {
      const [l, r] = [left.receivedTotal, right.receivedTotal];
      throw new ConformanceFailure(
        'CON-1',
        `closed in order, but of ${right.accepted} bytes ${l} arrived, of ${left.accepted} ${r}`,
      );
    }
    if (left.error !== undefined || right.error !== undefined) {
      throw new ConformanceFailure('LAY-3', 'an orderly close had an error');
    }
  }
  await pipe.finish();
}

const lengths = [0, 1, 1, 2, 5, 48, 49, 100, 1000, 4096, 16_384, 70_000];
const roomSizes = [0, 1, 2, 10, 100, 4096, 65_536];

/** A sequence of acts that is a function of the seed. */
export function actsFrom(seed: number): readonly PipeAct[] {
  const below = generator(seed);
  const acts: PipeAct[] = [];
  const count = 5 + below(40);
  for (let i = 0; i < count; i++) {
    const side = below(2) as 0 | 1;
    const choice = below(40);
    if (choice < 14) {
      const batch = Array.from({ length: 1 + below(4) }, () => lengths[below(lengths.length)] as number);
      acts.push({ act: 'write', side, lengths: batch });
    } else if (choice < 22) acts.push({ act: 'turn' });
    else if (choice < 28)
      acts.push({ act: 'room', side, size: roomSizes[below(roomSizes.length)] as number });
    else if (choice < 32) acts.push({ act: 'pause', side });
    else if (choice < 37) acts.push({ act: 'resume', side });
    else if (choice < 39) acts.push({ act: 'end', side });
    else acts.push({ act: 'abort', side });
  }
  return acts;
}

/** Integers below `limit`, by xorshift. */
function generator(seed: number): (limit: number) => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}
