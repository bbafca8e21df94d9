// A client's request for which there was no memory to build it in: it has no stream, and is told all the same (OWN-7).
import { expect, it } from 'vitest';
import { h2 } from '../../src/endpoint/h2.js';
import { SessionEnd } from '../../src/kit/session-end.js';
import { Owner, type Slab } from '../../src/memory/index.js';
import type { ClientSession } from '../../src/stream/contract.js';
import { rowRecorder } from '../support/rows.js';

const hog = new Owner('application', 'hog', 1);

it.each([
  ['in the next turn', (end: SessionEnd) => end.turn()],
  ['when the connection is lost before it', (end: SessionEnd) => end.lose()],
])('a request that could not be built fails %s', (_, act) => {
  const sessions: ClientSession[] = [];
  const application = { role: 'client', ready: (it: ClientSession) => void sessions.push(it) } as const;
  const end = new SessionEnd(h2(), application, { limitBytes: 2 * 4096, observer: rowRecorder() });
  end.written(end.take().length);
  const taken: Slab[] = [];
  for (let slab = end.pool.acquire(hog); slab !== undefined; slab = end.pool.acquire(hog)) taken.push(slab);
  const told: string[] = [];
  const exchange = sessions[0]?.request(
    { authority: 'a.test' },
    { response: () => {}, failed: (error, retryable) => told.push(`${error.code} ${retryable}`) },
  );
  if (exchange !== undefined) exchange.onClosed = (error) => told.push(`closed: ${error?.code}`);
  for (const slab of taken) slab.unpin();
  act(end);
  expect(told).toEqual(['output-exhausted true', 'closed: output-exhausted']);
  end.lose();
  expect(told).toHaveLength(2);
  end.assertQuiescent();
});
