/**
 * `undercoat get URL`: one request, sent by the client that everything here is made of. This file does not know how an
 * exchange goes.
 */
import { createReadStream, statSync } from 'node:fs';
import { Command, Option } from 'commander';
import { createClient } from '../../endpoint/client.js';
import { answerClose, type Fault, LimitError, MisuseError, UndercoatError } from '../../errors.js';
import { CheckedLedger, SlabPool } from '../../memory/index.js';
import type { FieldList, Fields, RequestOptions, ResponseHead } from '../../stream/contract.js';
import type { Connectable } from '../../transport/contract.js';
import type { Console } from '../console.js';
import { type DestinationOptions, destinationOf } from '../get/destination.js';
import { Journal } from '../get/journal.js';
import { type Content, type Outcome, Transfer, type TransferOptions } from '../get/transfer.js';
import { WireLines } from '../get/wire-lines.js';
import { gathered, integerOption, UsageError } from '../usage.js';

const never = Number.POSITIVE_INFINITY;

interface GetFlags extends Pick<DestinationOptions, 'protocol' | 'proxy' | 'unix' | 'ca' | 'cert' | 'key'> {
  readonly method?: string;
  readonly field?: readonly string[];
  readonly body?: string;
  readonly trailer?: readonly string[];
  readonly include?: true;
  readonly verbose?: true;
  readonly insecure?: true;
  readonly timeout?: number;
}

/** Milliseconds that the peer has to close, once all is done; then the connection is let go of. */
const linger = 250;
const closeWithin = 1000;
/** Content may take as long as it takes, as long as it moves. */
const unbounded = { linger, total: never, body: never };
/** The time limit that was given is the only one. */
const untimed = {
  ...unbounded,
  connect: never,
  tlsHandshake: never,
  head: never,
  firstByte: never,
  betweenBytes: never,
  write: never,
  settings: never,
};

/** `finish` is told the exit code. */
export function getCommand(console: Console, finish: (code: number) => void): Command {
  return new Command('get')
    .description(
      'Send one request and write the content of the response to standard output; 0 when it came whole, whatever its status, 1 when not, with whose fault it was.',
    )
    .argument('<url>', 'http://host:port/path or https://…')
    .addOption(
      new Option(
        '--protocol <name>',
        'what to speak: h2 by prior knowledge or ALPN, h2c by asking H1 for an upgrade; auto: as ALPN agrees over TLS, else h1',
      )
        .choices(['h1', 'h2', 'h2c', 'auto'])
        .default('auto'),
    )
    .addOption(
      new Option('--proxy <version>', 'send a PROXY header first, with the own addresses').choices([
        'v1',
        'v2',
      ]),
    )
    .option('--method <method>', 'default: GET, or POST with --body')
    .option('--field <name: value>', 'send this field; may be given again', gathered)
    .option('--body <file>', 'send this file as content; - for standard input')
    .option('--trailer <name: value>', 'send this field behind the content; may be given again', gathered)
    .option('--include', 'show heads and trailers on standard error')
    .option('--verbose', 'show every frame, transition and change of owner on standard error, as they happen')
    .option('--unix <path>', 'connect to this Unix socket instead')
    .option('--ca <file>', 'trust these certificates instead of the platform’s')
    .option('--cert <file>', 'show this certificate if asked, with --key')
    .option('--key <file>', 'its key')
    .option('--insecure', 'go on with a certificate that does not verify')
    .option('--timeout <seconds>', 'end it after so long', integerOption('--timeout', 1, 86_400))
    .action(async (url: string, flags: GetFlags) => {
      const outcome = await get(url, flags, console);
      if (outcome.kind !== 'failed') return;
      const reason = reasonOf(outcome.error);
      console.err.write(complaint(reason, outcome.retryable));
      finish(reason instanceof MisuseError ? 2 : 1);
    });
}

/** @throws UsageError */
async function get(url: string, flags: GetFlags, console: Console): Promise<Outcome> {
  const request = requestOf(flags);
  const journal = flags.verbose === true ? new Journal(console.err, console.isErrColoured) : null;
  const destination = destinationOf(url, {
    ...flags,
    insecure: flags.insecure === true,
    observer: journal?.observer ?? null,
    lines: journal === null ? null : new WireLines(request.method, journal.frame),
  });
  const { connectable, stack, scheme, authority, target } = destination;
  const content = contentOf(flags);
  const ledger =
    journal === null ? null : new CheckedLedger({ onAct: journal.act, onViolation: journal.violation });
  const client = createClient(connectable, stack, {
    pool: new SlabPool({ ledger }),
    observer: journal?.observer ?? null,
    deadlines: flags.timeout === undefined ? unbounded : untimed,
    waitTimeout: Number.POSITIVE_INFINITY,
    maxConnections: 1,
    onError: (error) => console.err.write(`error: ${String(error)}\n`),
  });
  const show = flags.include === true ? (text: string) => console.err.write(text) : () => {};
  const transfer = begin({
    client,
    request: { ...request, ...content?.framing, scheme, authority, target },
    content,
    out: console.out,
    head: (head) => show(headText(head)),
    trailers: (trailers) => show(fieldText(trailers)),
  });
  const outcome = await within(flags.timeout, transfer, connectable);
  if (outcome.kind === 'complete') await client.close({ within: closeWithin });
  else client.abort();
  await client.close();
  if (ledger !== null) ledger.assertQuiescent();
  return outcome;
}

/** @throws UsageError when the request cannot be one */
function begin(options: TransferOptions): Transfer {
  try {
    return new Transfer(options);
  } catch (error) {
    options.content?.source.destroy();
    if (error instanceof MisuseError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

/** The outcome, or the failure that it did not come in time. */
async function within(
  seconds: number | undefined,
  transfer: Transfer,
  { platform: { clock } }: Connectable,
): Promise<Outcome> {
  if (seconds === undefined) return transfer.outcome;
  const message = `it was not over within ${seconds} s`;
  const timer = clock.at(clock.now() + seconds * 1000, () =>
    transfer.abort(new LimitError('--timeout', 'timeout', 'LAY-4', message, answerClose)),
  );
  const outcome = await transfer.outcome;
  timer.cancel();
  return outcome;
}

/** @throws UsageError */
function requestOf({ method, body, field }: GetFlags): {
  readonly method: string;
  readonly fields: FieldList;
} {
  if (method === 'CONNECT') throw new UsageError('--method: get opens no tunnels');
  return { method: method ?? (body === undefined ? 'GET' : 'POST'), fields: fieldsOf('--field', field) };
}

/** What is to be sent, and how its end is told. @throws UsageError */
function contentOf({ body, trailer }: GetFlags): (Content & { readonly framing: Framing }) | undefined {
  const trailers = fieldsOf('--trailer', trailer);
  if (body === undefined) {
    if (trailers.length === 0) return undefined;
    throw new UsageError('--trailer: trailers follow content: they need --body');
  }
  if (body === '-') return { source: process.stdin, trailers, framing: { end: false } };
  const found = statSync(body, { throwIfNoEntry: false });
  if (found === undefined || found.isDirectory()) {
    throw new UsageError(`--body: ${body} is ${found === undefined ? 'not there' : 'a directory'}`);
  }
  // Trailers need a coding that goes without a length.
  const isLong = found.isFile() && trailers.length === 0;
  return {
    source: createReadStream(body),
    trailers,
    framing: isLong ? { end: false, length: found.size } : { end: false },
  };
}

type Framing = Pick<RequestOptions, 'end' | 'length'>;

/** @throws UsageError for what is not of the form `name: value` */
function fieldsOf(option: string, given: readonly string[] = []): FieldList {
  return given.map((text) => {
    const colon = text.indexOf(':');
    if (colon < 1)
      throw new UsageError(`${option}: ${JSON.stringify(text)} is not of the form 'name: value'`);
    return [text.slice(0, colon), text.slice(colon + 1).trim()];
  });
}

function headText({ version, status, reason, fields }: ResponseHead): string {
  return `${`HTTP/${version} ${status} ${reason}`.trimEnd()}\n${fieldText(fields)}`;
}

function fieldText(fields: Fields): string {
  let text = '';
  for (const [name, value] of fields) text += `${name}: ${value}\n`;
  return `${text}\n`;
}

const faults: Readonly<Record<Fault, string>> = {
  'peer-misbehaved': 'the peer misbehaved',
  'peer-incompatible': 'the peer is incompatible',
  'limit-reached': 'a limit was reached',
  'transport-failed': 'the transport failed',
  'api-misuse': 'this end was misused',
};

/** Whose fault it was, and what it broke. */
function complaint(error: UndercoatError, retryable: boolean): string {
  const again = retryable ? '; the peer has not processed it: it can be sent again' : '';
  return `error: ${faults[error.fault]}: ${error.message}${again}\n`;
}

/** The first cause that is an error of ours: what ended the connection, not that it ended. */
function reasonOf(error: UndercoatError): UndercoatError {
  return error.cause instanceof UndercoatError ? reasonOf(error.cause) : error;
}
