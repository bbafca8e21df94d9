/**
 * What the two applications of a connection do: exchanges of every shape, and behaviours from the dutiful to the
 * hostile. This file does not know which stack they use.
 */
import fc from 'fast-check';
import type {
  BodyScript,
  BreakScript,
  ConnectionScript,
  ExchangeScript,
  TakingScript,
} from '../exchange-script.js';
import { fieldList } from './field-list.js';

/** What scripts are to be like. */
export interface ConnectionScriptShape {
  /**
   * `orderly`: every message is sent and taken whole. `positional`: anything that does not depend on when bytes came.
   * `wild`: anything.
   */
  readonly manner: 'orderly' | 'positional' | 'wild';
  readonly maxExchanges?: number;
  /** Bodies are paused, and gone on with when nothing else is to be done; default true. */
  readonly pauses?: boolean;
  /** Bodies of several short pieces, often longer than so many bytes in all; by default a few pieces of any length. */
  readonly beyond?: number;
}

const fields = fieldList();
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 1, 2, 15, 16, 17) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 300 }) },
  { weight: 1, arbitrary: fc.constantFrom(100, 2048, 2049) },
);

const body: fc.Arbitrary<BodyScript> = fc.record({
  pieces: fc.array(piece, { maxLength: 3 }),
  fill: fc.oneof(fc.constantFrom(0, 2), fc.nat({ max: 255 })),
  declared: fc.boolean(),
  trailers: fc.oneof(fc.constant([]), fields),
  endsWithData: fc.boolean(),
  patient: fc.boolean(),
});

/** Pieces that stay within a limit, though the body does not. */
function long(beyond: number): fc.Arbitrary<BodyScript> {
  const part = fc.integer({ min: 1, max: Math.max(1, beyond >> 1) });
  return fc.record({
    pieces: fc.array(part, { minLength: 2, maxLength: 6 }),
    fill: fc.nat({ max: 255 }),
    declared: fc.boolean(),
    trailers: fc.constant([]),
    endsWithData: fc.boolean(),
    patient: fc.boolean(),
  });
}

const dispositions = ['release', 'hold', 'keep', 'retain', 'split', 'transfer'] as const;

function taking(modes: readonly TakingScript['mode'][], pauses: boolean): fc.Arbitrary<TakingScript> {
  return fc.record({
    mode: fc.constantFrom(...modes),
    leases: fc.constantFrom(...dispositions),
    pauseEach: pauses ? fc.constantFrom(0, 0, 1, 2) : fc.constant(0),
  });
}

function breaks(among: readonly BreakScript[]): fc.Arbitrary<BreakScript> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant<BreakScript>('never') },
    { weight: 2, arbitrary: fc.constantFrom(...among) },
  );
}

const everyBreak: readonly BreakScript[] = [
  'throw-at-head',
  'throw-at-data',
  'throw-at-end',
  'throw-at-close',
  'abort-at-head',
  'abort-at-data',
  'abort-within-body',
];

function exchange({ manner, beyond, pauses = true }: ConnectionScriptShape): fc.Arbitrary<ExchangeScript> {
  const content = beyond === undefined ? body : long(beyond);
  const orderly = manner === 'orderly';
  const wild = manner === 'wild';
  const never = fc.constant<BreakScript>('never');
  // How far a body came is seen by whoever takes it.
  const modes: readonly TakingScript['mode'][] =
    orderly || beyond !== undefined
      ? ['consume']
      : wild
        ? ['consume', 'discard', 'ignore', 'late']
        : ['consume', 'discard', 'ignore'];
  const answers: readonly ExchangeScript['answers'][] = wild
    ? ['at-head', 'at-end', 'later', 'never']
    : orderly
      ? ['at-head', 'at-end', 'later']
      : ['at-head', 'at-end'];
  return fc
    .record({
      method: fc.constantFrom('GET', 'GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'X-METHOD'),
      fields,
      request: fc.option(content, { nil: undefined }),
      expectsContinue: fc.boolean(),
      taking: taking(modes, pauses),
      informs: fc.array(fc.constantFrom(102, 103), { maxLength: 2 }),
      answers: fc.constantFrom(...answers),
      status: fc.constantFrom(200, 200, 200, 201, 204, 205, 304, 404, 500),
      answerFields: fields,
      response: fc.option(content, { nil: undefined }),
      breaks: orderly
        ? never
        : breaks(wild ? everyBreak : ['throw-at-head', 'throw-at-end', 'throw-at-close', 'abort-at-head']),
      misuses: fc.boolean(),
      takingResponse: taking(modes, pauses),
      clientBreaks: wild ? breaks(everyBreak) : never,
    })
    .map((script) => {
      const empty = script.status === 204 || script.status === 205 || script.status === 304;
      return empty ? { ...script, response: undefined } : script;
    });
}

/**
 * Up to three exchanges of one connection, of every shape: methods, fields, framings, interim responses, behaviours.
 * Plain data; a request's content and its response's are functions of the script. Source: RFC 9110, as far as an
 * application has a choice.
 */
export function connectionScript(shape: ConnectionScriptShape): fc.Arbitrary<ConnectionScript> {
  return fc.record({
    exchanges: fc.array(exchange(shape), { minLength: 1, maxLength: shape.maxExchanges ?? 3 }),
    again: fc.constantFrom('within-callback', 'later'),
  });
}
