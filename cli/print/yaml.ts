// YAML, for people and their repositories.
import { manifests } from './manifest.ts';
import type { Printer } from './printer.ts';

export const yaml: Printer = {
  shape: { wide: false, full: true },
  async print(found) {
    const { stringify } = await import('../terminal/yaml.ts');
    process.stdout.write(stringify(manifests(found)));
  },
};
