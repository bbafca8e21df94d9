/**
 * How many bytes each layer has now, and the most it ever had. This file does not know what they are.
 */
import type { Layer } from './owner.js';

export type ByLayer = Readonly<Record<Layer, number>>;

class Holding {
  bytes = 0;
  peak = 0;
}

export class Holdings {
  private readonly pool = new Holding();
  private readonly transport = new Holding();
  private readonly session = new Holding();
  private readonly stream = new Holding();
  private readonly application = new Holding();

  add(layer: Layer, bytes: number): void {
    const holding = this.of(layer);
    const now = holding.bytes + bytes;
    holding.bytes = now;
    if (now > holding.peak) holding.peak = now;
  }

  get now(): ByLayer {
    return this.each(({ bytes }) => bytes);
  }

  get peak(): ByLayer {
    return this.each(({ peak }) => peak);
  }

  /** By comparison: a property that is looked up by a name that varies costs several times as much. */
  private of(layer: Layer): Holding {
    switch (layer) {
      case 'session':
        return this.session;
      case 'stream':
        return this.stream;
      case 'transport':
        return this.transport;
      case 'application':
        return this.application;
      case 'pool':
        return this.pool;
    }
  }

  private each(value: (holding: Holding) => number): ByLayer {
    return {
      pool: value(this.pool),
      transport: value(this.transport),
      session: value(this.session),
      stream: value(this.stream),
      application: value(this.application),
    };
  }
}
