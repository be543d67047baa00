// What a dozen machines are told by the profiles that come with labd, word for word.
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderInstall } from '../../../../../common/install/render.ts';
import { plans, site } from './machines.ts';

const told = plans.map((plan) => [plan.machine.name, renderInstall(plan, site)] as const);

describe.each(told)('%s', (name, { files, kernelArguments }) => {
  test('is told this', async () => {
    for (const [file, text] of Object.entries(files)) await expect(text).toMatchFileSnapshot(`golden/${name}/${file}`);
    await expect(`${kernelArguments.join('\n')}\n`).toMatchFileSnapshot(`golden/${name}/kernel`);
  });
});

const orders = told.flatMap(([name, { files }]) => ('user-data' in files ? [[name, files['user-data']] as const] : []));

test.each(orders)('YAML reads the orders of %s, and they are for the installer', (_name, text) => {
  expect(parse(text)).toMatchObject({
    autoinstall: { version: 1, storage: { layout: { match: { path: '/dev/the-disk-that-was-chosen' } } } },
  });
});
