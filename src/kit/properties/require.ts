/** What properties throw: the rule that was broken, what was due and what was found. This file does not know either. */

export class PropertyFailure extends Error {
  readonly rule: string;

  constructor(rule: string, message: string) {
    super(`${message} [${rule}]`);
    this.name = 'PropertyFailure';
    this.rule = rule;
  }
}

export function requireThat(rule: string, holds: boolean, message: () => string): void {
  if (!holds) throw new PropertyFailure(rule, message());
}

/** Plain data, compared by its JSON text. */
export function requireEqual(rule: string, found: unknown, due: unknown, what: string): void {
  const has = JSON.stringify(found);
  const wants = JSON.stringify(due);
  requireThat(rule, has === wants, () => `${what}: ${short(has)} instead of ${short(wants)}`);
}

function short(text: string | undefined): string {
  if (text === undefined) return 'nothing';
  return text.length > 2000 ? `${text.slice(0, 2000)}… (${text.length})` : text;
}
