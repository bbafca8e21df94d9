/**
 * Who does what with the leases of a message that is received, and with what a session leaves over. This file does not know
 * which session it is, nor which end.
 */
import type { NeverTaken, Rule } from './language.js';

const running = 'connection in running';

/** What an application may do with a lease of its body, and what the end of the exchange does. */
export function bodyRules(): readonly Rule[] {
  return [
    { on: 'body split|release', by: 'application', when: ['body in held|retained'] },
    { on: 'body retain', by: 'application', when: ['body in held'] },
    // A lease that was retained and is then transferred is nobody's promise any more: who does that must release it.
    { on: 'body transfer', by: 'application', when: ['body in held'] },
    { on: 'body release', by: 'due' },
    { on: 'body freeze|written|failed', by: 'nobody', why: 'a body that is sent on becomes output' },
  ];
}

export const bodyNeverTaken: NeverTaken = {
  rows: ['body: retained --transfer--> held'],
  why: 'of a lease that was retained and is transferred the promise is gone: whoever does that is told not to',
};

/** What a session leaves to whoever goes on: delivered by the driver, or dropped when the pipe is gone. */
export function unusedRules(): readonly Rule[] {
  return [
    {
      on: 'unused take',
      by: 'turn',
      when: ['session in handed-off', running, 'unused in none'],
      cites: 'CON-3',
    },
    { on: 'unused release', by: 'application', when: ['connection in tunnelling', 'unused in held'] },
    { on: 'unused release', by: 'due' },
    unusedIsCopied,
  ];
}

export const unusedIsCopied: Rule = {
  on: 'unused split|transfer|retain|freeze|written|failed',
  by: 'nobody',
  why: 'it is copied into the next room',
};

/** What becomes of the leases of a head and of trailers is their session's to say. */
export function headRules(): readonly Rule[] {
  return [
    { on: 'head take|release', by: 'due' },
    { on: 'trailers release', by: 'due' },
    {
      on: 'head split|transfer|retain|freeze|written|failed',
      by: 'nobody',
      why: 'a head stays with its session',
    },
    { on: 'trailers split|transfer|retain|freeze|written|failed', by: 'nobody', why: 'so do trailers' },
  ];
}
