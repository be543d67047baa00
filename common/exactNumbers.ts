// Finds numbers that are not what somebody wrote: JSON and YAML have whole numbers of any length, and JavaScript reads those
// beyond 2^53 - 1 as their neighbours, without a word.

/** Whether a number can have been read as it was written; what is infinite, or none at all, cannot be sent either. */
const isExact = (value: number): boolean => Math.abs(value) <= Number.MAX_SAFE_INTEGER;

/** The path of the first number in a value that is not exact, such as `spec.sizes[2]`; undefined when all are. */
export function inexactNumberIn(value: unknown, path = ''): string | undefined {
  if (typeof value === 'number') return isExact(value) ? undefined : path;
  if (typeof value !== 'object' || value === null) return undefined;
  const inside = (name: string) => (Array.isArray(value) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`);
  for (const [name, one] of Object.entries(value)) {
    const found = inexactNumberIn(one, inside(name));
    if (found !== undefined) return found;
  }
  return undefined;
}
