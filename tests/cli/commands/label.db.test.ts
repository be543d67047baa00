// lab label against a real labd.
import { describe, expect, test } from 'vitest';
import { makeFleet } from '../fleet.ts';
import { shareSite } from '../support.ts';

const site = shareSite(makeFleet);

describe('label', () => {
  test('sets, replaces only when told to, and takes', async () => {
    const label = (...words: string[]) => site.lab('label', 'server', 'worker1', ...words);
    expect((await label('tier=gold', 'row=1')).out).toBe('server/worker1 labeled\n');
    expect((await label('tier=gold')).out).toBe('server/worker1 not labeled\n');
    expect(await label('tier=silver')).toMatchObject({ code: 1, out: '', err: expect.stringContaining('--overwrite') });
    expect((await label('tier=silver', '--overwrite')).out).toBe('server/worker1 labeled\n');
    expect((await label('row-', 'tier-')).out).toBe('server/worker1 unlabeled\n');
    expect(JSON.parse((await site.lab('get', 'server', 'worker1', '-o', 'json')).out).metadata.labels).toEqual({
      rack: 'a2',
    });
    expect(await label('tier=a b')).toMatchObject({ code: 1, err: expect.stringContaining('is not a label value') });
  });

  test('sets all labels that are asked for in the same moment', async () => {
    await site.lab('create', 'cluster', 'busy');
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    const ended = await Promise.all(keys.map((key) => site.lab('label', 'cluster', 'busy', `${key}=yes`)));
    expect(ended.map(({ code, err }) => ({ code, err }))).toEqual(keys.map(() => ({ code: 0, err: '' })));
    const { metadata } = JSON.parse((await site.lab('get', 'cluster', 'busy', '-o', 'json')).out);
    expect(metadata.labels).toEqual(Object.fromEntries(keys.map((key) => [key, 'yes'])));
    await site.lab('delete', 'cluster', 'busy', '--yes');
  });

  test('labels all of a kind, or those that a selector finds, or none when it is not said which', async () => {
    expect((await site.lab('label', 'servers', '-l', 'rack=a1', 'picked=yes')).out).toBe('server/labmaster labeled\n');
    const all = await site.lab('label', 'clusters', '--all', 'seen=yes');
    expect(all.out.trim().split('\n').sort()).toEqual(['cluster/bare labeled', 'cluster/home labeled']);
    expect((await site.lab('label', 'servers', 'a=b')).code).toBe(2);
    expect((await site.lab('label', 'server', 'nobody', 'a=b')).code).toBe(3);
  });
});
