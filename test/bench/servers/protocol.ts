// What the bench and its server and load processes say to one another.

export type ToServer = 'cpu';

export type FromServer = { readonly port: number } | { readonly cpuMicroseconds: number };

/** Load to put on a port for so long. */
export interface Order {
  readonly port: number;
  readonly connections: number;
  /** Requests under way on each connection. */
  readonly depth: number;
  /** Octets of each answer's body. */
  readonly bodyBytes: number;
  readonly ms: number;
}

export interface Delivery {
  readonly requests: number;
  readonly ms: number;
}

/** The request that every load process sends: as short as HTTP/1.1 allows. */
export function requestTo(port: number): string {
  return `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
}
