// KIND/NAME, a line each, for other commands.
import { harmless } from '../terminal/text.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Printer } from './printer.ts';

export const name = ({ out }: Terminal): Printer => ({
  shape: { wide: false, full: false },
  print: (found) => {
    const lines = found.flatMap(({ view, rows }) => rows.map((row) => `${view.kind.field}/${harmless(row.name)}\n`));
    out.write(lines.join(''));
  },
});
