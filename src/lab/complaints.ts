/**
 * What of a stack's run was not as it should be, line by line. This file does not know where the lines are shown.
 */
import { isWhole, type StackReport } from './report.js';

/** What was not as it should be, the first few of each sort. */
export function complaints(stack: StackReport): string[] {
  const { name, unexpected, unexpectedMessages, violations, violationMessages, heldAtEndBytes } = stack;
  const lines = [
    ...unexpectedMessages.map((message) => `${name}: ${message}`),
    ...rest(name, unexpected - unexpectedMessages.length, 'failures'),
    ...violationMessages.map((message) => `${name}: violation: ${message}`),
    ...rest(name, violations - violationMessages.length, 'violations'),
  ];
  if (!isWhole(stack)) {
    const { exchanges, notRunToEnd } = stack;
    const all = exchanges + notRunToEnd;
    lines.push(`${name}: time was over: ${notRunToEnd} of ${all} exchanges were not run to the end`);
  }
  if (heldAtEndBytes > 0) lines.push(`${name}: ${heldAtEndBytes} bytes were still held at the end`);
  return lines;
}

function rest(name: string, left: number, what: string): string[] {
  return left > 0 ? [`${name}: ${left} more ${what}`] : [];
}
