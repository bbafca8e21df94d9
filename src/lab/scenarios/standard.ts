import type { ExchangeKind } from '../scenario.js';

const mebibyte = 1_048_576;

/** Every shape of exchange that a stack has to carry. Sizes are drawn, small ones mostly. */
export const standardWorkload: readonly ExchangeKind[] = [
  { name: 'get', weight: 50, response: { body: [0, 2048] } },
  { name: 'upload', weight: 10, request: { body: [1, mebibyte] } },
  { name: 'download', weight: 10, response: { body: [1, mebibyte] } },
  { name: 'echo-sized', weight: 5, request: { body: [1, mebibyte] }, response: { body: [1, mebibyte] } },
  {
    name: 'chunked',
    weight: 10,
    request: { body: [1, mebibyte], coding: 'chunked', trailers: 2 },
    response: { body: [1, mebibyte], coding: 'chunked', trailers: 2 },
  },
  { name: 'pipelined', weight: 10, pipelined: [2, 8], response: { body: [0, 4096] } },
  { name: 'head', weight: 2, method: 'HEAD', response: { body: [0, mebibyte] } },
  { name: 'no-content', weight: 2, response: { status: 204 } },
  { name: 'expect-continue', weight: 2, request: { body: [1, mebibyte] }, expectContinue: true },
  {
    name: 'early-response',
    weight: 2,
    request: { body: [1, 262_144] },
    answer: 'early',
    response: { status: 403, body: [1, 1024] },
  },
  {
    name: 'slow-reader',
    times: 5,
    response: { body: mebibyte },
    slowReader: { bytes: 131_072, milliseconds: 2 },
  },
  { name: 'reset-by-client', times: 5, response: { body: mebibyte }, reset: 'client' },
  { name: 'reset-by-server', times: 5, response: { body: mebibyte }, reset: 'server' },
];
