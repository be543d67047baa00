// What bastions say that they hold: kept for their session alone, checked, and written when it is news.
import { expect, test } from 'vitest';
import { tester } from '../../../../support/database.ts';
import { changesSince, openFleet, revision } from '../fleet.ts';

const HASH = 'a'.repeat(64);

async function site() {
  const on = await openFleet();
  const { id, epoch } = await on.connect('site');
  const tell = (files: string[] | null, at = epoch) => on.fleet.tellFiles(tester, { bastion: id, epoch: at, files });
  const known = async () => {
    const { filesHeld, filesToldAt } = await on.db.prisma.bastion.findUniqueOrThrow({ where: { id } });
    return filesToldAt && filesHeld;
  };
  return { ...on, id, tell, known };
}

test('is known once it is told, and what is known is not written again', async () => {
  const { db, tell, known } = await site();
  expect(await known()).toBeNull();
  expect(await tell(['tree/linux', HASH, HASH])).toEqual({ __typename: 'BastionFilesTold', files: 2 });
  expect(await known()).toEqual([HASH, 'tree/linux']);
  const before = await revision(db);
  await tell([HASH, 'tree/linux']);
  expect(await changesSince(db, before)).toEqual([]);
  await tell([]);
  expect(await known()).toEqual([]);
  await tell(null);
  expect(await known()).toBeNull();
});

test('another program under that name, or another directory, has to say it anew', async () => {
  const { connect, tell, known } = await site();
  await tell([HASH]);
  await connect('site');
  expect(await known()).toEqual([HASH]);
  await connect('site', { software: '0.0.1' });
  expect(await known()).toBeNull();
});

test('of an earlier session is not taken', async () => {
  const { connect, tell, known } = await site();
  await connect('site');
  expect(await tell([HASH])).toMatchObject({ __typename: 'UplinkFenced', epoch: 2 });
  expect(await known()).toBeNull();
});

test.each([
  [['x'], 'input.files[0]'],
  [[HASH, 'tree/a\0b'], 'input.files[1]'],
  [[HASH.toUpperCase()], 'input.files[0]'],
  [Array.from({ length: 5_001 }, () => HASH), 'input.files'],
])('what is no key is refused by its field (%#)', async (files, field) => {
  const { tell, known } = await site();
  await expect(tell(files)).rejects.toMatchObject({ field });
  expect(await known()).toBeNull();
});
