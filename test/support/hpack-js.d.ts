// The part of hpack.js that the tests use. It has no types of its own.

declare module 'hpack.js' {
  export interface HpackJsField {
    readonly name: string;
    readonly value: string;
    readonly neverIndex?: boolean;
    readonly incremental?: boolean;
    readonly huffman?: boolean;
  }

  interface Coder {
    write(input: unknown): boolean;
    read(): unknown;
    updateTableSize(size: number): void;
  }

  interface Decompressor extends Coder {
    execute(done?: (error: Error | null) => void): void;
    read(): { name: string; value: string; neverIndex: boolean } | null;
    on(event: 'error', listener: (error: Error) => void): this;
  }

  interface Compressor extends Coder {
    read(): Uint8Array | null;
  }

  const hpack: {
    readonly compressor: { create(options: { table: { size: number } }): Compressor };
    readonly decompressor: { create(options: { table: { size: number } }): Decompressor };
  };
  export default hpack;
}
