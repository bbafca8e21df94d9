/**
 * What an end that is driven by hand knows of its pipe where nobody says more. This file does not know any end.
 */
import type { ConnectionFacts } from '../session/facts.js';

export const loopback: ConnectionFacts = {
  transport: {
    kind: 'memory',
    local: { family: 'ipv4', address: '127.0.0.1', port: 8080 },
    remote: { family: 'ipv4', address: '127.0.0.1', port: 50_000 },
  },
};
