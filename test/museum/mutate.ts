/**
 * Applies mutations to source text. A pattern that is not found exactly once is an error: the code went on, and the
 * exhibit has to follow. This file does not know what is changed, nor why.
 */
import type { Mutation } from './exhibit.js';

export class MutationError extends Error {
  constructor({ file, within, find }: Mutation, why: string) {
    const place = within === undefined ? file : `${file}, within "${within}"`;
    super(`${place}: ${why}: ${find}`);
    this.name = 'MutationError';
  }
}

/** @returns the changed text of `mutation.file`. @throws MutationError */
export function mutate(text: string, mutation: Mutation): string {
  const { within, find, replace } = mutation;
  const [from, to] = within === undefined ? [0, text.length] : bodyOf(text, within, mutation);
  const found = matches(text.slice(from, to), find);
  if (found.length !== 1) throw new MutationError(mutation, `found ${found.length} times`);
  const [match] = found as [RegExpMatchArray];
  const at = from + (match.index ?? 0);
  const changed = text.slice(0, at) + replace + text.slice(at + match[0].length);
  if (changed === text) throw new MutationError(mutation, 'changes nothing');
  return changed;
}

/** From the unique beginning of a method or function to the line that closes it. */
function bodyOf(text: string, within: string, mutation: Mutation): [from: number, to: number] {
  const found = matches(text, within).filter(({ index }) => {
    return /^[ ]*(export |abstract |async )*$/.test(text.slice(text.lastIndexOf('\n', index) + 1, index));
  });
  const from = found[0]?.index;
  if (found.length !== 1 || from === undefined) {
    throw new MutationError(mutation, `its method is found ${found.length} times`);
  }
  const indent = /[ ]*/.exec(text.slice(text.lastIndexOf('\n', from) + 1))?.[0] ?? '';
  const close = text.indexOf(`\n${indent}}`, from);
  if (close < 0) throw new MutationError(mutation, 'its method does not end');
  return [from, close + 1];
}

function matches(text: string, pattern: string): RegExpMatchArray[] {
  const escaped = pattern.trim().replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return [...text.matchAll(new RegExp(escaped.replace(/\s+/g, '\\s+'), 'g'))];
}
