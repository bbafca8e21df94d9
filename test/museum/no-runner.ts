/**
 * Stands for vitest in the programs of the museum, where nobody runs tests: what supports tests counts rows after each
 * file, and here there is none.
 */
export function afterEach(): void {}
