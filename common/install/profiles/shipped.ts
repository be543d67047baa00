// The profiles that come with lab. Their templates lie beside this file, and beside labd and the bastion once they are built.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Profile, ProfileFile } from '../plan.ts';
import { commonParameters, suite, withMirror } from './parameters.ts';

/** Files by the names that the profile gives them: in the order of reading, the installer's own first. */
type Sources = Readonly<Record<string, string>>;

/** What all profiles are told by the same scripts. */
const shared: Sources = {
  '_lab.sh': '_lab.sh',
  '_disk.sh': '_disk.sh',
  '_system.sh': '_system.sh',
  '_script.sh': '_script.sh',
  '_first-boot.sh': '_first-boot.sh',
};
const networkd: Sources = { '_network.sh': '_networkd.sh', '_networkdAddress.sh': '_networkdAddress.sh' };
const sources: Readonly<Record<'kickstart' | 'preseed' | 'autoinstall' | 'image', Sources>> = {
  kickstart: {
    'ks.cfg': 'fedora.ks',
    '_anaconda.sh': '_anaconda.sh',
    ...shared,
    '_network.sh': '_keyfiles.sh',
    '_keyfileAddress.sh': '_keyfileAddress.sh',
  },
  preseed: {
    'preseed.cfg': 'debian.cfg',
    'early.sh': 'early.sh',
    'partman.sh': 'partman.sh',
    'late.sh': 'late.sh',
    _debianFetch: '_debianFetch',
    '_debianWatch.sh': '_debianWatch.sh',
    ...shared,
    ...networkd,
  },
  autoinstall: {
    'user-data': 'ubuntu-user-data',
    'meta-data': 'ubuntu-meta-data',
    'early.sh': 'ubuntuEarly.sh',
    'late.sh': 'ubuntuLate.sh',
    ...shared,
    ...networkd,
  },
  image: { 'install.sh': 'image.sh', ...shared, ...networkd },
};

const BEGIN = ['queued', 'booting', 'pre', 'disk', 'partition'];
const POST = ['post', 'hostname', 'network', 'users', 'ssh', 'k3s-prep', 'scripts', 'efi', 'metadata'];
const END = ['reboot', 'first-boot', 'done'];

type Own = Pick<Profile, 'name' | 'title' | 'mirror'> & Partial<Profile>;

function profile(installer: keyof typeof sources, own: Own): Profile {
  return {
    installer,
    architecture: 'x86_64',
    endOfLife: false,
    sums: null,
    files: [],
    kernelArguments: [],
    templates: Object.fromEntries(Object.entries(sources[installer]).map(([name, file]) => [name, read(file)])),
    parameters: commonParameters,
    needs: { memoryGb: null, diskGb: 10, firmware: [] },
    disk: { serial: null, wwn: null, minGb: null, maxGb: null, kind: null, removable: false, pick: 'only' },
    stages: [...BEGIN, installer === 'image' ? 'image' : 'packages', ...POST, ...END],
    ...own,
  };
}

const read = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`./templates/${file}`, import.meta.url)), 'utf8');

const file = (use: ProfileFile['use'], path: string): ProfileFile => ({ use, path, bytes: null, sha256: null });

/** Releases of Fedora differ in their mirror alone; Anaconda fetches its second stage over the network into memory. */
const fedora = (release: number, mirror: string, own: Partial<Profile> = {}): Profile =>
  profile('kickstart', {
    name: `fedora-${release}`,
    title: `Fedora ${release}`,
    mirror,
    sums: { form: 'treeinfo', path: '.treeinfo' },
    files: [
      file('kernel', 'images/pxeboot/vmlinuz'),
      file('initrd', 'images/pxeboot/initrd.img'),
      file('stage2', 'images/install.img'),
    ],
    needs: { memoryGb: 4, diskGb: 10, firmware: [] },
    ...own,
  });

const fedoraMirror = (root: string, release: number) =>
  `https://${root}/fedora/linux/releases/${release}/Everything/x86_64/os`;

function debian(release: number, name: string): Profile {
  const images = `dists/${name}/main/installer-amd64/current/images`;
  return profile('preseed', {
    name: `debian-${release}`,
    title: `Debian ${release}`,
    mirror: 'http://deb.debian.org/debian',
    sums: { form: 'sha256sums', path: `${images}/SHA256SUMS` },
    files: [
      file('kernel', `${images}/netboot/debian-installer/amd64/linux`),
      file('initrd', `${images}/netboot/debian-installer/amd64/initrd.gz`),
    ],
    parameters: [...commonParameters, suite(name)],
    needs: { memoryGb: 1, diskGb: 10, firmware: [] },
  });
}

/** The server image is loaded whole into memory, and mounted there. */
const ubuntuImage = 'ubuntu-24.04.3-live-server-amd64.iso';

/** All of them, their templates read anew. */
export const shippedProfiles = (): readonly Profile[] => [
  fedora(44, fedoraMirror('dl.fedoraproject.org/pub', 44)),
  fedora(43, fedoraMirror('dl.fedoraproject.org/pub', 43)),
  fedora(42, fedoraMirror('archives.fedoraproject.org/pub/archive', 42), { endOfLife: true }),
  debian(13, 'trixie'),
  debian(12, 'bookworm'),
  profile('autoinstall', {
    name: 'ubuntu-24.04',
    title: 'Ubuntu 24.04 LTS',
    mirror: 'https://releases.ubuntu.com/24.04',
    sums: { form: 'sha256sums', path: 'SHA256SUMS' },
    files: [file('kernel', 'netboot/amd64/linux'), file('initrd', 'netboot/amd64/initrd'), file('stage2', ubuntuImage)],
    kernelArguments: [`url={{ tree.url | url }}/${ubuntuImage}`],
    parameters: withMirror('http://archive.ubuntu.com/ubuntu'),
    needs: { memoryGb: 8, diskGb: 10, firmware: [] },
  }),
  profile('image', {
    name: 'image',
    title: 'Image of a root file system or a disk',
    mirror: 'https://cloud.debian.org/images/cloud/trixie/latest',
    files: [file('root', 'debian-13-generic-amd64.raw')],
    needs: { memoryGb: 1, diskGb: 10, firmware: [] },
  }),
];
