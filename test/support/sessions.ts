// The sessions that the kit's suite for sessions is run over: the PROXY receiver in front of whoever goes on, H1 and H2
// servers, and the one that tells them apart by the first bytes.
import * as fc from 'fast-check';
import { h1 } from '../../src/endpoint/h1.js';
import { byPreface, h2 } from '../../src/endpoint/h2.js';
import { proxy } from '../../src/endpoint/proxy.js';
import type { Steps } from '../../src/endpoint/step.js';
import { connectionScript } from '../../src/kit/arbitraries/connection-script.js';
import { encodeH2Frames, h2Frames } from '../../src/kit/arbitraries/h2-frames.js';
import { proxyV1Header, proxyV2Header } from '../../src/kit/arbitraries/proxy-header.js';
import { plainServer } from '../../src/kit/plain-server.js';
import { runConnection } from '../../src/kit/run-connection.js';
import { handedOn, type SessionUnderTest } from '../../src/kit/session-under-test.js';
import { h1Stack, h2Stack, type StackUnderTest } from '../../src/kit/stack-under-test.js';
import { PREFACE } from '../../src/session/h2/frames-preface.js';
import { wire } from './proxy-headers.js';

/** What the client of a stack says when all goes well: whole, or as much of it as came, so that its peer waits for more. */
function saidBy(stack: StackUnderTest): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(connectionScript({ manner: 'orderly', maxExchanges: 1 }), fc.integer({ min: 0, max: 200 }))
    .map(([script, percent]) => {
      const said = runConnection(stack, script).fromClient;
      return percent >= 100 ? said : said.subarray(0, Math.floor((said.length * percent) / 100));
    });
}

function server(
  name: string,
  steps: Steps,
  stacks: readonly StackUnderTest[],
  ...more: fc.Arbitrary<Uint8Array>[]
): SessionUnderTest {
  const { roomyBytes } = stacks.at(-1)?.capabilities ?? { roomyBytes: 0 };
  return {
    name,
    make: () => ({ steps, ...plainServer() }),
    conversation: fc.oneof(...stacks.map(saidBy), ...more),
    telling: stacks.flatMap(({ capabilities }) => capabilities.telling),
    roomyBytes,
  };
}

/** The preface, and frames that may be anything behind it. */
const frames = h2Frames().map((list) => Uint8Array.from([...PREFACE, ...encodeH2Frames(list)]));

const rest = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 });

const receiver: SessionUnderTest = {
  name: 'proxy',
  make: () => {
    const heard: number[] = [];
    const steps = proxy({ trust: ['127.0.0.0/8'] }).then(handedOn((octets) => heard.push(...octets)));
    return { ...plainServer(), steps, seen: () => heard };
  },
  conversation: fc
    .tuple(fc.oneof(proxyV1Header, proxyV2Header), rest)
    .map(([header, behind]) => Uint8Array.from([...wire(header), ...behind])),
  telling: [0x0a, 0x0d, 0x50, 0x51, 0x20, 0x00, 0xff],
  roomyBytes: 4096,
  handsOn: true,
};

export const sessions: readonly SessionUnderTest[] = [
  receiver,
  server('h1', h1(), [h1Stack()]),
  server('h2', h2(), [h2Stack()], frames),
  server('h1 or h2', byPreface({ h1: h1(), h2: h2() }), [h1Stack(), h2Stack()], frames),
];
