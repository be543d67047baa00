// Tables of whatever GraphQL answered: a table per list, a column per field, with paths where fields nest.
import { plainTable } from './table.ts';

type Value = unknown;
type Entry = Record<string, Value>;

const isEntry = (value: Value): value is Entry => value !== null && typeof value === 'object' && !Array.isArray(value);

/** The rows of a connection, however they were asked for. */
function rowsOf(value: Value): Value[] | undefined {
  if (Array.isArray(value)) return value as Value[];
  if (!isEntry(value)) return undefined;
  const { nodes, edges } = value;
  if (Array.isArray(nodes)) return nodes as Value[];
  return Array.isArray(edges)
    ? (edges as Value[]).map((edge) => (isEntry(edge) && 'node' in edge ? edge['node'] : edge))
    : undefined;
}

const scalar = (value: Value): string =>
  value === null || value === undefined || value === ''
    ? '<none>'
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);

/** One cell per field, those of an object under it with its name before theirs; a list is its values, with commas. */
function cells(value: Value, path = ''): Map<string, string> {
  const rows = rowsOf(value);
  if (rows) {
    const columns = new Map<string, string[]>();
    for (const row of rows)
      for (const [name, text] of cells(row, path)) columns.set(name, [...(columns.get(name) ?? []), text]);
    return columns.size === 0
      ? new Map([[path, '<none>']])
      : new Map([...columns].map(([name, texts]) => [name, texts.join(',')]));
  }
  if (!isEntry(value)) return new Map([[path, scalar(value)]]);
  const found = new Map<string, string>();
  for (const [name, inner] of Object.entries(value))
    for (const [below, text] of cells(inner, path === '' ? name : `${path}.${name}`)) found.set(below, text);
  return found;
}

/** `bastion.name` as a header. */
const header = (path: string): string =>
  path === '' ? 'VALUE' : path.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toUpperCase();

function table(value: Value): string {
  const rows = (rowsOf(value) ?? [value]).map((row) => cells(row));
  const paths = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  // A field that is null in one row has columns of its own in another.
  const shown = paths.filter((path) => !paths.some((other) => other.startsWith(`${path}.`)) || path === '');
  if (rows.length === 0) return '';
  return plainTable([shown.map(header), ...rows.map((row) => shown.map((path) => row.get(path) ?? '<none>'))]);
}

/** The tables of an answer's data: one for each root field, with its name above when there are several. */
export function answerTables(data: Entry): string {
  const parts = Object.entries(data).map(([name, value]) => ({ name, text: table(value) }));
  if (parts.length === 1) return parts[0]!.text;
  return parts.map(({ name, text }) => `${name}:\n${text || '<none>\n'}`).join('\n');
}
