// Files whose last line a kill or a crash cut short: what is added stands beside it.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LogFiles } from '../../../bastion/logs/logFiles.ts';
import { checkRefused, keepRefused } from '../../../bastion/state/refusedItems.ts';
import { macOf, temporary } from '../support.ts';

let dir: string;
let remove: () => Promise<void>;
let warnings: string[];
beforeEach(async () => {
  ({ dir, remove } = await temporary());
  warnings = [];
});
afterEach(() => remove());

test('what a machine says after a kill stands beside the line that it cut off', async () => {
  const open = () =>
    new LogFiles({
      folder: join(dir, 'logs'),
      onError: (error) => void warnings.push(String(error)),
      warn: (message) => void warnings.push(message),
    });
  const output = Array.from({ length: 20 }, (_, n) => ({ n, line: `Unpacking "part ${n}" …` }));
  const whole = open();
  whole.append(macOf(1), output);
  await whole.settle();
  const path = join(dir, `logs/${macOf(1).replaceAll(':', '-')}.log`);
  await writeFile(path, (await readFile(path)).subarray(0, -9));
  const logs = open();
  expect(logs.read(macOf(1))).toHaveLength(19);
  logs.append(macOf(1), [{ n: 20, line: 'after it' }]);
  await logs.settle();
  expect(open().read(macOf(1))).toEqual([...output.slice(0, 19), { n: 20, line: 'after it' }]);
  expect(warnings.map((text) => /damaged in .* lines/.exec(text)?.[0])).toEqual([
    'damaged in 1 of 20 lines',
    'damaged in 1 of 21 lines',
  ]);
});

test('what labd refused is kept beside a line that a crash cut short', async () => {
  const refused = { why: 'No 1.', item: { sequence: 1 } };
  await writeFile(join(dir, 'refused.jsonl'), '{"why":"cut sh');
  await keepRefused(dir, refused);
  await checkRefused(dir, (message) => void warnings.push(message));
  expect(warnings).toEqual([expect.stringContaining('damaged in 1 of 2 lines (1)')]);
  const [, whole] = (await readFile(join(dir, 'refused.jsonl'), 'utf8')).split('\n');
  expect(JSON.parse(whole!)).toMatchObject(refused);
});
