/**
 * Who can own bytes. An owner is a name on a lease, a row of a trace and a place to count what is held; it
 * does nothing by itself. This file does not know what the layers do.
 */

/** The layers of the rulebook's OWN-1. `pool` owns what nobody else does. */
export type Layer = 'pool' | 'transport' | 'session' | 'stream' | 'application';

/** One party that can own bytes: a transport, a session, a stream, an application. Compared by identity. */
export class Owner {
  readonly layer: Layer;
  /** The field's name of the thing: `tcp`, `h1-server`, `h1-exchange`. */
  readonly name: string;
  /** Which one: unique among the owners of one ledger or endpoint, chosen by whoever creates it. */
  readonly id: number;
  /** What an auditor of its acts keeps of it, so that it need not look it up; null without one. */
  audited: object | null;

  constructor(layer: Layer, name: string, id: number) {
    this.layer = layer;
    this.name = name;
    this.id = id;
    this.audited = null;
  }

  toString(): string {
    return `${this.layer}:${this.name}#${this.id}`;
  }
}
