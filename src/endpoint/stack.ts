/**
 * A stack: the steps of a connection from the transport upwards, composed so that it reads like the picture:
 * `proxy({ trust: ['127.0.0.0/8'] }).then(tls({ key, cert })).then(h1())`. This file does not know what the steps
 * are made of.
 */
import { MisuseError } from '../errors.js';
import { type OptionKind, requireOption } from '../options.js';
import type { ConnectionFacts } from '../session/facts.js';
import type { ChoiceStep, Role, Step, Steps } from './step.js';
import { stepsOf } from './step.js';

/** Immutable; may be used by any number of endpoints at once. */
export class Stack {
  readonly steps: readonly Step[];

  constructor(steps: readonly Step[]) {
    this.steps = Object.freeze([...steps]);
  }

  /**
   * The stack with more on top. A stack is no promise: an `await` on one calls this with a function, and is
   * refused.
   * @throws MisuseError LAY-1 when `next` is no step
   */
  // biome-ignore lint/suspicious/noThenProperty: stacks are composed with this word, and a call by `await` is refused below
  then(next: Steps): Stack {
    if (typeof next !== 'object' || next === null) {
      throw new MisuseError(
        'not-a-step',
        'LAY-1',
        'a stack goes on with a step or a stack; it cannot be awaited',
      );
    }
    return new Stack([...this.steps, ...stepsOf(next)]);
  }
}

/** A stack of these, the one nearest to the wire first. @throws MisuseError `not-a-step` */
export function stack(...parts: readonly Steps[]): Stack {
  return new Stack(parts.flatMap((part) => stepsOf(part)));
}

type Named = Readonly<Record<string, Steps>>;

const namedKind: OptionKind<Named> = {
  what: 'an object of stacks by their names',
  fits: (value): value is Named => typeof value === 'object' && value !== null,
};

/** @throws MisuseError `option-value`, or `not-a-step` for one of them */
function requireNamed(name: string, named: Named): void {
  requireOption(name, named, namedKind, 'option-value', 'LAY-1');
  for (const [key, steps] of Object.entries(named)) stepsOf(steps, `${name}.${key}`);
}

/**
 * Picks by the protocol that ALPN chose, and takes `otherwise` when none was agreed. A protocol that is agreed and
 * not listed cannot happen where the TLS step offers what is listed here; it ends the connection as misuse.
 * @throws MisuseError when one of them is no stack
 */
export function byAlpn(protocols: Named, otherwise: Steps): Stack {
  requireNamed('protocols', protocols);
  stepsOf(otherwise, 'otherwise');
  const choice: ChoiceStep = {
    kind: 'choice',
    name: 'alpn',
    among: [...Object.values(protocols), otherwise],
    choose: (facts: ConnectionFacts) => {
      const alpn = facts.transport.tls?.alpn;
      if (alpn === undefined) return otherwise;
      const chosen = Object.hasOwn(protocols, alpn) ? protocols[alpn] : undefined;
      if (chosen === undefined) {
        throw new MisuseError(
          'alpn-not-listed',
          'LAY-1',
          `ALPN chose ${alpn}, which the stack does not list`,
        );
      }
      return chosen;
    },
  };
  return new Stack([choice]);
}

/** Picks by the name that the session before handed off to. @throws MisuseError when one of them is no stack */
export function byHandoff(continuations: Named): Stack {
  requireNamed('continuations', continuations);
  const choice: ChoiceStep = {
    kind: 'choice',
    name: 'handoff',
    among: Object.values(continuations),
    choose: (_facts, to) => {
      const chosen = to !== undefined && Object.hasOwn(continuations, to) ? continuations[to] : undefined;
      if (chosen === undefined) {
        throw new MisuseError('handoff-not-listed', 'LAY-1', `nobody goes on with ${to}`);
      }
      return chosen;
    },
  };
  return new Stack([choice]);
}

/** @throws MisuseError LAY-1 when the stack has no session, or a step is not for this role */
export function requireRole(steps: readonly Step[], role: Role): void {
  if (!steps.some(({ kind }) => kind !== 'transport')) {
    throw new MisuseError('no-session', 'LAY-1', 'a stack needs a session that carries exchanges');
  }
  for (const step of steps) {
    if (step.role !== undefined && step.role !== role) {
      throw new MisuseError('wrong-role', 'LAY-1', `${step.name} is for a ${step.role}, not for a ${role}`);
    }
  }
}
