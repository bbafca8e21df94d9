/**
 * What a resumable reader answers, as small integers. This file does not know the readers.
 */

/** All that was given is read and valid so far; call again with more. */
export const NEED_DATA = 0;
/** The unit is complete. */
export const COMPLETE = 1;
/** The unit is refused: see the reader's `error`. Final until the reader is reset. */
export const ERROR = 2;
/** Chunked bodies only: `dataStart` to `dataEnd` hold data. */
export const DATA = 3;
