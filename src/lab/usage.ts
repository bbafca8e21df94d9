/**
 * Mistakes of whoever types a command, and the readers of its values. This file does not know the commands.
 */

/** The command cannot be carried out as it was given. Shown without a stack; exit code 2. */
export class UsageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UsageError';
  }
}

/** Reads an option that is an integer. @throws UsageError */
export function integerOption(name: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) {
      throw new UsageError(
        `${name} must be an integer from ${least} to ${most}, not ${JSON.stringify(text)}`,
      );
    }
    return value;
  };
}

/** Gathers the values of an option that may be given again and again. */
export function gathered(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}
