/**
 * Decodes Huffman strings (RFC 7541 §5.2), eight bits a step: a state is an inner node of the code's tree, and for
 * each state and octet a table says which octets come out and which state is next. No code is shorter than five
 * bits, so that at most two come out. Whether a field value may have all of them is learnt on the way and costs nothing.
 *
 * This file does not know whether the string is a name or a value.
 */

import { CODE_BITS, CODES, EOS } from './huffman-code.js';
import { VALUE_OCTET } from './octets.js';

/**
 * A step: in the bits 8 to 15 the next state, where the next octet makes an index of it; in 16 to 23 and 24 to 31
 * the octets that come out, and in 0 and 1 their number. The other bits are marks; those of all steps are collected.
 */
const STATE_SHIFT = 8;
const STATE = 0xff00;
const OCTET_SHIFT = 16;
const COUNT = 3;
/** An octet came out that a value cannot have. */
const NOT_VALUE = 1 << 2;
/** EOS was met. */
const DEAD = 1 << 3;
/** The string may end here: fewer than eight bits are left, all ones. */
const MAY_END = 1 << 4;

/** Fits what strings of usual length decode to; longer ones make it grow, up to the decoder's limits. */
const FIRST_SCRATCH_BYTES = 4096;

/** Where a decoded string stands until it is text. Every call overwrites it: take what you need at once. */
let scratch = new Uint8Array(FIRST_SCRATCH_BYTES);
let marks = 0;

/** The octets that the last call of `huffmanDecode` gave, from 0 on. A borrow until the next call. */
export function huffmanOctets(): Uint8Array {
  return scratch;
}

/** Whether all octets that the last call gave may stand in a field value. */
export function huffmanIsValue(): boolean {
  return (marks & NOT_VALUE) === 0;
}

/** Decodes `bytes[start, end)`. @returns the number of octets, or -1 when it is no Huffman string */
export function huffmanDecode(bytes: Uint8Array, start: number, end: number): number {
  // At least five bits a symbol; and a step stores two octets, whether or not they count.
  const room = Math.ceil(((end - start) * 8) / 5) + 2;
  if (scratch.length < room) scratch = new Uint8Array(room);
  const out = scratch;
  const steps = STEPS;
  let step = MAY_END;
  let seen = 0;
  let at = 0;
  for (let p = start; p < end; p++) {
    step = steps[(step & STATE) | (bytes[p] as number)] as number;
    seen |= step;
    out[at] = step >>> OCTET_SHIFT;
    out[at + 1] = step >>> (OCTET_SHIFT + 8);
    at += step & COUNT;
  }
  marks = seen;
  return (seen & DEAD) !== 0 || (step & MAY_END) === 0 ? -1 : at;
}

/** By state and octet. */
const STEPS: Int32Array = huffmanSteps();

function huffmanSteps(): Int32Array {
  const tree = huffmanTree();
  const steps = new Int32Array((tree.length / 2) * 256);
  const mayEnd = endStates(tree);
  for (let state = 0; state < tree.length / 2; state++) walk(state, state, 0, 0, 0, 0);
  return steps;

  /** Takes both ways from `node`, `depth` bits into the octet `octet`, having met `count` symbols. */
  function walk(state: number, node: number, depth: number, octet: number, out: number, count: number): void {
    if (depth === 8) {
      const end = mayEnd.has(node) ? MAY_END : 0;
      steps[state * 256 + octet] = out | count | (node << STATE_SHIFT) | end;
      return;
    }
    for (let bit = 0; bit < 2; bit++) {
      const next = tree[node * 2 + bit] as number;
      const path = octet | (bit << (7 - depth));
      if (next >= 0) {
        walk(state, next, depth + 1, path, out, count);
        continue;
      }
      const symbol = ~next;
      if (symbol === EOS) {
        const rest = 1 << (7 - depth);
        steps.fill(DEAD, state * 256 + path, state * 256 + path + rest);
        continue;
      }
      let met = out | (symbol << (OCTET_SHIFT + 8 * count));
      if (VALUE_OCTET[symbol] === 0) met |= NOT_VALUE;
      walk(state, 0, depth + 1, path, met, count + 1);
    }
  }
}

/** Two numbers for each inner node: the node that follows, or a symbol as its complement. The root is 0. */
function huffmanTree(): number[] {
  const tree: number[] = [0, 0];
  for (let symbol = 0; symbol <= EOS; symbol++) {
    const code = CODES[symbol] as number;
    let node = 0;
    for (let bit = (CODE_BITS[symbol] as number) - 1; bit > 0; bit--) {
      const way = node * 2 + ((code >>> bit) & 1);
      // 0 is the root, to which no way leads: it marks what is not there yet.
      if (tree[way] === 0) tree[way] = tree.push(0, 0) / 2 - 1;
      node = tree[way] as number;
    }
    tree[node * 2 + (code & 1)] = ~symbol;
  }
  return tree;
}

/** The root, and what one to seven ones lead to from there. */
function endStates(tree: readonly number[]): Set<number> {
  const states = new Set<number>();
  let node = 0;
  for (let ones = 0; ones < 8; ones++) {
    states.add(node);
    node = tree[node * 2 + 1] as number;
  }
  return states;
}
