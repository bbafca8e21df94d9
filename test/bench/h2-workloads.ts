// Field lists as browsers and servers send them over one connection, varying as they do: paths, referers, lengths,
// dates and tokens change, the rest stays. The same on every run.

export type FieldRecipe = readonly (readonly [name: string, value: string])[];

/** Requests of one browser to one site: `count` different field lists. */
export function browserRequests(count: number): FieldRecipe[] {
  const next = generator(1);
  return Array.from({ length: count }, (_, i): FieldRecipe => {
    const kind = KINDS[i % KINDS.length] as (typeof KINDS)[number];
    const path = `/${kind.folder}/${word(next, 6)}/${word(next, 10)}-${next(100_000)}.${kind.suffix}`;
    return [
      [':method', i % 16 === 15 ? 'POST' : 'GET'],
      [':scheme', 'https'],
      [':authority', i % 5 === 4 ? 'static.example.org' : 'www.example.org'],
      [':path', i % 3 === 0 ? `${path}?v=${next(1_000_000)}&q=${word(next, 8)}` : path],
      ['sec-ch-ua', '"Chromium";v="142", "Not_A Brand";v="99"'],
      ['sec-ch-ua-mobile', '?0'],
      ['sec-ch-ua-platform', '"Linux"'],
      [
        'user-agent',
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
      ],
      ['accept', kind.accept],
      ['sec-fetch-site', 'same-origin'],
      ['sec-fetch-mode', kind.mode],
      ['sec-fetch-dest', kind.dest],
      ['referer', `https://www.example.org/${word(next, 5)}/${next(50)}`],
      ['accept-encoding', 'gzip, deflate, br, zstd'],
      ['accept-language', 'en-GB,en;q=0.9,de;q=0.8'],
      ['cookie', 'session=6f1c0a58b7d94e2f93d1; theme=dark; region=eu-central'],
      ...(i % 4 === 0 ? ([['if-none-match', `"${hex(next, 16)}"`]] as const) : []),
      ...(i % 16 === 15
        ? ([
            ['content-type', 'application/json'],
            ['content-length', String(next(4000))],
          ] as const)
        : []),
    ];
  });
}

/** Responses of one server: `count` different field lists. */
export function serverResponses(count: number): FieldRecipe[] {
  const next = generator(2);
  return Array.from({ length: count }, (_, i): FieldRecipe => {
    const kind = KINDS[i % KINDS.length] as (typeof KINDS)[number];
    return [
      [':status', i % 11 === 10 ? '304' : '200'],
      ['date', `Mon, 23 Nov 2026 10:${two(Math.floor(i / 600))}:${two(Math.floor(i / 10) % 60)} GMT`],
      ['server', 'undercoat'],
      ['content-type', kind.type],
      ['content-length', String(next(60_000))],
      ['cache-control', 'public, max-age=31536000'],
      ['etag', `"${hex(next, 16)}"`],
      ['vary', 'accept-encoding'],
      ['x-request-id', hex(next, 32)],
    ];
  });
}

const KINDS = [
  {
    folder: 'docs',
    suffix: 'html',
    accept: 'text/html,*/*;q=0.8',
    mode: 'navigate',
    dest: 'document',
    type: 'text/html; charset=utf-8',
  },
  { folder: 'assets', suffix: 'js', accept: '*/*', mode: 'no-cors', dest: 'script', type: 'text/javascript' },
  {
    folder: 'images',
    suffix: 'webp',
    accept: 'image/avif,image/webp,*/*;q=0.8',
    mode: 'no-cors',
    dest: 'image',
    type: 'image/webp',
  },
  {
    folder: 'api',
    suffix: 'json',
    accept: 'application/json',
    mode: 'cors',
    dest: 'empty',
    type: 'application/json',
  },
] as const;

/** Numbers below a bound, always the same ones (xorshift). */
function generator(seed: number): (bound: number) => number {
  let state = seed * 0x9e3779b1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

function word(next: (bound: number) => number, length: number): string {
  return Array.from({ length }, () => 'abcdefghijklmnopqrstuvwxyz'[next(26)]).join('');
}

function hex(next: (bound: number) => number, length: number): string {
  return Array.from({ length }, () => next(16).toString(16)).join('');
}

function two(number: number): string {
  return String(number % 60).padStart(2, '0');
}
