// Checks what Ubuntu's installer is told, as far as it can be without a reader of YAML: that cloud-init takes it for its own,
// that it is for the installer, and that every line is one of YAML's simple kinds.
import type { Checker } from './problem.ts';

const KEY = /^ *(?:- )*[A-Za-z_][\w.-]*:(?: .*)?$/;
const ITEM = /^ *- \S.*$/;

export const checkAutoinstall: Checker = (text) => {
  const lines = text.split('\n');
  const found: { line: number; problem: string }[] = [];
  if (lines[0] !== '#cloud-config')
    found.push({ line: 1, problem: 'is not #cloud-config, and cloud-init reads no further' });
  const begins = lines.indexOf('autoinstall:');
  if (begins < 0) found.push({ line: 1, problem: 'there is no autoinstall:, and the installer asks' });
  else if (!lines.slice(begins).some((line) => line === '  version: 1'))
    found.push({ line: begins + 1, problem: 'there is no version: 1 in it' });
  for (const [index, written] of lines.entries()) {
    if (written.trim() === '' || /^ *#/.test(written)) continue;
    if (/^ *\t/.test(written)) found.push({ line: index + 1, problem: 'is indented by a tab' });
    else if (!KEY.test(written) && !ITEM.test(written))
      found.push({ line: index + 1, problem: 'is neither a key nor an item of a list' });
  }
  return found;
};
