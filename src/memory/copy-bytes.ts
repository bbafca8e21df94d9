/**
 * Copies bytes from one array to another, by the way that costs least for their number. This file does not know whose
 * the bytes are.
 */

// Taken off the prototype once: looked up at each call it costs as much as it does.
const { set, subarray } = Uint8Array.prototype;

/** Up to so many octets a loop is faster than a call, and up to so many faster than a call that needs a view first. */
const loopForWhole = 8;
const loopForPart = 24;

/**
 * Copies `source[start..end)` to `target[at]` on; the two do not overlap, and the caller has seen that there is room.
 * @returns the position after the last octet written
 */
export function copyBytes(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
): number {
  const length = end - start;
  const whole = length === source.length;
  // Stryker disable next-line ConditionalExpression,EqualityOperator: both ways copy the same; one costs less.
  if (length <= (whole ? loopForWhole : loopForPart)) {
    for (let i = 0; i < length; i++) target[at + i] = source[start + i] as number;
  } else set.call(target, whole ? source : subarray.call(source, start, end), at);
  return at + length;
}
