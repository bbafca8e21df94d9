/**
 * A stack under test: the sessions of both ends, and what can be asked of them. The kit's properties are functions of
 * this and of nothing else about a protocol. This file does not know any stack but the ones that it names.
 */
import type { Arbitrary } from 'fast-check';
import { type H1StepOptions, h1 } from '../endpoint/h1.js';
import { h2 } from '../endpoint/h2.js';
import { proxy, proxySend } from '../endpoint/proxy.js';
import type { Steps } from '../endpoint/step.js';
import type { MachineObserver } from '../machine/index.js';
import { plainText } from '../memory/text.js';
import type { H2Options } from '../session/h2/options.js';
import { encodeProxyHeader, proxyHeaderSize } from '../session/proxy/encode.js';
import type { ProxyHeader } from '../session/proxy/header.js';
import { type H1Mutation, h1Mutation, mutateH1 } from './arbitraries/h1-mutation.js';
import { type H2Mutation, h2Mutation, mutateH2 } from './arbitraries/h2-mutation.js';
import type { SessionEndOptions } from './session-end.js';
import type { TunnelKind } from './tunnel-request.js';

/** What a stack claims: properties ask no more of it, and no less. */
export interface StackCapabilities {
  /** Requests that may be under way at once on one connection. */
  readonly concurrent: number;
  /** Bytes that a reader of the protocol looks for: what dead memory is filled with. */
  readonly telling: readonly number[];
  /** Exchanges run side by side: what one application does later may come before or behind what another does. */
  readonly interleaves: boolean;
  /** Field names arrive as they were sent, or in lower case. */
  readonly keepsCase: boolean;
  /** Mistakes in what is sent: recipes, and how they are applied. */
  readonly damage: Damage;
  /**
   * Its ends lend what an application sends in pieces of more than 100 bytes, and do not copy it: then a pipe is broken
   * while such bytes wait. Default: no.
   */
  readonly lends?: boolean;
  /** The ways in which a tunnel may be asked for; none if empty, and then none is asked for. */
  readonly tunnels: readonly TunnelKind[];
  /** A slab in which every ordinary exchange of the kit succeeds; below it exhaustion may be the answer. */
  readonly roomyBytes: number;
  /**
   * The longest body that it takes, where that is shorter than the kit's are: only what becomes of octets that are cut in
   * one way or another is asked of such a stack, and some bodies are longer.
   */
  readonly maxBodyBytes?: number;
}

export interface Damage {
  readonly arbitrary: () => Arbitrary<unknown>;
  readonly apply: (bytes: Uint8Array, mistakes: readonly unknown[]) => Uint8Array;
}

/**
 * The sessions of both ends. Yours is one of ours with what is different: `{ ...h1Stack(), name, server, client }`.
 */
export interface StackUnderTest {
  readonly name: string;
  /** Sees every row that a machine of either end takes. */
  readonly observer?: MachineObserver;
  /** The sessions of each end, the one nearest to the wire first. Used for any number of connections. */
  readonly server: Steps;
  readonly client: Steps;
  readonly capabilities: StackCapabilities;
}

/** The options of an end, with the stack's observer. */
export function observed(stack: StackUnderTest, options: SessionEndOptions): SessionEndOptions {
  return { ...options, observer: stack.observer ?? null };
}

/** `LF`, `CR`, `G`, `0`, `:`, space, NUL, and an octet that no text has. */
const tellingH1 = [0x0a, 0x0d, 0x47, 0x30, 0x3a, 0x20, 0x00, 0xff];
const roomyBytes = 1100;
/** What `lends` promises of a stack whose ends copy what is shorter than `copyBelowBytes`. */
const lendsFrom = (copyBelowBytes: number | undefined) => (copyBelowBytes ?? Infinity) <= 100;

/** Edits that know lines and fields; they fit any text. */
const textDamage: Damage = {
  arbitrary: () => h1Mutation(),
  apply: (bytes, mistakes) => {
    if (mistakes.length === 0) return bytes;
    const text = plainText.latin1(bytes, 0, bytes.length);
    const damaged = mutateH1(text, mistakes as readonly H1Mutation[]);
    const octets = new Uint8Array(damaged.length);
    plainText.write(damaged, octets, 0);
    return octets;
  },
};

/** HTTP/1.1 alone. */
export function h1Stack(options: H1StepOptions = {}): StackUnderTest {
  const concurrent = options.maxPipelined ?? 1;
  return {
    name: concurrent > 1 ? `h1, ${concurrent} pipelined` : 'h1',
    server: h1(options),
    client: h1(options),
    capabilities: {
      concurrent,
      telling: tellingH1,
      damage: textDamage,
      roomyBytes,
      keepsCase: true,
      interleaves: false,
      lends: lendsFrom(options.copyBelowBytes),
      tunnels: ['connect', 'upgrade'],
      ...limits(options),
    },
  };
}

function limits({
  maxBodyBytes,
}: {
  readonly maxBodyBytes?: number;
}): Pick<StackCapabilities, 'maxBodyBytes'> {
  return maxBodyBytes === undefined ? {} : { maxBodyBytes };
}

/** A PROXY header in front of HTTP/1.1. */
export function proxyH1Stack(version: 1 | 2, options: H1StepOptions = {}): StackUnderTest {
  return behindProxy(version, h1Stack(options));
}

/** A frame's greatest payload and more: how long one that is announced may be does not depend on the slab then. */
const roomyH2Bytes = 18_000;

/** Edits that know frames. */
const frameDamage: Damage = {
  arbitrary: () => h2Mutation(),
  apply: (bytes, mistakes) => mutateH2(bytes, mistakes as readonly H2Mutation[]),
};

/** HTTP/2 by prior knowledge. */
export function h2Stack(name = 'h2', options: H2Options = {}): StackUnderTest {
  return {
    name,
    server: h2(options),
    client: h2(options),
    capabilities: {
      concurrent: 100,
      // Lengths, types and flags of frames; the preface's first letter.
      telling: [0x00, 0x01, 0x04, 0x05, 0x08, 0x50, 0x80, 0xff],
      interleaves: true,
      keepsCase: false,
      tunnels: ['connect', 'extended'],
      damage: frameDamage,
      lends: lendsFrom(options.copyBelowBytes),
      roomyBytes: roomyH2Bytes,
      ...limits(options),
    },
  };
}

/** A PROXY header in front of HTTP/2. */
export function proxyH2Stack(version: 1 | 2, options: H2Options = {}): StackUnderTest {
  return behindProxy(version, h2Stack('h2', options));
}

/** HTTP/1.1 that goes on as HTTP/2 by `Upgrade: h2c`, as soon as a request can ask for it. */
export function h1UpgradeStack(options: H1StepOptions = {}): StackUnderTest {
  const { capabilities } = h1Stack(options);
  const upgraded = h2Stack().capabilities;
  return {
    name: 'h1 → h2c',
    server: h1({ h2c: true, ...options }),
    client: h1({ h2c: true, ...options }),
    capabilities: {
      ...upgraded,
      // Before the agreement, H1's.
      concurrent: capabilities.concurrent,
      telling: [...capabilities.telling, ...upgraded.telling],
      damage: textDamage,
    },
  };
}

/** The header of stacks behind PROXY: from and to addresses for documentation (RFC 5737). */
export function relayed(version: 1 | 2): ProxyHeader {
  return {
    version,
    command: 'proxy',
    transport: 'stream',
    source: { family: 'ipv4', address: '192.0.2.7', port: 40_000 },
    destination: { family: 'ipv4', address: '198.51.100.1', port: 443 },
    tlvs: [],
  };
}

/** `stack`, with a PROXY header before all that its client sends. */
function behindProxy(version: 1 | 2, stack: StackUnderTest): StackUnderTest {
  const header = relayed(version);
  const { telling, damage, ...capabilities } = stack.capabilities;
  return {
    name: `proxy v${version} + ${stack.name}`,
    server: proxy({ trust: ['127.0.0.0/8', 'unix', 'memory'], versions: version }).then(stack.server),
    client: proxySend(header).then(stack.client),
    capabilities: {
      ...capabilities,
      telling: [...telling, 0x50, 0x51],
      damage: damage === frameDamage ? damageBehind(header, damage) : damage,
    },
  };
}

/** Edits that know what follows the header, and leave that alone. */
function damageBehind(header: ProxyHeader, { arbitrary, apply }: Damage): Damage {
  const size = proxyHeaderSize(header);
  const octets = new Uint8Array(size);
  encodeProxyHeader(header, octets, 0);
  return {
    arbitrary,
    apply: (bytes, mistakes) => {
      if (!octets.every((octet, i) => octet === bytes[i])) return apply(bytes, mistakes);
      return Uint8Array.from([...octets, ...apply(bytes.subarray(size), mistakes)]);
    },
  };
}
