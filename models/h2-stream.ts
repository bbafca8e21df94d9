/**
 * What one frame from the peer does to a stream, by RFC 9113 §5.1 and §6 as they are written, and what this project
 * chose where they leave a choice: a slow and plain reference, which shares no code with the implementation. Frames are
 * well-formed for their place: what is wrong with a frame by itself, and with fields, has models of its own.
 */

export type ModelRole = 'server' | 'client';

/** Where the stream stands, with how it came there where that matters afterwards. */
export type ModelPlace =
  /** The connection itself: stream 0. */
  | 'connection'
  /** Never begun, and for the peer to begin (server), or for us (client). */
  | 'idle'
  /** Never begun, with an identifier of the server's: there is no push, so it never is. */
  | 'idle-of-server'
  | 'open'
  | 'half-closed-local'
  | 'half-closed-remote'
  /** Both sides agreed to a tunnel in it. */
  | 'connected'
  | 'closed-by-ends'
  | 'closed-by-our-reset'
  | 'closed-by-their-reset'
  /** Server: never begun, below a stream that the client has begun. */
  | 'passed-over'
  /** Server: a request above the last stream of our GOAWAY. */
  | 'beyond-our-goaway'
  /** Client: a request above the last stream of the peer's GOAWAY. */
  | 'beyond-their-goaway';

interface ModelStream {
  readonly role: ModelRole;
  readonly place: ModelPlace;
  /** The final head of the peer's message has come. */
  readonly headed: boolean;
}

type ModelState = 'idle' | 'open' | 'half-closed-local' | 'half-closed-remote' | 'closed';

export type ModelOutcome =
  /** GOAWAY with the code (§5.4.1). */
  | { readonly kind: 'connection-error'; readonly code: string }
  /** RST_STREAM with the code (§5.4.2). */
  | { readonly kind: 'stream-error'; readonly code: string }
  /** Taken, or ignored: the state afterwards. */
  | { readonly kind: 'state'; readonly state: ModelState };

const types = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
  priorityUpdate: 0x10,
} as const;
const endStream = 0x1;

const protocolError: ModelOutcome = { kind: 'connection-error', code: 'PROTOCOL_ERROR' };

/** The state that a place stands for. */
function stateOf(place: ModelPlace): ModelState {
  switch (place) {
    case 'connection':
    case 'idle':
    case 'idle-of-server':
      return 'idle';
    case 'open':
    case 'half-closed-local':
    case 'half-closed-remote':
      return place;
    case 'connected':
      return 'open';
    default:
      return 'closed';
  }
}

/** @param flags of a HEADERS frame END_HEADERS says nothing: the block is complete when it is judged */
export function outcomeOf(stream: ModelStream, type: number, flags: number): ModelOutcome {
  const { role, place } = stream;
  const same: ModelOutcome = { kind: 'state', state: stateOf(place) };
  switch (type) {
    // §6.5, §6.7, §6.8, RFC 9218 §7.1: of the connection.
    case types.settings:
    case types.ping:
    case types.goaway:
      return place === 'connection' ? same : protocolError;
    case types.priorityUpdate:
      return place === 'connection' && role === 'server' ? same : protocolError;
    // §6.6: a client cannot push, and we let no server. §6.10: behind a block that is not complete only.
    case types.push:
    case types.continuation:
      return protocolError;
    case types.windowUpdate:
      // §6.9, §5.1: it may come a short time after the stream is closed.
      return place === 'idle' || place === 'idle-of-server' ? protocolError : same;
    case types.priority:
      // §6.3: in any state; deprecated, and ignored. Never of the connection.
      return place === 'connection' ? protocolError : same;
    case types.data:
    case types.headers:
    case types.reset:
      return place === 'connection' ? protocolError : ofStream(stream, type, (flags & endStream) !== 0);
    default:
      // §5.5: unknown types are ignored.
      return same;
  }
}

/** DATA, HEADERS and RST_STREAM, which change a stream (§5.1). */
function ofStream(stream: ModelStream, type: number, ends: boolean): ModelOutcome {
  const { role, place } = stream;
  const closed: ModelOutcome = { kind: 'state', state: 'closed' };
  switch (place) {
    case 'idle':
      // §5.1.1: a client begins streams; a server could by push alone.
      if (type !== types.headers || role === 'client') return protocolError;
      return { kind: 'state', state: ends ? 'half-closed-remote' : 'open' };
    case 'open':
    case 'half-closed-local':
      return type === types.reset ? closed : message(stream, type, ends);
    case 'connected':
      // §8.5: DATA alone is of the tunnel.
      if (type === types.headers) return { kind: 'stream-error', code: 'PROTOCOL_ERROR' };
      return type === types.reset ? closed : message(stream, type, ends);
    case 'half-closed-remote':
      // §5.1: what comes besides WINDOW_UPDATE, PRIORITY and RST_STREAM is an error of the stream.
      return type === types.reset ? closed : { kind: 'stream-error', code: 'STREAM_CLOSED' };
    case 'passed-over':
      // §5.1.1: closed, and its identifier is unexpected when a stream is to begin with it.
      if (type === types.headers) return protocolError;
      return type === types.reset ? closed : { kind: 'connection-error', code: 'STREAM_CLOSED' };
    case 'closed-by-our-reset':
    case 'beyond-our-goaway':
      // §5.1, §6.8: the peer may not have heard of it yet.
      return closed;
    case 'closed-by-ends':
    case 'closed-by-their-reset':
    case 'beyond-their-goaway':
      // §5.1 leaves what the peer sends on a stream that it knows to be closed to us: it ends the connection.
      return type === types.reset ? closed : { kind: 'connection-error', code: 'STREAM_CLOSED' };
    default:
      return protocolError;
  }
}

/** §8.1: a head, then DATA, then trailers, which end the message. */
function message({ place, headed }: ModelStream, type: number, ends: boolean): ModelOutcome {
  const isTrailers = type === types.headers && headed;
  if (type === types.data && !headed) return { kind: 'stream-error', code: 'PROTOCOL_ERROR' };
  if (isTrailers && !ends) return { kind: 'stream-error', code: 'PROTOCOL_ERROR' };
  if (!ends) return { kind: 'state', state: stateOf(place) };
  return { kind: 'state', state: place === 'half-closed-local' ? 'closed' : 'half-closed-remote' };
}
