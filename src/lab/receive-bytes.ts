/**
 * How much a connection of the command line may hold of what it receives. What H2 lets a peer send ahead must fit, or
 * memory that waits to be sent on stops the reading of the very WINDOW_UPDATEs that it waits for. This file does not know
 * who connects.
 */

/** Of the connection window (`connectionWindowBytes`), whose bytes may pin a slab for each quarter that is lent. */
const pinnedAtWorst = 4 * 131_072;
/** For what is full, and to go on in. */
const spare = 8 * 16_384;

export const receiveBytes = pinnedAtWorst + spare;
