/**
 * `undercoat serve`: a server for other programs to talk to, on the parts that everything here is made of. This file
 * does not know what its handler answers.
 */
import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { h1 } from '../../endpoint/h1.js';
import { byPreface, h2 } from '../../endpoint/h2.js';
import { proxy } from '../../endpoint/proxy.js';
import { listen, type Server } from '../../endpoint/server.js';
import { byAlpn, type Stack, stack } from '../../endpoint/stack.js';
import type { Steps } from '../../endpoint/step.js';
import { MisuseError } from '../../errors.js';
import { CheckedLedger, SlabPool } from '../../memory/index.js';
import type { Listenable } from '../../transport/contract.js';
import { type TlsStep, tlsServer } from '../../transport/node/tls.js';
import { addressText, listenableOf } from '../addresses.js';
import type { Console } from '../console.js';
import { echo, sayOk } from '../echo.js';
import { drainOnSignals } from '../signals.js';
import { gathered, integerOption, UsageError } from '../usage.js';

interface ServeFlags {
  readonly listen?: readonly string[];
  readonly echo?: true;
  readonly tls?: readonly string[];
  readonly protocols: string;
  readonly proxy: 'off' | 'required';
  readonly trust?: readonly string[];
  readonly drain: number;
  readonly checked?: true;
}

const defaultAddress = '127.0.0.1:8080';
const defaultDrain = 30;
const defaultTrust = ['127.0.0.0/8', '::1', 'unix'];

/** `finish` is told the exit code. */
export function serveCommand(console: Console, finish: (code: number) => void): Command {
  return new Command('serve')
    .description(
      'Serve H1 and H2 until SIGTERM or SIGINT, then finish what was begun; a second signal breaks it off.',
    )
    .option(
      '--listen <address>',
      `host:port, [ipv6]:port or unix:/path; may be given again (default: "${defaultAddress}")`,
      gathered,
    )
    .option('--echo', 'give back what is sent: content as content, and for /echo the request as text')
    .option('--tls <cert-and-key...>', 'speak TLS with this certificate and this key, two PEM files')
    .addOption(
      new Option('--proxy <mode>', 'a PROXY header before everything else')
        .choices(['off', 'required'])
        .default('off'),
    )
    .option(
      '--trust <cidr>',
      `who may send a PROXY header: a block, an address, or "unix"; may be given again (default: ${defaultTrust.join(', ')})`,
      gathered,
    )
    .option(
      '--drain <seconds>',
      'how long to wait at the end for what was begun',
      integerOption('--drain', 0, 86_400),
      defaultDrain,
    )
    .option(
      '--protocols <names>',
      'what is spoken: h1, h2 or both, told apart by ALPN, by the first bytes, or by Upgrade: h2c',
      'h1,h2',
    )
    .option('--checked', 'check the rulebook at every act, and print the account at the end')
    .action(async (flags: ServeFlags) => {
      const listenables = (flags.listen ?? [defaultAddress]).map(listenableFor);
      const layers = stackOf(flags, await secureStep(flags));
      const ledger = flags.checked === true ? new CheckedLedger({ onViolation: () => {} }) : null;
      const pool = new SlabPool({ ledger });
      const servers = await listenAll(listenables, layers, flags, pool, console);
      for (const { address } of servers) console.out.write(`listening on ${addressText(address)}\n`);
      const isDrained = await drainOnSignals(servers, flags.drain * 1000, console);
      if (ledger !== null) showAccount(ledger, pool, console);
      finish(isDrained && (ledger === null || ledger.violations.length === 0) ? 0 : 1);
    });
}

function listenableFor(text: string): Listenable {
  const listenable = listenableOf(text);
  if (listenable === undefined) {
    throw new UsageError(
      `--listen: ${JSON.stringify(text)} is neither host:port, [ipv6]:port nor unix:/path`,
    );
  }
  return listenable;
}

/** The layers above the socket, the one nearest to the wire first. */
function stackOf({ protocols, proxy: mode, trust }: ServeFlags, secure: TlsStep | undefined): Stack {
  if (trust !== undefined && mode === 'off') {
    throw new UsageError('--trust says who may send a PROXY header: it needs --proxy required');
  }
  const layers: Steps[] = [];
  if (mode === 'required') layers.push(trusting(trust ?? defaultTrust));
  const spoken = spokenOf(protocols);
  const only = spoken[0] === 'h2' ? h2() : h1();
  const told = spoken.length > 1 ? byPreface({ h1: h1({ h2c: true }), h2: h2() }) : only;
  if (secure === undefined) return stack(...layers, told);
  // Who names nothing by ALPN is told by what comes first, as without TLS; but there is no upgrade there.
  return stack(...layers, secure, byAlpn({ h2: h2(), 'http/1.1': h1() }, told));
}

/** @throws UsageError */
function spokenOf(protocols: string): string[] {
  const names = [...new Set(protocols.split(','))].sort();
  if (names.every((name) => name === 'h1' || name === 'h2')) return names;
  throw new UsageError(`--protocols: ${JSON.stringify(protocols)} is neither h1, h2 nor h1,h2`);
}

/** @throws UsageError when the files cannot be read, or are no certificate and its key */
async function secureStep({ tls: files, protocols }: ServeFlags): Promise<TlsStep | undefined> {
  if (files === undefined) return undefined;
  const [certFile, keyFile] = files;
  if (certFile === undefined || keyFile === undefined || files.length !== 2) {
    throw new UsageError(`--tls takes two files, a certificate and its key, not ${files.length}`);
  }
  try {
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
    return tlsServer({
      cert,
      key,
      alpn: spokenOf(protocols)
        .reverse()
        .map((name) => (name === 'h1' ? 'http/1.1' : name)),
    });
  } catch (error) {
    throw new UsageError(`--tls: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function trusting(trust: readonly string[]): Stack {
  try {
    return proxy({ trust });
  } catch (error) {
    if (error instanceof MisuseError) throw new UsageError(`--trust: ${error.message}`);
    throw error;
  }
}

/** All of them, or none. */
async function listenAll(
  listenables: readonly Listenable[],
  layers: Stack,
  flags: ServeFlags,
  pool: SlabPool,
  console: Console,
): Promise<Server[]> {
  const servers: Server[] = [];
  try {
    for (const listenable of listenables) {
      servers.push(
        await listen(listenable, layers, flags.echo === true ? echo : sayOk, {
          pool,
          onError: (error) => console.err.write(`error: ${String(error)}\n`),
        }),
      );
    }
    return servers;
  } catch (error) {
    for (const server of servers) server.abort();
    throw error;
  }
}

function showAccount(ledger: CheckedLedger, pool: SlabPool, { out }: Console): void {
  ledger.assertQuiescent();
  out.write(`rules checked: ${ledger.checkCount}\n`);
  out.write(`bytes copied: ${ledger.copiedBytes}\n`);
  out.write(`peak bytes of slabs: ${pool.peakBytes}\n`);
  out.write(`bytes held at the end: ${pool.heldBytes}\n`);
  out.write(`violations: ${ledger.violations.length}\n`);
  for (const { message } of ledger.violations.slice(0, 20)) out.write(`violation: ${message}\n`);
}
