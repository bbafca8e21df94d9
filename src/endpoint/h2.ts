/**
 * `h2()`: the step that speaks HTTP/2, as a server or as a client; and `byPreface()`, which looks at a client's first bytes
 * and lets either go on. This file does not know what stands below.
 */
import { having, requireOption } from '../options.js';
import type { Session, SessionContext } from '../session/contract.js';
import { connectionWindowOf, type H2Options, h2Settings } from '../session/h2/options.js';
import { PrefaceSession } from '../session/h2/preface-session.js';
import { h2ClientSession } from '../stream/h2-client.js';
import { h2ServerSession } from '../stream/h2-server.js';
import { byHandoff, Stack } from './stack.js';
import type { Application, SessionStep, Steps } from './step.js';

/** Whether the options are in their range does not depend on the slab. */
const anySlab = 16_384;

/** HTTP/2 by prior knowledge, or where ALPN chose it. @throws MisuseError for an option that cannot be what it is for */
export function h2(options: H2Options = {}): Stack {
  h2Settings(options, anySlab);
  const step: SessionStep = {
    kind: 'session',
    name: 'h2',
    requests: 'many',
    receiveBytes: (slabBytes) => h2ReceiveBytes(options, slabBytes),
    start: (context: SessionContext, application: Application) => {
      if (application.role === 'client') {
        const client = h2ClientSession(context, options, application.report);
        application.ready(client);
        return client.session;
      }
      return h2ServerStep(context, application, options);
    },
  };
  return new Stack([step]);
}

/** What waits at its streams, while it is moved together (`waiting-data.ts`), and what is received meanwhile. */
export function h2ReceiveBytes(options: H2Options, slabBytes: number): number {
  return 3 * connectionWindowOf(options) + 8 * slabBytes;
}

/** The session of one connection to a server. */
export function h2ServerStep(
  context: SessionContext,
  { httpDate, exchange, report }: Extract<Application, { role: 'server' }>,
  options: H2Options,
): Session {
  return h2ServerSession(
    context,
    httpDate === undefined ? options : { ...options, date: httpDate },
    exchange,
    report,
  );
}

/**
 * Both on one port: H2 when the connection begins with its preface (RFC 9113 §3.3), else H1.
 * @throws MisuseError when one of them is no stack
 */
export function byPreface(protocols: { readonly h1: Steps; readonly h2: Steps }): Stack {
  requireOption(
    'protocols',
    protocols,
    having('an object of two stacks, h1 and h2'),
    'option-value',
    'LAY-1',
  );
  const look: SessionStep = {
    kind: 'session',
    name: 'preface',
    role: 'server',
    start: (context) => new PrefaceSession(context),
  };
  return new Stack([look]).then(byHandoff({ h1: protocols.h1, h2: protocols.h2 }));
}
