/**
 * A certificate that signs itself, for runs and tries on the own machine. This file does not know who shows it.
 */
export interface Certificate {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
}

/** For `localhost`, 127.0.0.1 and ::1, on the P-256 curve: its key is made in a millisecond, where RSA takes a second. */
export async function selfSigned(): Promise<Certificate> {
  // It takes as long to load as all that the command is made of, and few need it.
  const { generate } = await import('selfsigned');
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  return { key, cert };
}
