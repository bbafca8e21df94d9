/**
 * The Priority Field Value of RFC 9218 §4: `u=3, i`. What cannot be read is ignored, as §4 demands. This file does not
 * know who is prioritised.
 */
import { defaultUrgency } from './scheduler.js';

export interface Priority {
  readonly urgency: number;
  readonly incremental: boolean;
}

/** Members of a structured-field dictionary that matter here; a malformed value has none. */
export function parsePriority(text: string): Priority {
  let urgency = defaultUrgency;
  let incremental = false;
  for (const member of text.split(',')) {
    const [item = ''] = member.split(';');
    const [key = '', value] = item.trim().split('=');
    // Of a key the last member counts (RFC 9651 §4.2.2), also when its value is none and so ignored.
    if (key === 'u') urgency = value !== undefined && /^[0-7]$/.test(value) ? Number(value) : defaultUrgency;
    else if (key === 'i') incremental = value === undefined || value === '?1';
  }
  return { urgency, incremental };
}

/** The value that says it. */
export function priorityText({ urgency, incremental }: Priority): string {
  return incremental ? `u=${urgency}, i` : `u=${urgency}`;
}
