// Which build of the ramdisk a machine waits in, and whether it is one of this version.
import { expect, test } from 'vitest';
import { nameBuild, ramdiskIdentity, ramdiskState } from '../../../bastion/ramdisk/identity.ts';

test('is told apart by what was packed, and belongs to its version whatever that was', async () => {
  const now = await ramdiskIdentity();
  const [plain, withSsh] = ['plain', 'dropbear'].map((tool) => nameBuild(now, [Buffer.from(tool)]));
  expect(plain).not.toBe(withSsh);
  expect(nameBuild(now, [Buffer.from('plain')])).toBe(plain);
  expect([plain, withSsh].map((build) => ramdiskState(build, now))).toEqual(['current', 'current']);
  expect(ramdiskState(nameBuild('0f1e', []), now)).toBe('old');
  expect(ramdiskState(null, now)).toBe('old');
  expect(ramdiskState(undefined, now)).toBe('missing');
});
