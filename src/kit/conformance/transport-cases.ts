/**
 * What the cases for transports are made of: how one is added, on a pair of ends that is opened and finished for it, and what
 * a case demands. This file does not know any case.
 */
import { MisuseError } from '../../errors.js';
import { type CaseRules, type ConformanceCase, caseName } from './case.js';
import { ConformanceFailure, type PipePair, PipeUnderTest } from './pipe.js';
import type { Probe } from './probe.js';

/** What a transport claims beyond what every transport must do. What is claimed must be seen. */
export interface TransportCapabilities {
  /** After its own end an end still receives. */
  readonly halfClose: boolean;
  /** The peer of an aborted end is told so by an error. */
  readonly reset: boolean;
  /** Bytes that the pipe may take on before its reader has any; `written` reports more only as it reads. */
  readonly holds: number;
}

type Body = (pipe: PipeUnderTest, left: Probe, right: Probe) => Promise<void>;

export class TransportCases {
  /** In order. Each makes pairs of its own and leaves none open. */
  readonly cases: ConformanceCase[] = [];
  readonly makePair: () => PipePair | Promise<PipePair>;
  readonly capabilities: TransportCapabilities;
  /** Bytes of a large transfer. */
  readonly large: number;

  constructor(
    makePair: () => PipePair | Promise<PipePair>,
    capabilities: TransportCapabilities,
    large: number,
  ) {
    this.makePair = makePair;
    this.capabilities = capabilities;
    this.large = large;
  }

  /** A case that does with pairs what it likes. */
  readonly plain = (rules: CaseRules, says: string, run: () => Promise<void>): void => {
    this.cases.push({ name: caseName(rules, says), run });
  };

  /** A case on one pair that is open. @param early is done before the left end is opened */
  readonly piped = (rules: CaseRules, says: string, body: Body, early?: (left: Probe) => void): void => {
    this.plain(rules, says, async () => {
      const pipe = await PipeUnderTest.open(await this.makePair(), rules[0], early);
      await body(pipe, pipe.left, pipe.right);
      await pipe.finish();
    });
  };
}

export function demand(rule: string, holds: boolean, what: string): asserts holds {
  if (!holds) throw new ConformanceFailure(rule, what);
}

/** @throws ConformanceFailure LAY-3 when `act`, for which there is no row, is not refused as misuse */
export function refuses(what: string, act: () => void): void {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  demand('LAY-3', thrown instanceof MisuseError, `${what} was not refused as misuse`);
}
