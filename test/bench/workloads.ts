// The bytes that the rows are measured with. Lengths are part of the workload: a row says `77 B` and means it.

const octets = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** A plain GET with three fields: 77 octets. */
export const smallGet = octets(
  ['GET /a.html HTTP/1.1', 'Host: www.example.com', 'User-Agent: a/1', 'Accept: */*', '', ''].join('\r\n'),
);

/** What a browser sends: 14 fields, 669 octets. */
export const browserGet = octets(
  [
    'GET /articles/2024/layers?ref=home&page=2 HTTP/1.1',
    'Host: www.example.com',
    'Connection: keep-alive',
    'Cache-Control: max-age=0',
    'sec-ch-ua-mobile: ?0',
    'sec-ch-ua-platform: "Linux"',
    'Upgrade-Insecure-Requests: 1',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36',
    'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
    'Sec-Fetch-Site: same-origin',
    'Sec-Fetch-Mode: navigate',
    'Sec-Fetch-User: ?1',
    'Referer: https://www.example.com/articles/',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Cookie: id=4f3c2a19b8; theme=dark; seen=17,42,99; session=8c1f0a77d3e94b52a6c0f1e2d3b4a59681',
    '',
    '',
  ].join('\r\n'),
);

/** The smallest request that is asked in bulk: 64 octets. */
const tinyGet = octets(
  ['GET /ab HTTP/1.1', 'Host: www.example.com', 'Accept: */*', 'DNT: 1', '', ''].join('\r\n'),
);

/** `count` requests in one array, as a pipelining client sends them. */
export function pipelined(count: number): Uint8Array {
  const all = new Uint8Array(tinyGet.length * count);
  for (let i = 0; i < count; i++) all.set(tinyGet, i * tinyGet.length);
  return all;
}

/** A POST with a chunked body: `total` octets of data in chunks of `chunk`. */
export function chunkedPost(total: number, chunk: number): Uint8Array {
  return octets(`${chunkedHead}${chunkedBody(total, chunk)}`);
}

/** The chunked body alone. */
export function chunkedOnly(total: number, chunk: number): Uint8Array {
  return octets(chunkedBody(total, chunk));
}

const chunkedHead = 'POST /upload HTTP/1.1\r\nHost: www.example.com\r\nTransfer-Encoding: chunked\r\n\r\n';

function chunkedBody(total: number, chunk: number): string {
  return `${`${chunk.toString(16)}\r\n${'x'.repeat(chunk)}\r\n`.repeat(total / chunk)}0\r\n\r\n`;
}
