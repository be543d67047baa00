// JSON, for programs.
import { manifests } from './manifest.ts';
import type { Printer } from './printer.ts';

export const json: Printer = {
  shape: { wide: false, full: true },
  print: (found) => void process.stdout.write(`${JSON.stringify(manifests(found), null, 2)}\n`),
};
