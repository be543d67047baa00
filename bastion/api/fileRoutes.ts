// What people ask of the files that a bastion installs from. What takes long is told as it goes, a line of JSON each.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RAMDISK, type Wants } from '../../common/install/held.ts';
import type { ProfileFile, SumList } from '../../common/install/plan.ts';
import { shippedProfiles } from '../../common/install/profiles/shipped.ts';
import type { Files } from '../files/files.ts';
import { shippedProfile } from '../standalone/plan.ts';
import { buildDiscovery } from '../ramdisk/build.ts';
import type { RamdiskState } from '../ramdisk/identity.ts';
import { readJson } from './body.ts';
import { fieldsOf, requiredText, text, wrongType, type Fields } from './fields.ts';
import type { DemandPerson } from './people.ts';
import { badField, Refusal } from './refusal.ts';
import type { Route } from './route.ts';
import { telling, type Tell } from './telling.ts';

export interface FileRoutes {
  /** How the ramdisk is that this bastion has */
  readonly ramdisk: () => RamdiskState;
  readonly files: Files;
  /** Of files that open attempts install from */
  readonly hashesInUse: () => Promise<readonly string[]>;
  /** Refuses those who are not the bastion's people */
  readonly demand: DemandPerson;
}

/** What a request says of a profile: labd has checked it, and this is as it was sent. One that comes with lab is known by its name. */
interface Asked extends Wants {
  readonly revision: string;
}

export const fileRoutes = ({ files, ramdisk, hashesInUse, demand }: FileRoutes): Route[] => [
  {
    method: 'GET',
    path: '/api/files',
    async answer({ request }) {
      demand(request);
      return { status: 200, body: { files: await files.listFiles(), ramdisk: ramdisk() } };
    },
  },
  {
    method: 'POST',
    path: '/api/files/missing',
    async answer({ request }) {
      demand(request);
      const profiles = profilesIn(fieldsOf(await readJson(request)));
      const missing = await Promise.all(
        profiles.map(async (profile) => ({ profile: profile.name, missing: await files.missingFor(profile) })),
      );
      return { status: 200, body: { profiles: missing } };
    },
  },
  {
    method: 'POST',
    path: '/api/files/fetch',
    async answer({ request }) {
      demand(request);
      const from = fieldsOf(await readJson(request));
      const profile = profileIn(from.values['profile'], 'profile');
      const mirror = text(from, 'mirror', 2_048);
      return telling(async (tell, signal) => {
        const how = { ...(mirror === undefined ? {} : { mirror }), signal, onProgress: tell };
        const { files: fetched } = await files.fetchProfile(profile, profile.revision, how);
        return { files: Object.entries(fetched).map(([path, file]) => ({ path, ...file })) };
      });
    },
  },
  {
    method: 'POST',
    path: '/api/files/add',
    async answer({ request }) {
      demand(request);
      const from = fieldsOf(await readJson(request));
      const path = requiredText(from, 'path');
      const sha256 = text(from, 'sha256');
      return telling(async () => ({ files: [await files.addFile(path, sha256 === undefined ? {} : { sha256 })] }));
    },
  },
  {
    method: 'POST',
    path: '/api/files/build',
    async answer({ request }) {
      demand(request);
      const from = fieldsOf(await readJson(request));
      return telling((tell) => build(files, from, tell));
    },
  },
  {
    method: 'POST',
    path: '/api/files/prune',
    async answer({ request }) {
      demand(request);
      const from = fieldsOf(await readJson(request));
      const dry = from.values['dry'] === true;
      // Without labd there are those that come with lab.
      const profiles = from.values['profiles'] == null ? shippedProfiles() : profilesIn(from);
      return { status: 200, body: await files.prune({ profiles, hashes: await hashesInUse(), dry }) };
    },
  },
];

/** Builds the ramdisk and keeps it, by the name that boots know it by. */
async function build(files: Files, from: Fields, tell: Tell): Promise<object> {
  const dir = await mkdtemp(join(tmpdir(), 'lab-ramdisk-'));
  try {
    const built = await buildDiscovery({
      dir,
      kernelPackage: text(from, 'kernel', PATH),
      firmwareDirs: textsIn(from, 'firmware'),
      onStep: (step) => tell({ step }),
    });
    const { version, build: made, kernel, initrd, modules, missing } = built;
    await files.keep(RAMDISK.tree, { revision: version, build: made }, [
      { use: 'kernel', path: RAMDISK.kernel, from: kernel },
      { use: 'initrd', path: RAMDISK.initrd, from: initrd },
    ]);
    return { version, modules, missing };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Characters of a path. */
const PATH = 4_096;

function textsIn(from: Fields, name: string): string[] {
  const value = from.values[name] ?? [];
  if (!Array.isArray(value) || value.some((one) => typeof one !== 'string'))
    throw wrongType(from, name, value, 'a list of texts');
  return value as string[];
}

function profilesIn(from: Fields): Asked[] {
  const { profiles } = from.values;
  if (!Array.isArray(profiles)) throw wrongType(from, 'profiles', profiles, 'a list of profiles');
  return profiles.map((profile: unknown, at) => profileIn(profile, `profiles[${at}]`));
}

const USES = new Set<unknown>(['kernel', 'initrd', 'stage2', 'root']);

function profileIn(value: unknown, path: string): Asked {
  if (typeof value === 'string') return { ...shippedProfile(value), revision: '' };
  if (typeof value !== 'object' || value === null)
    throw badField(path, 'is no profile', 'Send its name, revision, mirror, sums and files.');
  const from: Fields = { values: value as Record<string, unknown>, path };
  const { files, sums } = from.values;
  if (!Array.isArray(files)) throw wrongType(from, 'files', files, 'a list of files');
  return {
    name: requiredText(from, 'name'),
    revision: text(from, 'revision') ?? '',
    mirror: requiredText(from, 'mirror'),
    sums: sums == null ? null : sumsIn(sums, `${path}.sums`),
    files: files.map((file: unknown, at) => fileIn(file, `${path}.files[${at}]`)),
  };
}

function sumsIn(value: unknown, path: string): SumList {
  const from = partIn(value, path);
  const form = requiredText(from, 'form');
  if (form !== 'treeinfo' && form !== 'sha256sums')
    throw badField(`${path}.form`, 'is neither treeinfo nor sha256sums', 'Send one of the two.');
  return { form, path: requiredText(from, 'path') };
}

function fileIn(value: unknown, path: string): ProfileFile {
  const from = partIn(value, path);
  const { use, bytes } = from.values;
  if (!USES.has(use)) throw badField(`${path}.use`, 'is none', 'Send kernel, initrd, stage2 or root.');
  if (bytes != null && !(Number.isSafeInteger(bytes) && Number(bytes) >= 0))
    throw badField(`${path}.bytes`, 'is no number of bytes', 'Leave it out when it is not known.');
  return {
    use: use as ProfileFile['use'],
    path: requiredText(from, 'path'),
    bytes: (bytes as number | null | undefined) ?? null,
    sha256: text(from, 'sha256') ?? null,
  };
}

function partIn(value: unknown, path: string): Fields {
  if (typeof value === 'object' && value !== null) return { values: value as Record<string, unknown>, path };
  throw new Refusal(422, `${path} is no object`, 'Send what labd says of the profile.', { field: path });
}
