// What somebody set for an install, as it is typed to have the same again.

/** More than this is not for reading: it is said again by whoever has it. */
const MOST = 120;

const PLAIN = /^[\w@+.,:/=-]+$/;

/** One word of a shell; undefined for what is too long for a line, or goes over several. */
function wordOf(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.length > MOST || /\p{Cc}/u.test(text)) return undefined;
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The `--set` of an attempt's parameters, each after a space. */
export function settingsOf(parameters: unknown): string {
  const all = Object.entries((parameters ?? {}) as Readonly<Record<string, { value: unknown; from: string }>>);
  return all
    .filter(([, { from }]) => from === '--set')
    .map(([name, { value }]) => ` --set ${name}=${wordOf(value) ?? 'VALUE'}`)
    .join('');
}
