/** All exhibits, room by room. */
import type { Exhibit } from '../exhibit.js';
import { foundExhibits } from './found.js';
import { foundOwnerExhibits } from './found-owners.js';
import { h1Exhibits } from './h1.js';
import { h2Exhibits } from './h2.js';
import { handoffExhibits } from './handoff.js';
import { memoryExhibits } from './memory.js';
import { ownExhibits } from './own.js';
import { ownLayerExhibits } from './own-layers.js';

export const rooms: readonly (readonly Exhibit[])[] = [
  memoryExhibits,
  handoffExhibits,
  h1Exhibits,
  h2Exhibits,
  foundExhibits,
  foundOwnerExhibits,
  ownExhibits,
  ownLayerExhibits,
];

export const exhibits: readonly Exhibit[] = rooms.flat();
