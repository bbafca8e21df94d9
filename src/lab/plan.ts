/**
 * From a workload and a seed to the exchanges of a run: every choice is made here, before the first byte, so that all
 * stacks carry the same. This file does not know how an exchange is carried out.
 */

import { Random } from '../kit/random.js';
import type { FieldList } from '../stream/contract.js';
import type { ExchangeKind, MessageKind, Scenario, Size } from './scenario.js';

/** One message, with nothing left open. */
export interface PlannedMessage {
  readonly fields: FieldList;
  readonly bodyBytes: number;
  /** Where in the pattern its content begins. */
  readonly from: number;
  readonly chunked: boolean;
  readonly trailers: FieldList;
  /** Content is handed over in pieces of so many bytes. */
  readonly pieceBytes: number;
}

/** One exchange, with nothing left open. */
export interface Plan {
  /** Its place in the run. */
  readonly index: number;
  readonly kind: ExchangeKind;
  readonly method: string;
  /** Unique in the run: the server finds the plan by it. */
  readonly target: string;
  readonly status: number;
  readonly request: PlannedMessage;
  readonly response: PlannedMessage;
  /** With `kind.reset`: after so many bytes of the response's content. */
  readonly resetAt: number;
}

/** Plans that go out together on one connection; one of them if they are not pipelined. */
export type Task = readonly Plan[];

const defaultExchanges = 500;
const mostPieces = 64;
/** Where contents begin: far enough apart that no two are likely to look alike. */
const placesOfContent = 2 ** 30;

/** All exchanges of a run, in the order in which they begin. `exchanges` takes the place of the scenario's. */
export function planRun(scenario: Scenario, seed: number, exchanges?: number): Task[] {
  const random = new Random(seed, 'workload');
  const kinds = kindsOf(scenario, exchanges ?? scenario.exchanges ?? defaultExchanges, random);
  const tasks: Task[] = [];
  let index = 0;
  for (const kind of kinds) {
    const together = kind.pipelined === undefined ? 1 : evenly(kind.pipelined, random);
    const task: Plan[] = [];
    for (let i = 0; i < together; i++) task.push(plan(kind, index++, random));
    tasks.push(task);
  }
  return tasks;
}

/** Those with `times` are spread evenly over those that are drawn. */
function kindsOf({ workload }: Scenario, drawn: number, random: Random): ExchangeKind[] {
  const weights = workload.map(({ weight, times }) => weight ?? (times === undefined ? 1 : 0));
  const placed: { kind: ExchangeKind; at: number }[] = [];
  if (weights.some((weight) => weight > 0)) {
    for (let i = 0; i < drawn; i++) {
      placed.push({ kind: workload[random.weighted(weights)] as ExchangeKind, at: (i + 0.5) / drawn });
    }
  }
  for (const kind of workload) {
    const { times = 0 } = kind;
    for (let i = 0; i < times; i++) placed.push({ kind, at: (i + 0.5) / times });
  }
  return placed.sort((a, b) => a.at - b.at).map(({ kind }) => kind);
}

function plan(kind: ExchangeKind, index: number, random: Random): Plan {
  const request = message(kind.request ?? {}, random, 'request');
  const response = message(kind.response ?? {}, random, 'response');
  const third = Math.floor(response.bodyBytes / 3);
  return {
    index,
    kind,
    method: kind.method ?? (kind.request?.body === undefined ? 'GET' : 'PUT'),
    target: `/${kind.name}/${index}`,
    status: kind.response?.status ?? 200,
    request,
    response,
    resetAt: kind.reset === undefined ? 0 : random.between(1, third),
  };
}

function message(kind: MessageKind, random: Random, side: string): PlannedMessage {
  const bodyBytes = sizeOf(kind.body ?? 0, random);
  const trailers: (readonly [string, string])[] = [];
  for (let i = 0; i < (kind.trailers ?? 0); i++) {
    trailers.push([`lab-trailer-${i}`, `${side} ${random.next().toString(16)}`]);
  }
  return {
    fields: kind.fields ?? [],
    bodyBytes,
    from: random.between(0, placesOfContent),
    chunked: kind.coding === 'chunked',
    trailers,
    pieceBytes: Math.max(random.size(64, 65_536), Math.ceil(bodyBytes / mostPieces)),
  };
}

function sizeOf(size: Size, random: Random): number {
  return typeof size === 'number' ? size : random.size(size[0], size[1]);
}

function evenly(range: number | readonly [number, number], random: Random): number {
  return typeof range === 'number' ? range : random.between(range[0], range[1]);
}
