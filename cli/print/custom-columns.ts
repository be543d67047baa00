// Tables whose columns are chosen by path into the manifests, as kubectl's -o custom-columns.
import { CliError } from '../terminal/errors.ts';
import { parsePath, printed } from './jsonpathTemplate.ts';
import type { Column, Row } from '../kinds/kind.ts';
import { manifest } from './manifest.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Printer } from './printer.ts';
import { tableLines } from './table.ts';

interface Chosen {
  readonly header: string;
  readonly path: (here: unknown, root: unknown) => unknown[];
}

function parseColumns(spec: string): Chosen[] {
  return spec.split(/,(?![^[]*\])/).map((column) => {
    const [, header, path] = /^([^:]+):(.+)$/s.exec(column.trim()) ?? [];
    if (header === undefined)
      throw new CliError(
        'usage',
        `-o custom-columns: "${column}" is no column.`,
        'Write HEADER:PATH, such as NAME:.metadata.name,CPU:.status.cpuCores.',
      );
    return { header, path: parsePath(path!.trim().replace(/^\{(.*)\}$/s, '$1')) };
  });
}

/** The columns of manifests that a text names, `HEADER:PATH` separated by commas. Throws a usage error. */
export const columnsNamed = (spec: string): Column<Row>[] =>
  parseColumns(spec).map(({ header, path }) => ({
    header,
    value: (row) =>
      path(row, row)
        .filter((value) => value != null)
        .map(printed)
        .join(','),
  }));

/** A table of all objects with these columns, `HEADER:PATH` separated by commas. Throws a usage error. */
export function customColumns(terminal: Terminal, spec: string): Printer {
  const columns = columnsNamed(spec);
  return {
    shape: { wide: false, full: true },
    print: (found, { headers }) => {
      const rows = found.flatMap(({ view, rows: all }) =>
        all.map((row) => JSON.parse(JSON.stringify(manifest(view, row))) as Row),
      );
      terminal.out.write(`${tableLines(terminal, columns, rows, { headers }).join('\n')}\n`);
    },
  };
}
