/**
 * Answers that need no workspace (WS-9): constants, lent as foreign bytes as often as they are needed. This file does
 * not know when one is due.
 */
import type { SendBuffer } from '../../memory/index.js';
import { octetsOf } from '../octets.js';
import { reasonPhrase } from './statuses.js';

const interim = octetsOf('HTTP/1.1 100 Continue\r\n\r\n');
const answers = new Map<number, Uint8Array>();

/** RFC 9110 §15.2.1. */
export function sendContinue(output: SendBuffer): void {
  output.lend(interim, 0, interim.length);
}

/** A complete answer without content, after which the connection closes (RFC 9112 §9.6). */
export function sendError(output: SendBuffer, status: number): void {
  let answer = answers.get(status);
  if (answer === undefined) {
    answer = octetsOf(
      `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
    answers.set(status, answer);
  }
  output.lend(answer, 0, answer.length);
}
