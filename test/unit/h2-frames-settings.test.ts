// What a connection begins with: the settings of an end, and the client's preface.
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../src/session/h2/frames-faults.js';
import { matchPreface, PREFACE, PREFACE_BYTES, writePreface } from '../../src/session/h2/frames-preface.js';
import { SettingsValues } from '../../src/session/h2/frames-settings.js';
import { type OutgoingSettings, writeSettings } from '../../src/session/h2/frames-writer.js';
import { hexOf } from '../support/hpack.js';

describe('settings', () => {
  const payload = (settings: OutgoingSettings): Uint8Array => {
    const bytes = new Uint8Array(200);
    return bytes.subarray(9, writeSettings(settings, bytes, 0, 200));
  };
  const apply = (values: SettingsValues, settings: OutgoingSettings, fromServer = false) => {
    const bytes = payload(settings);
    return values.apply(bytes, 0, bytes.length, fromServer);
  };

  it('have the first values of RFC 9113 §6.5.2', () => {
    expect({ ...new SettingsValues() }).toEqual({
      headerTableSize: 4096,
      enablePush: true,
      maxConcurrentStreams: Number.POSITIVE_INFINITY,
      initialWindowSize: 65_535,
      maxFrameSize: 16_384,
      maxHeaderListSize: Number.POSITIVE_INFINITY,
      enableConnectProtocol: false,
      noRfc7540Priorities: false,
      frames: 0,
      lowestHeaderTableSize: 4096,
    });
  });

  it('are applied in order, and what is not known is ignored', () => {
    const values = new SettingsValues();
    const told = [
      [1, 100],
      [2, 0],
      [3, 7],
      [4, 0x7fffffff],
      [5, 16_777_215],
      [6, 0xffffffff],
      [8, 1],
      [9, 1],
      [0x7, 5],
      [0xf000, 3],
      [3, 8],
    ] as const;
    expect(apply(values, told)).toBeUndefined();
    expect(values).toMatchObject({
      headerTableSize: 100,
      enablePush: false,
      maxConcurrentStreams: 8,
      initialWindowSize: 0x7fffffff,
      maxFrameSize: 16_777_215,
      maxHeaderListSize: 0xffffffff,
      enableConnectProtocol: true,
      noRfc7540Priorities: true,
      frames: 1,
    });
    expect(apply(values, [])).toBeUndefined();
    expect(values).toMatchObject({ maxConcurrentStreams: 8, frames: 2 });
  });

  it('that are on or off are what was said last, and no more than the frame is read', () => {
    const values = new SettingsValues();
    apply(values, [
      [2, 0],
      [2, 1],
      [8, 0],
      [9, 0],
    ]);
    expect(values).toMatchObject({
      enablePush: true,
      enableConnectProtocol: false,
      noRfc7540Priorities: false,
    });
    const bytes = payload([
      [3, 1],
      [3, 2],
    ]);
    expect(values.apply(bytes, 0, 6, false)).toBeUndefined();
    expect(values.maxConcurrentStreams).toBe(1);
  });

  it('keep the smallest header table size of a frame', () => {
    const values = new SettingsValues();
    apply(values, [
      [1, 500],
      [1, 20],
      [1, 300],
    ]);
    expect([values.headerTableSize, values.lowestHeaderTableSize]).toEqual([300, 20]);
    apply(values, [[1, 8192]]);
    expect([values.headerTableSize, values.lowestHeaderTableSize]).toEqual([8192, 8192]);
    apply(values, [[3, 1]]);
    expect(values.lowestHeaderTableSize).toBe(8192);
  });

  it.each<readonly [keyof typeof SETTINGS, OutgoingSettings, OutgoingSettings]>([
    ['enablePush', [[2, 2]], [[2, 1]]],
    ['initialWindowSize', [[4, 2 ** 31]], [[4, 2 ** 31 - 1]]],
    ['maxFrameSize', [[5, 16_383]], [[5, 16_384]]],
    ['maxFrameSize', [[5, 16_777_216]], [[5, 16_777_215]]],
    ['enableConnectProtocol', [[8, 2]], [[8, 1]]],
    [
      'enableConnectProtocol',
      [
        [8, 1],
        [8, 0],
      ],
      [
        [8, 0],
        [8, 1],
      ],
    ],
    ['noRfc7540Priorities', [[9, 2]], [[9, 1]]],
  ])('%s is refused beyond its bounds', (fault, wrong, right) => {
    const code = `h2-setting-${fault
      .replace(/(?=[A-Z7])/g, '-')
      .toLowerCase()
      .replace('rfc-', 'rfc')}`;
    expect(apply(new SettingsValues(), [[3, 1], ...wrong])).toMatchObject({ code });
    expect(apply(new SettingsValues(), [[3, 1], ...wrong])).toBe(SETTINGS[fault]);
    expect(apply(new SettingsValues(), right)).toBeUndefined();
  });

  it('depend on who sent them, and on what was sent before', () => {
    expect(apply(new SettingsValues(), [[2, 1]], true)).toBe(SETTINGS.enablePush);
    expect(apply(new SettingsValues(), [[2, 0]], true)).toBeUndefined();
    const values = new SettingsValues();
    apply(values, [
      [8, 1],
      [9, 1],
    ]);
    expect(
      apply(values, [
        [8, 1],
        [9, 1],
      ]),
    ).toBeUndefined();
    expect(apply(values, [[8, 0]])).toBe(SETTINGS.enableConnectProtocol);
    expect(apply(values, [[9, 0]])).toBe(SETTINGS.noRfc7540Priorities);
    const silent = new SettingsValues();
    apply(silent, []);
    expect(apply(silent, [[9, 1]])).toBe(SETTINGS.noRfc7540Priorities);
    expect(apply(silent, [[9, 0]])).toBeUndefined();
  });
});

describe('the connection preface', () => {
  it('is that of RFC 9113 §3.4, matched in any pieces', () => {
    expect(hexOf(PREFACE)).toBe('505249202a20485454502f322e300d0a0d0a534d0d0a0d0a');
    const bytes = new Uint8Array(40).fill(0x50);
    expect(writePreface(bytes, 8, 8 + PREFACE_BYTES)).toBe(32);
    for (let cut = 0; cut <= PREFACE_BYTES; cut++) {
      const matched = matchPreface(bytes, 8, 8 + cut);
      expect(matched).toBe(cut);
      expect(matchPreface(bytes, 8 + cut, 40, matched)).toBe(PREFACE_BYTES);
    }
  });

  it('is refused at its first octet that differs', () => {
    for (let i = 0; i < PREFACE_BYTES; i++) {
      const bytes = PREFACE.slice();
      bytes[i] = (bytes[i] as number) ^ 0x20;
      expect(matchPreface(bytes, 0, i)).toBe(i);
      expect(matchPreface(bytes, 0, i + 1)).toBe(-1);
      expect(matchPreface(bytes, i, PREFACE_BYTES, i)).toBe(-1);
    }
  });

  it('is written whole or not', () => {
    const bytes = new Uint8Array(30);
    expect(writePreface(bytes, 7, 30)).toBe(-1);
    expect(bytes.every((octet) => octet === 0)).toBe(true);
  });
});
