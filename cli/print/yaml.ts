// YAML, for people and their repositories.
import { manifests } from './manifest.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Printer } from './printer.ts';

export const yaml = ({ out }: Terminal): Printer => ({
  shape: { wide: false, full: true },
  async print(found) {
    const { stringify } = await import('../terminal/yaml.ts');
    out.write(stringify(manifests(found)));
  },
});
