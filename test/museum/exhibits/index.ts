/** All exhibits, room by room. */
import type { Exhibit } from '../exhibit.js';
import { memoryExhibits } from './memory.js';

export const exhibits: readonly Exhibit[] = [...memoryExhibits];
