/**
 * Plays the two halves of a body's plan: taking one that comes, sending one that goes, in virtual time. Leases are held,
 * kept and retained, bodies paused, callbacks throw. This file does not know whose message it is.
 */
import { UndercoatError } from '../../errors.js';
import { type Lease, Owner } from '../../memory/index.js';
import type { BodyConsumer, FieldList, Fields, IncomingBody, OutgoingBody } from '../../stream/contract.js';
import type { Clock } from '../../transport/clock.js';
import type { Keepsakes } from '../keepsakes.js';
import { contentAt, placeOf } from './content.js';
import { checkFields, trailerList } from './fields.js';
import type { BodyPlan, TakingPlan } from './recipe.js';
import type { BodyStory, Story } from './story.js';

/** What a run gives to everybody who plays in it. */
export interface Stage {
  readonly clock: Clock;
  readonly keepsakes: Keepsakes;
  /** Something that a floor may ask for has happened. */
  mark(mark: number): void;
  /** Most leases that applications may have at a time, so that they do not starve what they read from. */
  mayHold(): boolean;
  letGo(): void;
}

/** What is done beside the taking of a body. Any of them may throw. */
export interface TakingHooks {
  readonly data?: (() => void) | undefined;
  readonly end?: () => void;
}

/** Deliveries in which pauses may come: a body that takes minutes meets deadlines, and rightly. */
const mostPausing = 12;

/** Bytes of one body that are kept longer than the exchange can wait: less than half of any window. */
const mostKept = 1024;

const elsewhere = new Owner('application', 'elsewhere', 0);
const noHooks: TakingHooks = {};

export class BodyTaker implements BodyConsumer {
  private readonly body: IncomingBody;
  private readonly plan: TakingPlan;
  private readonly story: BodyStory;
  private readonly stage: Stage;
  private readonly hooks: TakingHooks;
  private held: Lease | undefined;
  private deliveries: number;

  constructor(
    body: IncomingBody,
    plan: TakingPlan,
    story: BodyStory,
    stage: Stage,
    hooks: TakingHooks = noHooks,
  ) {
    this.body = body;
    this.plan = plan;
    this.story = story;
    this.stage = stage;
    this.hooks = hooks;
    this.held = undefined;
    this.deliveries = 0;
  }

  begin(): void {
    switch (this.plan.mode) {
      case 'consume':
        this.body.consume(this);
        break;
      case 'late':
        this.later(() => this.body.consume(this));
        break;
      case 'discard':
        this.body.discard();
        break;
      case 'ignore':
        break;
    }
  }

  data(lease: Lease): void {
    this.story.data(lease.bytes, lease.start, lease.end);
    this.deliveries += 1;
    if (this.deliveries > 1) lease.release();
    else this.dispose(lease);
    const { pauseEach } = this.plan;
    if (pauseEach > 0 && this.deliveries % pauseEach === 0 && this.deliveries <= mostPausing) {
      this.body.pause();
      this.later(() => this.body.resume());
    }
    this.hooks.data?.();
  }

  end(trailers: Fields | undefined): void {
    const count = trailers?.count ?? 0;
    this.story.end(count, trailers === undefined || checkFields(trailers, count));
    this.releaseHeld();
    this.hooks.end?.();
  }

  failed(error: UndercoatError): void {
    this.story.fail(error.code);
  }

  private dispose(lease: Lease): void {
    const { stage } = this;
    const { leases } = this.plan;
    if (leases === 'release' || !stage.mayHold()) {
      lease.release();
      return;
    }
    switch (leases) {
      case 'hold':
        this.held = lease;
        this.later(() => this.releaseHeld());
        return;
      case 'retain':
        stage.keepsakes.retain(someOf(lease));
        return;
      case 'split':
        if (lease.length > 1) {
          const [head, tail] = lease.split(lease.length >> 1);
          head.release();
          tail.release();
        } else lease.release();
        break;
      case 'transfer':
        lease.transfer(elsewhere).release();
        break;
      case 'keep':
        // To the end of the exchange, which takes it back.
        someOf(lease);
        break;
    }
    stage.letGo();
  }

  private later(act: () => void): void {
    const { clock } = this.stage;
    clock.at(clock.now() + this.plan.lasts, act);
  }

  /** What is still held; what the exchange's end took back is left alone. */
  private releaseHeld(): void {
    const { held } = this;
    if (held === undefined) return;
    this.held = undefined;
    this.stage.letGo();
    if (held.live) held.release();
  }
}

/** Of a lease that is kept for long: who keeps a whole window waits for what nobody may send. */
function someOf(lease: Lease): Lease {
  if (lease.length <= mostKept) return lease;
  const [kept, rest] = lease.split(mostKept);
  rest.release();
  return kept;
}

/** An exchange, as far as its sending half matters. */
export interface SentBody extends OutgoingBody {
  readonly closed: boolean;
  abort(): void;
}

/** Sends one body, piece by piece; `within` is called before its last piece, and may throw. */
export class BodySending {
  private readonly out: SentBody;
  private readonly plan: BodyPlan;
  private readonly story: Story;
  private readonly place: number;
  private readonly clock: Clock;
  private readonly within: () => void;
  private readonly trailers: FieldList | undefined;
  private at: number;
  private readonly returned: () => void;

  constructor(
    out: SentBody,
    plan: BodyPlan,
    story: Story,
    isResponse: boolean,
    clock: Clock,
    within: () => void,
  ) {
    this.out = out;
    this.plan = plan;
    this.story = story;
    this.place = placeOf(story.index, isResponse);
    this.clock = clock;
    this.within = within;
    this.trailers = plan.trailers > 0 ? trailerList(plan.trailers) : undefined;
    this.at = 0;
    this.returned = () => {
      story.returned += 1;
    };
  }

  begin(): void {
    this.run();
  }

  private run(): void {
    const { out, plan } = this;
    const { bytes, piece, gap, patient, endsWithData } = plan;
    out.onWritable = undefined;
    while (this.at < bytes) {
      // The exchange may have ended meanwhile: whoever plays it was told.
      if (out.closed) return;
      if (patient && !out.writable) {
        out.onWritable = () => this.run();
        return;
      }
      const length = Math.min(piece, bytes - this.at);
      const isLast = this.at + length === bytes;
      if (isLast) this.within();
      this.send(length, isLast && endsWithData);
      if (isLast && endsWithData) return;
      if (gap > 0) {
        this.clock.at(this.clock.now() + gap, () => this.runLate());
        return;
      }
    }
    if (!out.closed) out.end(this.trailers);
  }

  /** A callback of the clock has nobody above it who would take what is thrown. */
  private runLate(): void {
    try {
      this.run();
    } catch (error) {
      this.out.abort();
      const isLimit = error instanceof UndercoatError && error.fault === 'limit-reached';
      this.story.assert(
        this.story.claims['LAY-3'],
        isLimit || (() => `body of ${this.story.index}: ${String(error)}`),
      );
    }
  }

  private send(length: number, isEnd: boolean): void {
    const { story } = this;
    story.lent += 1;
    const content = contentAt(this.place, this.at, length);
    this.at += length;
    try {
      this.out.send(content, isEnd, this.returned);
    } catch (error) {
      story.lent -= 1;
      throw error;
    }
  }
}
