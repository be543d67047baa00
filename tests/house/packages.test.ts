// What is installed is exact, and installing runs nobody's code.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { buildSync } from 'esbuild';
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

/** The packages that built programs load from outside of them. */
function packagesIn(files: readonly string[]): string[] {
  const { outputs } = buildSync({
    entryPoints: [...files],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    metafile: true,
    write: false,
    outdir: 'out',
    logLevel: 'error',
  }).metafile;
  const imports = Object.values(outputs).flatMap((output) => output.imports.map(({ path }) => path));
  const outside = imports.filter((path) => !isBuiltin(path) && !path.startsWith('.'));
  return [...new Set(outside.map((path) => /^(?:@[^/]+\/)?[^/]+/.exec(path)![0]))];
}

describe('the tarball', () => {
  // What some packages try to load, and do without.
  const OPTIONAL = ['bufferutil', 'utf-8-validate', 'pg-native', 'react-devtools-core', 'typescript', 'ts-node', 'tsx'];
  const commands = readdirSync('dist/lab').filter((name) => name.endsWith('.js'));
  const programs = [...Object.values(ours.bin), 'dist/worker.mjs', ...commands.map((name) => `dist/lab/${name}`)];

  test('brings along every package that the programs load, and no other', () => {
    const needed = packagesIn(programs)
      .filter((name) => !OPTIONAL.includes(name))
      .sort();
    expect(needed).toEqual(Object.keys(ours.dependencies).sort());
  });

  test('needs no override, which those who install it would not have', () => {
    const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
    };
    const installed = Object.entries(lock.packages).filter(([, { dev, devOptional }]) => !dev && !devOptional);
    const overridden = installed.filter(([path]) =>
      Object.keys(ours.overrides).some((name) => path.endsWith(`/${name}`)),
    );
    expect(overridden).toEqual([]);
  });

  test('has the programs and what they read, and neither source maps nor the notes of the build', () => {
    const packed = execFileSync('npm', ['pack', '--dry-run', '--json'], { encoding: 'utf8', stdio: 'pipe' });
    const [{ files }] = JSON.parse(packed) as [{ files: { path: string; size: number }[] }];
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([...Object.values(ours.bin), 'dist/seed.tar.gz', 'LICENSE', 'README.md']),
    );
    expect(paths.filter((path) => /\.map$|\/\./.test(path))).toEqual([]);
  });
});

describe('the commands that our texts tell people to type', () => {
  test.each(['README.md', 'CONTRIBUTING.md', '.ci/run'])('are there: %s', (file) => {
    const named = [...readFileSync(file, 'utf8').matchAll(/npm run (?:-s )?([\w:]+)/g)].map((match) => match[1]!);
    expect(named.filter((name) => !(name in ours.scripts))).toEqual([]);
  });
});
