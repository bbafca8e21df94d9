/**
 * Judges a run that is over: every rule that both applications, the network and the pools can see. The ledger has judged
 * every act by then. This file does not know how the run went on.
 */
import { UndercoatError } from '../../errors.js';
import { defaultDeadlines } from '../../session/deadlines.js';
import { Mark } from './marks.js';
import { answersEarly, type BodyPlan, isScarce, leaves } from './recipe.js';
import type { SimulatedRun } from './run.js';
import type { Assert, BodyStory, Claims, Story } from './story.js';

/** Whoever waits for a request waits for no less; what travels meanwhile, and stalls, takes less than the rest. */
const longQuiet = Math.min(defaultDeadlines.idle, defaultDeadlines.head) / 2;

export class Judge {
  private readonly run: SimulatedRun;
  /** Nothing in the recipe can cost an exchange that its own plan does not. */
  private readonly mayFail: boolean;
  private readonly claims: Claims;
  private readonly assert: Assert;

  constructor(run: SimulatedRun) {
    const { haste, server, client, features } = run.recipe;
    this.run = run;
    this.claims = run.claims;
    this.assert = run.assert;
    this.mayFail = haste > 0 || isScarce(server) || isScarce(client) || features.includes('scarce-memory');
  }

  judge(): void {
    const { run } = this;
    for (const story of run.stories) this.story(story);
    this.assert(
      this.claims['LAY-4'],
      run.stories.length === run.recipe.exchanges.length ||
        (() => {
          return `${run.recipe.exchanges.length - run.stories.length} exchanges never began: nobody would have told`;
        }),
    );
    this.assert(this.claims['LAY-4'], run.isClosed || (() => 'an endpoint did not close when all was over'));
    this.memory();
    if (run.network.pipes.length > run.recipe.connections) run.mark(Mark.reconnected);
  }

  private story(story: Story): void {
    const { index, plan, clientEnd, serverEnd, request, response } = story;
    this.assert(
      this.claims['LAY-4'],
      clientEnd !== undefined || (() => `exchange ${index} did not end at the client`),
    );
    this.assert(
      this.claims['LAY-4'],
      story.servings === 0 ||
        serverEnd !== undefined ||
        (() => {
          return `exchange ${index} did not end at the server`;
        }),
    );
    this.assert(
      this.claims['CON-2'],
      story.lent === story.returned ||
        (() => {
          return `exchange ${index}: ${story.lent} ranges were lent and ${story.returned} came back`;
        }),
    );
    this.assert(
      this.claims['WIRE-5'],
      !(story.retryable && story.servings > 0) ||
        (() => {
          return `exchange ${index} may be tried again, and the server's application has seen it`;
        }),
    );
    const isUnsent = clientEnd !== 'ok' && story.connection < 0 && !story.refused;
    this.assert(
      this.claims['WIRE-5'],
      !isUnsent ||
        story.retryable ||
        (() => {
          return `exchange ${index} was never sent (${clientEnd}), and is said to be unsafe to try again`;
        }),
    );
    this.body(request, plan.request, story, 'request');
    this.body(response, plan.method === 'HEAD' ? undefined : plan.response, story, 'response');
    const isWhole = this.isWhole(story);
    if (isWhole) this.run.whole += 1;
    if (clientEnd === 'ok') this.markSuccess(story, isWhole);
    else this.markFailure(story);
    if (isWhole || this.isExcused(story)) return;
    this.assert(this.claims['WIRE-4'], () => {
      return (
        `exchange ${index} (${plan.method}) should have gone well: client ${clientEnd}, status ${story.status}, ` +
        `response ${told(response)}; server ${story.servings} times, ${serverEnd}, request ${told(request)}`
      );
    });
  }

  /** Of a body that is said to have ended nothing is missing, and nothing is there that was not sent. */
  private body(story: BodyStory, plan: BodyPlan | undefined, { index }: Story, what: string): void {
    const due = plan?.bytes ?? 0;
    this.assert(
      this.claims['CON-1'],
      (story.isWhole ? story.bytes === due : story.bytes <= due) ||
        (() => {
          return `${what} ${index}: ${story.bytes} of ${due} bytes, and it ${told(story)}`;
        }),
    );
    if (!story.isWhole) return;
    const trailers = plan?.trailers ?? 0;
    this.assert(
      this.claims['WIRE-4'],
      story.trailers === trailers ||
        (() => {
          return `${what} ${index} ended with ${story.trailers} of ${trailers} trailers`;
        }),
    );
  }

  private isWhole(story: Story): boolean {
    const { plan, clientEnd, serverEnd, servings, status } = story;
    if (servings !== 1) return false;
    if (answersEarly(plan))
      return status === plan.status && (leaves(plan.takingResponse) || story.response.isWhole);
    if (clientEnd !== 'ok' || serverEnd !== 'ok') return false;
    if (plan.tunnel !== undefined) {
      return story.tunnelledUp === plan.tunnel.up && story.tunnelledDown === plan.tunnel.down;
    }
    if (status !== plan.status || story.informs !== plan.informs) return false;
    if (!story.request.isWhole && !leaves(plan.taking)) return false;
    return leaves(plan.takingResponse) || story.response.isWhole;
  }

  private isExcused(story: Story): boolean {
    const { run } = this;
    if (this.mayFail || run.isExcused(story)) return true;
    // An endpoint that ends finishes what it has begun; what is on its way to it by then it need not take up.
    if (run.hasEnded && story.servings === 0) return true;
    // It closes behind a whole answer, too, which is an early one to a client that has still to say that its request is over.
    if (run.hasEnded && story.clientEnd === 'early-response') return true;
    // A server may be closing a connection that was quiet for long while a request is on its way (RFC 9112 §9.5).
    if (story.quiet >= longQuiet && story.servings === 0) return true;
    if (story.connection < 0) return run.anyHarmed;
    return run.isHarmed(story.connection);
  }

  private markSuccess({ request, response }: Story, isWhole: boolean): void {
    const { run } = this;
    if (request.trailers > 0 || response.trailers > 0) run.mark(Mark.trailers);
    if (!isWhole) return;
    run.mark(Mark.whole);
    if (request.bytes >= 4096 || response.bytes >= 4096) run.mark(Mark.longBody);
  }

  private markFailure({ clientEnd, retryable }: Story): void {
    const { run } = this;
    run.mark(Mark.failed);
    if (retryable) run.mark(Mark.retryable);
    if (clientEnd?.endsWith('timeout') === true) run.mark(Mark.timedOut);
    if (clientEnd?.includes('exhausted') === true) run.mark(Mark.exhausted);
  }

  private memory(): void {
    const { run } = this;
    const { ledger, pools, recipe, keepsakes } = run;
    const connections = run.network.pipes.length;
    for (const end of ['server', 'client'] as const) {
      const { slabBytes, slabs, receiveSlabs, sendSlabs } = recipe[end];
      const limit = Math.min(slabs, connections * (receiveSlabs + sendSlabs)) * slabBytes;
      const { peakBytes } = pools[end];
      this.assert(
        this.claims['OWN-8'],
        peakBytes <= limit || (() => `the ${end} held ${peakBytes} bytes of at most ${limit}`),
      );
    }
    run.audited?.settled();
    ledger?.assertQuiescent();
    if (ledger !== null && ledger.retained.size > 0) run.mark(Mark.retained);
    try {
      keepsakes.settle();
    } catch (error) {
      const rule = error instanceof UndercoatError ? error.cites : 'OWN-7';
      this.assert(run.claimOf(rule), () => String(error));
    }
    ledger?.assertQuiescent();
    for (const end of ['server', 'client'] as const) {
      const { heldBytes } = pools[end];
      this.assert(
        this.claims['OWN-7'],
        heldBytes === 0 || (() => `${heldBytes} bytes of the ${end}'s pool did not come back`),
      );
    }
  }
}

function told({ isWhole, failed, bytes }: BodyStory): string {
  return `${isWhole ? 'ended' : failed === undefined ? 'did not end' : `failed with ${failed}`} at ${bytes}`;
}
