// Reads a mirror's list of sums: `.treeinfo` of Fedora and its kin, `SHA256SUMS` of Debian and its kin.
import { posix } from 'node:path';
import type { SumList } from '../../common/install/plan.ts';

type Sum = readonly [path: string, sha256: string];
type Reader = (text: string) => Generator<Sum>;

const SHA256 = /^[0-9a-f]{64}$/i;

/** `[checksums]` of an INI file: `images/install.img = sha256:…`. Sums of other kinds are left out. */
function* treeinfo(text: string): Generator<Sum> {
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    section = /^\s*\[(.+)\]\s*$/.exec(line)?.[1]?.trim() ?? section;
    const [, path, sum] = /^\s*([^=#;]+?)\s*=\s*sha256:\s*(\S+)\s*$/i.exec(line) ?? [];
    if (section === 'checksums' && path !== undefined && sum !== undefined) yield [path, sum];
  }
}

/** As sha256sum prints: a sum, a blank, a blank or an asterisk, a path. */
function* sha256sums(text: string): Generator<Sum> {
  for (const line of text.split(/\r?\n/)) {
    const [, sum, path] = /^(\S+) [ *](.+)$/.exec(line) ?? [];
    if (sum !== undefined && path !== undefined) yield [path, sum];
  }
}

const readers: Readonly<Record<SumList['form'], Reader>> = { treeinfo, sha256sums };

/** Sums in lower case by path below the mirror; what is none, and what leads out of the list's folder, is left out. */
export function readSums({ form, path }: SumList, text: string): Map<string, string> {
  const folder = posix.dirname(path);
  const sums = new Map<string, string>();
  for (const [name, sum] of readers[form](text)) {
    const inside = posix.normalize(name);
    if (SHA256.test(sum) && !inside.startsWith('..') && !inside.startsWith('/')) {
      sums.set(posix.join(folder, inside), sum.toLowerCase());
    }
  }
  return sums;
}
