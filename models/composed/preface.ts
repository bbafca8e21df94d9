/**
 * Telling H2 from H1 by the first bytes, on a server: either goes on with all of them. This file does not know what they are.
 */
import { prefaceTable } from '../../src/session/h2/preface-table.js';
import { behind, type First } from './behind.js';
import type { Tables } from './endpoint.js';
import { h1Server } from './h1-server.js';
import { h2Server } from './h2.js';
import type { Composition, Rule } from './language.js';

const looking = ['connection in running', 'preface in looking'];

const rules: readonly Rule[] = [
  { on: 'preface told', by: 'peer', when: looking },
  { on: 'preface timeout', by: 'clock', when: looking, cites: 'LAY-4' },
  { on: 'preface shutdown', by: 'endpoint', when: looking },
  { on: 'preface input-end', by: 'itself', when: [...looking, 'transport in halfClosedRemote'] },
  { on: 'unused take', by: 'due' },
];

function preface(tables: Tables): First {
  return {
    name: 'preface',
    table: tables['preface'] ?? prefaceTable,
    parts: [],
    rules,
    begins: [],
    fails: { event: 'transport-gone', from: 'looking' },
    invariants: [
      // What told them apart belongs to whoever goes on.
      {
        rule: 'CON-3',
        atRest: true,
        when: ['preface in handed-off', 'session in absent', 'connection in running'],
        holds: ['unused in held'],
      },
    ],
  };
}

export function prefaceH1Server(tables: Tables = {}): Composition {
  return behind(preface(tables), h1Server(tables));
}

export function prefaceH2Server(tables: Tables = {}): Composition {
  return behind(preface(tables), h2Server(tables));
}
