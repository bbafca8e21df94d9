/**
 * H1 that goes on as H2 where that is asked for: `Upgrade: h2c` (RFC 7540 §3.2) as a handoff from one step to the next, for
 * either role. This file does not know what stands below, nor what an upgrade looks like.
 */
import { MisuseError } from '../errors.js';
import { limitRule, type OptionRules, readOptions } from '../options.js';
import { announced } from '../session/h2/announced.js';
import { settingsPayload } from '../session/h2/http2-settings.js';
import { type H2Options, h2Settings } from '../session/h2/options.js';
import type { H1Client } from '../stream/h1-client.js';
import { h2ClientSession } from '../stream/h2-client.js';
import { H2cClient, type H2cTerms } from '../stream/h2c-client.js';
import { H2cExchange } from '../stream/h2c-exchange.js';
import { type H2cListener, h2cListener } from '../stream/h2c-server.js';
import { h2ReceiveBytes, h2ServerStep } from './h2.js';
import type { SessionStep } from './step.js';

/** How H1 is upgraded to H2. */
export interface H2cOptions {
  /** What is set on the H2 session. */
  readonly h2?: H2Options;
  /**
   * Server: most content of a request that is upgraded; default 16384, and a slab at most: it is read before the agreement.
   * With more, or with content of unknown length, a request is answered over H1.
   */
  readonly maxRequestBytes?: number;
}

/** What the H1 step needs for it. */
export interface H2cParts {
  /** Server: takes the requests that are upgraded. */
  readonly listener: H2cListener;
  /** Client: asks, and is what the application has. */
  readonly asking: (h1: H1Client, report: ((error: unknown) => void) | undefined) => H2cClient;
  /** The session that H1 hands off to. */
  readonly next: SessionStep;
}

const anySlab = 16_384;

const rules: OptionRules<{ readonly maxRequestBytes: number }> = {
  maxRequestBytes: limitRule(16_384, 'RFC 7540 §3.2'),
};

/** @throws MisuseError when an option is no limit, or a setting is out of its range */
export function h2cParts(given: H2cOptions): H2cParts {
  const { maxRequestBytes } = readOptions(rules, given, 'h2c.');
  const { h2: options = {} } = given;
  // Neither what is announced nor these limits depend on the slab.
  const settings = h2Settings(options, anySlab, 'h2c.h2.');
  const { maxSettings, maxBodyBytes } = settings;
  const terms: H2cTerms = { settings: settingsPayload(announced(settings, false)) };
  const next: SessionStep = {
    kind: 'session',
    name: 'h2c',
    receiveBytes: (slabBytes) => h2ReceiveBytes(options, slabBytes),
    start: (context, application) => {
      if (application.role === 'server') return h2ServerStep(context, application, options);
      const { carried } = context;
      if (!(carried instanceof H2cExchange)) {
        throw new MisuseError('nothing-carried', 'LAY-7', 'h2c goes on with the request that asked for it');
      }
      const client = h2ClientSession(context, options, application.report);
      carried.takeUp(client);
      return client.session;
    },
  };
  return {
    listener: h2cListener({ maxRequestBytes: Math.min(maxRequestBytes, maxBodyBytes), maxSettings }),
    asking: (h1, report) => new H2cClient(h1, terms, report),
    next,
  };
}
