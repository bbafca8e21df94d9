// undici's parser: llhttp compiled to WebAssembly, fed as undici's client feeds it: octets are copied into the
// module's memory, each field name and value becomes a view, method and target become strings.
import { createRequire } from 'node:module';
import type { ParserPeer } from './contestants.js';

/** What of the global WebAssembly is used; the types of Node alone do not have it. */
interface Wasm {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  llhttp_alloc(type: number): number;
  llhttp_execute(parser: number, at: number, length: number): number;
  llhttp_get_method(parser: number): number;
  malloc(bytes: number): number;
}

const requests = 1;
const room = 65_536;
const FastBuffer = Reflect.get(Buffer, Symbol.species) as new (
  store: ArrayBufferLike,
  at: number,
  length: number,
) => Uint8Array;

export function undiciWasm(): ParserPeer {
  const require = createRequire(import.meta.url);
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly;
  const wasm = new Module(require('undici/lib/llhttp/llhttp_simd-wasm.js') as Uint8Array);
  const { METHODS } = require('undici/lib/llhttp/constants.js') as { METHODS: Record<string, number> };
  const methods: string[] = [];
  for (const [method, number] of Object.entries(METHODS)) methods[number] = method;
  let current = new Uint8Array(0);
  let fields: Uint8Array[] = [];
  const peer: ParserPeer = {
    name: "undici's wasm",
    requests: 0,
    bodyBytes: 0,
    method: '',
    target: '',
    feed(bytes: Uint8Array): void {
      current = bytes as Uint8Array<ArrayBuffer>;
      new Uint8Array(llhttp.memory.buffer, at, room).set(bytes);
      const result = llhttp.llhttp_execute(parser, at, bytes.length);
      if (result !== 0) throw new Error(`${peer.name} says ${result}`);
    },
  };
  const range = (_parser: number, from: number, length: number): number => {
    fields.push(new FastBuffer(current.buffer, current.byteOffset + from - at, length));
    return 0;
  };
  const nothing = (): number => 0;
  const { exports } = new Instance(wasm, {
    env: {
      wasm_on_message_begin(): number {
        fields = [];
        return 0;
      },
      wasm_on_url(_parser: number, from: number, length: number): number {
        peer.target = (
          Buffer.prototype as unknown as { latin1Slice(a: number, b: number): string }
        ).latin1Slice.call(current, from - at, from - at + length);
        return 0;
      },
      wasm_on_status: nothing,
      wasm_on_header_field: range,
      wasm_on_header_value: range,
      wasm_on_headers_complete(_parser: number): number {
        peer.method = methods[llhttp.llhttp_get_method(parser)] as string;
        return 0;
      },
      wasm_on_body(_parser: number, from: number, length: number): number {
        peer.bodyBytes += new FastBuffer(current.buffer, current.byteOffset + from - at, length).length;
        return 0;
      },
      wasm_on_message_complete(): number {
        peer.requests += 1;
        return 0;
      },
    },
  });
  const llhttp = exports as Exports;
  const parser = llhttp.llhttp_alloc(requests);
  const at = llhttp.malloc(room);
  return peer;
}
