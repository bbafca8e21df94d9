/**
 * The fields of an H2 message: names and values in turn, as they were decoded. They are strings, and yet their reading
 * ends with their exchange, as that of H1's does (OWN-5): what an application does holds with either. This file does not
 * know HPACK.
 */
import { MisuseError } from '../errors.js';
import type { Fields } from './contract.js';
import type { Trailers } from './exchange.js';

const noNames: readonly string[] = Object.freeze([]);

/** The trailers of a message; undefined when there are none. The parameters are those of `H2Fields`. */
export function h2Trailers(
  list: readonly string[] | undefined,
  never: readonly string[] | undefined,
): Trailers | undefined {
  if (list === undefined || list.length === 0) return undefined;
  const fields = new H2Fields(list, never);
  return { fields, revoke: () => fields.end() };
}

export class H2Fields implements Fields {
  private given: readonly string[] | null;
  private readonly never: readonly string[];

  /**
   * @param list names, in lower case, and values in turn
   * @param never names of those that came as never indexed
   */
  constructor(list: readonly string[], never: readonly string[] = noNames) {
    this.given = list;
    this.never = never;
  }

  /** The exchange is over. */
  end(): void {
    this.given = null;
  }

  get count(): number {
    return this.list.length / 2;
  }

  /** Whoever sends the fields on gives this along: what came as never indexed goes on so (RFC 7541 §6.2.3). */
  get sensitive(): readonly string[] {
    return this.list.length === 0 ? noNames : this.never;
  }

  /** Of `cookie` the crumbs are joined by `; ` (RFC 9113 §8.2.3); of `set-cookie` the first is given. */
  get(name: string): string | undefined {
    const wanted = name.toLowerCase();
    const { list } = this;
    let value: string | undefined;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] !== wanted) continue;
      const next = list[i + 1] as string;
      if (value === undefined) value = next;
      else value += (wanted === 'cookie' ? '; ' : ', ') + next;
      if (wanted === 'set-cookie') break;
    }
    return value;
  }

  getAll(name: string): string[] {
    const wanted = name.toLowerCase();
    const values: string[] = [];
    for (let i = 0; i < this.list.length; i += 2)
      if (this.list[i] === wanted) values.push(this.list[i + 1] as string);
    return values;
  }

  has(name: string): boolean {
    const wanted = name.toLowerCase();
    for (let i = 0; i < this.list.length; i += 2) if (this.list[i] === wanted) return true;
    return false;
  }

  toArray(): [name: string, value: string][] {
    return [...this].map(([name, value]) => [name, value]);
  }

  *[Symbol.iterator](): IterableIterator<readonly [name: string, value: string]> {
    for (let i = 0; i < this.list.length; i += 2) yield [this.list[i] as string, this.list[i + 1] as string];
  }

  private get list(): readonly string[] {
    if (this.given !== null) return this.given;
    throw new MisuseError('fields-over', 'OWN-5', 'fields are read while their exchange lasts');
  }
}
