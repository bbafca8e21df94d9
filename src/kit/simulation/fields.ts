/**
 * Fields of simulated messages: a few that follow from their place, so that whoever receives them knows what is due.
 * This file does not know which message they are in.
 */
import type { FieldList, Fields } from '../../stream/contract.js';

const mostFields = 24;

const named: FieldList = Array.from({ length: mostFields }, (_, i) => {
  const value = i % 5 === 4 ? '' : `${i} ${'v'.repeat((i * 13) % 40)}`.trim();
  return [`x-field-${i}`, value] as const;
});

/** Of each exchange's head: the first field says whose it is. */
const byCount = Array.from({ length: mostFields }, (_, count) => named.slice(0, count));

/** Says in a head which exchange it belongs to. */
export const whose = 'x-exchange';

export function fieldList(index: number, count: number): FieldList {
  const own = [whose, String(index)] as const;
  return count === 0 ? [own] : [own, ...(byCount[count] as FieldList)];
}

export function trailerList(count: number): FieldList {
  return byCount[count] as FieldList;
}

/** Whether the first `count` fields that follow from their place are there, with their values. */
export function checkFields(fields: Fields, count: number): boolean {
  for (let i = 0; i < count; i++) {
    const [name, value] = named[i] as readonly [string, string];
    if (fields.get(name) !== value) return false;
  }
  return true;
}
