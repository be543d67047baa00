// docker-compose.yml and the Dockerfile hold together, as far as that shows without a container engine.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { sourcesIn } from './sources.ts';

interface Service {
  image?: string;
  build?: string;
  command?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  ports?: string[];
  volumes?: string[];
  configs?: { source: string; target: string }[];
  networks: string[] | Record<string, { aliases?: string[] }>;
  healthcheck?: { test: string[] };
}

interface Compose {
  services: Record<string, Service>;
  networks: Record<string, object>;
  volumes: Record<string, object>;
  configs: Record<string, { content: string }>;
}

const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as Compose;
const services = Object.entries(compose.services);
const namesOf = (part: readonly string[] | object = []) =>
  Array.isArray(part) ? (part as string[]) : Object.keys(part);

describe('docker-compose.yml', () => {
  test('has three database nodes, two labd, a proxy and a bastion', () => {
    const names = Object.keys(compose.services);
    expect(names).toEqual(
      expect.arrayContaining(['cockroach-1', 'cockroach-2', 'cockroach-3', 'labd-1', 'labd-2', 'proxy', 'bastion']),
    );
  });

  test.each(services)('%s is an image of a fixed version, or built here', (_name, { image, build }) => {
    if (build === undefined) expect(image).toMatch(/:v?\d/);
    else expect(existsSync(`${build}/Dockerfile`)).toBe(true);
    // A registry's host would have a dot or a port before the first slash.
    expect(image).not.toMatch(/^[^/]*[.:][^/]*\//);
  });

  test.each(services)(
    '%s waits only for services that are there, in a way they can answer',
    (_name, { depends_on = {} }) => {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        expect(Object.keys(compose.services)).toContain(name);
        if (condition === 'service_healthy') expect(compose.services[name]?.healthcheck?.test[0]).toBe('CMD');
        else expect(condition).toBe('service_completed_successfully');
      }
    },
  );

  test.each(services)('%s uses declared networks, volumes and configurations', (_name, service) => {
    expect(Object.keys(compose.networks)).toEqual(expect.arrayContaining(namesOf(service.networks)));
    const volumes = (service.volumes ?? []).map((volume) => volume.split(':')[0]);
    expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(volumes));
    const configs = (service.configs ?? []).map(({ source }) => source);
    expect(Object.keys(compose.configs)).toEqual(expect.arrayContaining(configs));
  });

  test('publishes each port once, and on loopback only', () => {
    const ports = services.flatMap(([, { ports = [] }]) => ports);
    expect(ports.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
    expect(new Set(ports.map((port) => port.split(':')[1])).size).toBe(ports.length);
  });

  test('keeps the database, which has no password, on a network that only labd shares', () => {
    const reaching = services
      .filter(([, { networks }]) => namesOf(networks).includes('database'))
      .map(([name]) => name);
    expect(reaching.sort()).toEqual([
      'cockroach-1',
      'cockroach-2',
      'cockroach-3',
      'cockroach-init',
      'labd-1',
      'labd-2',
    ]);
    expect(compose.networks['database']).toEqual({ internal: true });
  });

  test('leads the proxy to every labd, and labd to names that resolve', () => {
    const targets = [...compose.configs['haproxy']!.content.matchAll(/^ *server (\S+) (\S+):(\d+)$/gm)].map(
      (match) => match[2],
    );
    expect(targets).toEqual(['labd-1', 'labd-2']);
    const { hostname } = new URL(compose.services['labd-1']!.environment!['DATABASE_URL']!);
    const { networks } = compose.services['cockroach-1']!;
    expect(Array.isArray(networks) ? [] : networks['database']?.aliases).toContain(hostname);
  });

  test.each([
    ['labd-1', 'server'],
    ['labd-2', 'server'],
    ['bastion', 'bastion'],
  ])('tells %s nothing that it does not read', (name, folder) => {
    const code = sourcesIn(folder)
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n');
    const unread = Object.keys(compose.services[name]!.environment!).filter((variable) => !code.includes(variable));
    expect(unread).toEqual([]);
  });

  test('starts executables that the image has', () => {
    const started = services.flatMap(([, { build, command = [] }]) => (build === undefined ? [] : [command[0]]));
    expect(new Set(started)).toEqual(new Set(['dist/labd.js', 'dist/lab-bastion.js']));
  });
});

describe('Dockerfile', () => {
  const lines = readFileSync('Dockerfile', 'utf8').split('\n');

  test('copies nothing that is not there or is kept out', () => {
    const kept = readFileSync('.dockerignore', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect(kept.filter((path) => !existsSync(path))).toEqual([]);
    const copied = lines.filter((line) => /^COPY (?!--)/.test(line)).flatMap((line) => line.split(' ').slice(1, -1));
    expect(copied.filter((path) => path !== '.' && !kept.includes(path))).toEqual([]);
  });

  test('does not run as root', () => {
    const last = lines.lastIndexOf('USER node');
    expect(last).toBeGreaterThan(lines.findLastIndex((line) => line.startsWith('RUN')));
  });
});
