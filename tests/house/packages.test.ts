// What is installed is exact, and installing runs nobody's code.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

interface Package {
  scripts: Record<string, string>;
  bin: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  overrides: Record<string, string>;
}

const ours = JSON.parse(readFileSync('package.json', 'utf8')) as Package;

describe('packages', () => {
  test('have exact versions', () => {
    const versions = Object.entries({ ...ours.dependencies, ...ours.devDependencies, ...ours.overrides });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.-]+)?$/.test(version))).toEqual([]);
  });

  test('run no scripts when they are installed, and neither do we', () => {
    expect(readFileSync('.npmrc', 'utf8').split('\n')).toContain('ignore-scripts=true');
    const hooks = /^(pre|post)|^(install|prepare|prepublish|preprepare)$/;
    expect(Object.keys(ours.scripts).filter((name) => hooks.test(name))).toEqual([]);
  });

  test('say nothing but their version and checksum in the lockfile where they came from', () => {
    const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, object> };
    const elsewhere = Object.values(lock.packages).filter(
      (one) => 'resolved' in one && /^(git|file|http:)/.test(String(one.resolved)),
    );
    expect(elsewhere).toEqual([]);
  });

  test('of ours is one, with three executables', () => {
    expect(ours.bin).toEqual({ lab: 'dist/lab.js', labd: 'dist/labd.js', 'lab-bastion': 'dist/lab-bastion.js' });
  });
});

describe('the commands that our texts tell people to type', () => {
  test.each(['README.md', 'CONTRIBUTING.md', '.ci/run'])('are there: %s', (file) => {
    const named = [...readFileSync(file, 'utf8').matchAll(/npm run (?:-s )?([\w:]+)/g)].map((match) => match[1]!);
    expect(named.filter((name) => !(name in ours.scripts))).toEqual([]);
  });
});
