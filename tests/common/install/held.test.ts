// Which files a bastion lacks of a profile, by the keys that it tells.
import { expect, test } from 'vitest';
import { ANYTHING, commandsFor, missingFor, treeOf, type Wants } from '../../../common/install/held.ts';

const HASH = 'a'.repeat(64);
const wants = (more: Partial<Wants> = {}): Wants => ({
  name: 'one',
  mirror: 'http://mirror.example',
  sums: { form: 'sha256sums', path: 'SHA256SUMS' },
  files: [
    { use: 'kernel', path: 'linux', bytes: null, sha256: null },
    { use: 'initrd', path: 'initrd.gz', bytes: null, sha256: HASH },
  ],
  ...more,
});

test('a file is known by its hash, or by its tree and path where the mirror has the hash', () => {
  const tree = treeOf(wants());
  const missing = (...keys: string[]) => missingFor(wants(), new Set(keys)).map(({ path }) => path);
  expect(missing()).toEqual(['linux', 'initrd.gz']);
  expect(missing(HASH)).toEqual(['linux']);
  expect(missing(`${tree}/linux`, `${tree}/initrd.gz`)).toEqual(['initrd.gz']);
  expect(missing(`${tree}/linux`, HASH)).toEqual([]);
  expect(missing('other/linux', HASH)).toEqual(['linux']);
  expect(missing(ANYTHING)).toEqual([]);
});

test('what brings no installer of its own needs the ramdisk', () => {
  const image = wants({ files: [{ use: 'root', path: 'disk.raw', bytes: null, sha256: HASH }] });
  const missing = missingFor(image, new Set([HASH, 'discovery/vmlinuz']));
  expect(missing).toEqual([{ use: 'ramdisk', path: 'discovery/initrd.img' }]);
  expect(commandsFor('one', missing)).toEqual(['bastion files build discovery']);
  expect(commandsFor('one', missingFor(image, new Set()))).toEqual([
    'bastion files fetch one',
    'bastion files build discovery',
  ]);
});
