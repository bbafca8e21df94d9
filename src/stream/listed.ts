/** Lists of names in a field's value (RFC 9110 §5.6.1). This file does not know which field. */

/** The elements in lower case, without empty ones. */
export function listed(value: string): string[] {
  const elements = value.split(',').map((element) => element.trim().toLowerCase());
  return elements.filter((element) => element !== '');
}
