/**
 * Fields that outlive their exchange: the strings are copies. This file does not know where they came from.
 */
import type { Fields } from '../stream/contract.js';

export class CopiedFields implements Fields {
  readonly sensitive: readonly string[];
  private readonly list: [name: string, value: string][];

  constructor(fields: Fields) {
    this.list = fields.toArray();
    this.sensitive = [...(fields.sensitive ?? [])];
  }

  get count(): number {
    return this.list.length;
  }

  get(name: string): string | undefined {
    const values = this.getAll(name);
    return values.length === 0 ? undefined : values.join(', ');
  }

  getAll(name: string): string[] {
    const lower = name.toLowerCase();
    const values: string[] = [];
    for (const [own, value] of this.list) if (own.toLowerCase() === lower) values.push(value);
    return values;
  }

  has(name: string): boolean {
    const lower = name.toLowerCase();
    return this.list.some(([own]) => own.toLowerCase() === lower);
  }

  toArray(): [name: string, value: string][] {
    return this.list.map(([name, value]) => [name, value]);
  }

  [Symbol.iterator](): IterableIterator<readonly [name: string, value: string]> {
    return this.list[Symbol.iterator]();
  }
}
