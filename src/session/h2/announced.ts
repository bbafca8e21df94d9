/**
 * Our SETTINGS: what each side announces of what was set on it (RFC 9113 §6.5.2). This file does not know when they are
 * sent, nor how.
 */
import {
  SETTING_ENABLE_CONNECT_PROTOCOL,
  SETTING_ENABLE_PUSH,
  SETTING_HEADER_TABLE_SIZE,
  SETTING_INITIAL_WINDOW_SIZE,
  SETTING_MAX_CONCURRENT_STREAMS,
  SETTING_MAX_HEADER_LIST_SIZE,
  SETTING_NO_RFC7540_PRIORITIES,
} from './frames-codes.js';
import type { OutgoingSettings } from './frames-writer.js';
import type { H2Settings } from './options.js';

export function announced(settings: H2Settings, isServer: boolean): OutgoingSettings {
  const entries: [id: number, value: number][] = [
    [SETTING_HEADER_TABLE_SIZE, settings.headerTableBytes],
    [SETTING_MAX_CONCURRENT_STREAMS, settings.maxConcurrentStreams],
    [SETTING_INITIAL_WINDOW_SIZE, settings.streamWindowBytes],
    [SETTING_MAX_HEADER_LIST_SIZE, settings.maxHeaderListBytes],
    [SETTING_NO_RFC7540_PRIORITIES, 1],
  ];
  if (!isServer) entries.push([SETTING_ENABLE_PUSH, 0]);
  else if (settings.extendedConnect) entries.push([SETTING_ENABLE_CONNECT_PROTOCOL, 1]);
  return entries;
}
