/**
 * The recipe of a simulated run: everything that happens in it and is not the stack's own doing, as plain data. The same
 * recipe gives the same run, to the byte; a smaller recipe is a smaller run. This file does not know how a recipe comes
 * about or who carries it out.
 */
import type { BreakScript, TakingScript } from '../exchange-script.js';
import type { Feature } from './features.js';

/** A body that is sent. */
export interface BodyPlan {
  readonly bytes: number;
  /** Handed over in pieces of so many bytes. */
  readonly piece: number;
  /** Milliseconds between two pieces. */
  readonly gap: number;
  /** Whether its length is declared. */
  readonly declared: boolean;
  /** Trailer fields at its end; only where the length is not declared. */
  readonly trailers: number;
  /** The last piece says that it is the last, rather than an end without bytes. */
  readonly endsWithData: boolean;
  /** Waits for `writable` before each piece. */
  readonly patient: boolean;
}

/** How a body that comes is taken. */
export interface TakingPlan {
  readonly mode: TakingScript['mode'];
  /** Of the first lease of a body; the others are released at once. */
  readonly leases: TakingScript['leases'];
  /** Pauses after so many deliveries; 0 for never. */
  readonly pauseEach: number;
  /** Milliseconds that a pause, a late taking or a hold lasts. */
  readonly lasts: number;
}

/** What the two applications do in one exchange. */
export interface ExchangePlan {
  readonly method: string;
  /** Fields of each head, besides those that tell whose it is. */
  readonly fields: number;
  readonly request: BodyPlan | undefined;
  readonly expectsContinue: boolean;
  readonly taking: TakingPlan;
  readonly informs: number;
  readonly answers: 'at-head' | 'at-end' | 'later' | 'never';
  /** Milliseconds until an answer that comes `later`. */
  readonly thinks: number;
  readonly status: number;
  readonly response: BodyPlan | undefined;
  readonly breaks: BreakScript;
  readonly takingResponse: TakingPlan;
  readonly clientBreaks: BreakScript;
  /** The client takes its request back after so many milliseconds; -1 for never. */
  readonly cancelsAfter: number;
  /** Both applications call what they must not, and are refused. */
  readonly misuses: boolean;
  /** Both keep the fields of heads, and try to read them when the exchange is over. */
  readonly keepsFields: boolean;
  /** Asks for a tunnel, through which so many bytes go each way. */
  readonly tunnel: { readonly up: number; readonly down: number } | undefined;
}

/** How bytes travel one way. */
export interface PathPlan {
  /** Milliseconds from one end to the other. */
  readonly latency: number;
  /** Bytes in a millisecond; 0 for any number. */
  readonly rate: number;
  /** Bytes that the network takes from a sender before the receiver has read any. */
  readonly holds: number;
  /** Sizes of what arrives at a time, used in turn and over again; none for whatever there is. */
  readonly cuts: readonly number[];
}

/** What happens to a connection when so many bytes have arrived at one of its ends. */
export interface NetworkFault {
  /** `loss`: the pipe breaks for both ends. `silence`: nothing arrives any more, either way. `cut`: the receiver sees an end, the sender a reset. `stall`: nothing arrives for `lasts` milliseconds. */
  readonly kind: 'loss' | 'silence' | 'cut' | 'stall';
  /** Which of the connections, in the order in which they were made. */
  readonly connection: number;
  readonly to: 'server' | 'client';
  readonly afterBytes: number;
  readonly lasts: number;
}

export interface NetworkPlan {
  readonly toServer: PathPlan;
  readonly toClient: PathPlan;
  readonly faults: readonly NetworkFault[];
}

/** The memory of one end. */
export interface MemoryPlan {
  readonly slabBytes: number;
  /** Slabs of the whole end, and of one connection's receiving and sending. */
  readonly slabs: number;
  readonly receiveSlabs: number;
  readonly sendSlabs: number;
  readonly emulated: boolean;
}

/** An endpoint is closed, or torn down, when the exchange of this number is asked for. */
export interface EndPlan {
  readonly kind: 'shutdown' | 'teardown';
  readonly end: 'server' | 'client';
  readonly atExchange: number;
}

/**
 * One simulated run, as plain data: who does what, over which network, in how much memory, and what breaks. Sizes are
 * in bytes, times in milliseconds.
 */
export interface Recipe {
  /** Name of the stack. */
  readonly stack: string;
  readonly seed: number;
  /** What is switched on, and so is in the recipe somewhere. */
  readonly features: readonly Feature[];
  readonly network: NetworkPlan;
  readonly server: MemoryPlan;
  readonly client: MemoryPlan;
  /** Milliseconds of every deadline; 0 for the defaults. */
  readonly haste: number;
  readonly connections: number;
  /** Exchanges that are asked for before the first is over. */
  readonly concurrency: number;
  /** The next exchange is asked for inside the callback that ends one. */
  readonly reentrant: boolean;
  readonly ends: readonly EndPlan[];
  readonly exchanges: readonly ExchangePlan[];
}

/** More than any ordinary run uses: what a window lets come three times over, and heads. */
const plenty = 256;

/** Memory in which everything ordinary succeeds, in slabs as small as can be: the ledger looks at their bytes over and over. */
export function roomyMemory(roomyBytes: number): Omit<MemoryPlan, 'emulated'> {
  return { slabBytes: roomyBytes, slabs: 4 * plenty, receiveSlabs: plenty, sendSlabs: plenty };
}

/** The answer may begin before the request has been taken, which then may never be (RFC 9112 §9.3). */
export function answersEarly({ request, answers, taking }: ExchangePlan): boolean {
  return request !== undefined && (answers !== 'at-end' || leaves(taking));
}

/** Whoever takes a body like this leaves some of it. */
export function leaves({ mode }: TakingPlan): boolean {
  return mode === 'discard' || mode === 'ignore';
}

/** Less than any ordinary run needs. */
export function isScarce({ slabs }: MemoryPlan): boolean {
  return slabs < 100;
}

/** Whether what applications keep may be all that there is: then nothing more is received until they let go. */
export function mayStarve({ server, client, exchanges }: Recipe): boolean {
  if (!isScarce(server) && !isScarce(client)) return false;
  return exchanges.some(({ taking, takingResponse }) =>
    // Who ignores a body keeps what comes of it, up to its window.
    [taking, takingResponse].some(({ mode, leases }) => mode === 'ignore' || leases === 'retain'),
  );
}
