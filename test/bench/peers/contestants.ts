// What a parser of the field must be able to do to take part in the rows that read: be fed one array of octets
// and say how many requests it has completed. Declared once here, because none of these parsers has types.

/** Feeds `bytes`; every complete request adds one to `requests`, every octet of data to `bodyBytes`. */
export interface ParserPeer {
  readonly name: string;
  requests: number;
  bodyBytes: number;
  /** Method and target of the last request: what makes it usable. */
  method: string;
  target: string;
  feed(bytes: Uint8Array): void;
}

/** `count` times the same octets, each of them `requests` complete requests. */
export function feeding(
  peer: ParserPeer,
  bytes: Uint8Array,
  requests = 1,
): { name: string; run(count: number): void } {
  // Some of them ask for a Buffer, which is what a socket gives.
  const buffer = Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
  return {
    name: peer.name,
    run(count: number): void {
      const before = peer.requests;
      for (let i = 0; i < count; i += requests) peer.feed(buffer);
      if (peer.requests - before < count || peer.target.length === 0) {
        throw new Error(`${peer.name} read ${peer.requests - before} of ${count} requests`);
      }
    },
  };
}

/** The same for a request with a body of `length` octets, all of which must have been given. */
export function feedingBodies(
  peer: ParserPeer,
  bytes: Uint8Array,
  length: number,
): { name: string; run(count: number): void } {
  const requests = feeding(peer, bytes);
  return {
    name: peer.name,
    run(count: number): void {
      const before = peer.bodyBytes;
      requests.run(count);
      if (peer.bodyBytes - before !== count * length)
        throw new Error(`${peer.name} did not give the whole body`);
    },
  };
}
