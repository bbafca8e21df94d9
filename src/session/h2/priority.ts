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
    if (key === 'u' && value !== undefined && /^[0-7]$/.test(value)) urgency = Number(value);
    else if (key === 'i') {
      if (value === undefined || value === '?1') incremental = true;
      else if (value === '?0') incremental = false;
    }
  }
  return { urgency, incremental };
}
