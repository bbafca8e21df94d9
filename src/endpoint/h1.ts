/**
 * `h1()`: the step that speaks HTTP/1.1, as a server or as a client. This file does not know what stands below it.
 */
import type { SessionContext } from '../session/contract.js';
import { PreparedFields } from '../session/h1/encode-fields.js';
import {
  type H1ClientOptions,
  type H1ServerOptions,
  type H1Settings,
  h1Settings,
} from '../session/h1/options.js';
import { h1ClientSession } from '../stream/h1-client.js';
import { h1ServerSession } from '../stream/h1-server.js';
import { isSecure } from '../stream/h2c-server.js';
import { type H2cOptions, h2cParts } from './h2c.js';
import { byHandoff, Stack } from './stack.js';
import type { Application, SessionStep } from './step.js';

/** Limits of both roles; each role takes its own. */
export type H1StepOptions = H1ServerOptions &
  H1ClientOptions & {
    /**
     * Upgrades to H2 where the client asks for it (RFC 7540 §3.2), and asks for it as a client; never over TLS. Default
     * false.
     */
    readonly h2c?: boolean | H2cOptions;
  };

/** HTTP/1.1 over whatever is below. @throws MisuseError for an option that cannot be what it is for */
export function h1(given: H1StepOptions = {}): Stack {
  const settings = h1Settings(given);
  const { h2c = false } = given;
  const upgrade = h2c === false ? null : h2cParts(h2c === true ? {} : h2c);
  // Made once for each endpoint, not for each connection.
  const dated = new WeakMap<Application, H1Settings>();
  const step: SessionStep = {
    kind: 'session',
    name: 'h1',
    requests: 'one',
    start: (context: SessionContext, application: Application) => {
      if (application.role === 'client') {
        const client = h1ClientSession(context, settings, application.report);
        const asks = upgrade !== null && !isSecure(context.facts);
        application.ready(asks ? upgrade.asking(client, application.report) : client);
        return client.session;
      }
      let own = dated.get(application);
      if (own === undefined) {
        own = withDate(settings, application.httpDate);
        dated.set(application, own);
      }
      return h1ServerSession(context, own, application.exchange, application.report, upgrade?.listener);
    },
  };
  return upgrade === null ? new Stack([step]) : new Stack([step]).then(byHandoff({ h2c: upgrade.next }));
}

/** A server that has a calendar sends Date (RFC 9110 §6.6.1); the options may bring another one. */
function withDate(settings: H1Settings, httpDate: (() => string) | undefined): H1Settings {
  if (settings.date !== undefined || httpDate === undefined) return settings;
  let text = '';
  let fields: PreparedFields | undefined;
  const date = (): PreparedFields => {
    const now = httpDate();
    if (fields === undefined || now !== text) {
      text = now;
      fields = new PreparedFields([['Date', now]]);
    }
    return fields;
  };
  return h1Settings({ ...settings, date });
}
