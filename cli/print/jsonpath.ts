// What a JSONPath template makes of the manifests, as kubectl's -o jsonpath.
import { parseTemplate, printed } from './jsonpathTemplate.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { harmless } from '../terminal/text.ts';
import { manifests } from './manifest.ts';
import type { Printer } from './printer.ts';

/** What the template says of the manifest, or of the list of them. Throws a usage error. */
export function jsonpath({ out }: Terminal, template: string): Printer {
  // Programs get a value as it is; at a terminal nothing in it may steer that.
  const value = out.isTTY ? (one: unknown) => harmless(printed(one)) : printed;
  const write = parseTemplate(template, value);
  return {
    shape: { wide: false, full: true },
    print: (found) => {
      const text = write(JSON.parse(JSON.stringify(manifests(found))));
      out.write(out.isTTY && !text.endsWith('\n') ? `${text}\n` : text);
    },
  };
}
