// The kit's suite for sessions, over each of ours alone.
import { describe, it } from 'vitest';
import { sessionConformance } from '../../src/kit/conformance/session.js';
import { sessions } from '../support/sessions.js';

describe.each(sessions)('$name', (session) => {
  for (const { name, run } of sessionConformance(session, { runs: 10 })) it(name, run);
});
