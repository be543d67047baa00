// Checks what can be said of a shell script without a shell: characters that none takes, and documents that never end. Whether
// a shell takes the rest is tested for the templates that come with labd.
import type { Checker } from './problem.ts';

const DOCUMENT = /<<(-?)\s*(?:'([^']+)'|"([^"]+)"|\\?([A-Za-z_]\w*))/;

export const checkScript: Checker = (text) => {
  const found: { line: number; problem: string }[] = [];
  let open: { word: string; line: number; tabs: boolean } | undefined;
  for (const [index, written] of text.split('\n').entries()) {
    const line = index + 1;
    if (written.includes('\r')) found.push({ line, problem: 'ends as lines do on Windows' });
    if (/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(written)) found.push({ line, problem: 'has a control character' });
    if (open) {
      if ((open.tabs ? written.replace(/^\t+/, '') : written) === open.word) open = undefined;
      continue;
    }
    // A here-string, and a number that is shifted, are none.
    const document = /^\s*#/.test(written) ? null : DOCUMENT.exec(written.replaceAll(/<<<|\$\(\([^)]*\)\)/g, ''));
    const word = document?.[2] ?? document?.[3] ?? document?.[4];
    if (word !== undefined) open = { word, line, tabs: document?.[1] === '-' };
  }
  if (open) found.push({ line: open.line, problem: 'its document never ends' });
  return found;
};
