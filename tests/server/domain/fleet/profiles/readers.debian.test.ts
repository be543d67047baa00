// What machines are told by the profiles that come with labd is taken by the programs that read it: bash, sh, busybox,
// shellcheck and debconf.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { renderInstall } from '../../../../../common/install/render.ts';
import { plans, site } from './machines.ts';

const folder = mkdtempSync(join(tmpdir(), 'lab-golden-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a checker over a text; resolves to what it complains about. */
function complaints(text: string, command: string, ...words: string[]): string {
  const path = join(folder, 'text');
  writeFileSync(path, text);
  try {
    execFileSync(command, [...words, path], { stdio: 'pipe', encoding: 'utf8' });
    return '';
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return `${stdout}${stderr}`;
  }
}

/** The scripts in a kickstart, each with what runs it. */
const sectionsOf = (kickstart: string): string[] =>
  [...kickstart.matchAll(/^%(?:pre|pre-install|post|onerror)\b.*\n([^]*?)^%end$/gm)].map((match) => match[1]!);

describe.each(plans.map((plan) => [plan.machine.name, plan] as const))('%s', (_name, plan) => {
  const { files } = renderInstall(plan, site);
  const scripts = Object.entries(files).flatMap(([file, text]): [string, string][] => {
    if (file === 'ks.cfg') return sectionsOf(text).map((script) => ['bash', script]);
    return file.endsWith('.sh') ? [['sh', text]] : [];
  });

  test('has scripts that shells and shellcheck take', () => {
    expect(scripts.length).toBeGreaterThan(0);
    for (const [shell, script] of scripts) {
      expect(complaints(script, shell, '-n')).toBe('');
      expect(complaints(script, 'busybox', 'sh', '-n')).toBe('');
      expect(complaints(script, 'shellcheck', '-s', shell, '-S', 'warning')).toBe('');
    }
  });
});

const rendered = (file: string) =>
  plans.flatMap((plan) => {
    const text = renderInstall(plan, site).files[file];
    return text === undefined ? [] : [[plan.machine.name, text] as const];
  });

test.each(rendered('preseed.cfg'))('debconf reads the preseed of %s', (_name, text) => {
  expect(complaints(text, 'debconf-set-selections', '-c')).toBe('');
});
