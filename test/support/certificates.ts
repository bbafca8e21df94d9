// Certificates made on the spot: an authority, a server's for `localhost`, a client's, and a stranger's.
import { generate } from 'selfsigned';

export interface Identity {
  readonly cert: string;
  readonly key: string;
}

type Authority = NonNullable<NonNullable<Parameters<typeof generate>[1]>['ca']>;

async function identity(name: string, ca?: Authority): Promise<Identity> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: ca === undefined, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
    ],
    ...(ca === undefined ? undefined : { ca }),
  });
  return { cert: made.cert, key: made.private };
}

/** `ca` verifies `server` and `client`; nobody verifies `stranger`. */
export async function certificates() {
  const authority = await identity('authority');
  const [server, client, stranger] = await Promise.all([
    identity('localhost', authority),
    identity('client', authority),
    identity('localhost'),
  ]);
  return { ca: authority.cert, server, client, stranger };
}
