// JSON, for programs.
import { manifests } from './manifest.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Printer } from './printer.ts';

export const json = ({ out }: Terminal): Printer => ({
  shape: { wide: false, full: true },
  print: (found) => void out.write(`${JSON.stringify(manifests(found), null, 2)}\n`),
});
