// Plans of installs, for tests of what is rendered from them: a small profile, a machine, and where it stands.
import type { InstallPlan, Parameter, Profile } from '../../../common/install/plan.ts';
import type { Site } from '../../../common/install/values.ts';

export const site: Site = {
  bastionUrl: 'http://10.0.0.1:8080/',
  filesUrl: 'http://10.0.0.1:8080/install/7/',
  treeUrl: 'http://10.0.0.1:8080/files/tree',
  token: 'token-of-the-attempt',
  time: Date.UTC(2026, 0, 2, 3, 4, 5),
  secrets: { 'root-hash': '$6$salt$hash' },
};

export const parameter = (name: string, more: Partial<Parameter> = {}): Parameter => ({
  name,
  type: 'text',
  default: null,
  required: false,
  secret: false,
  help: `What ${name} is.`,
  ...more,
});

export const profile = (more: Partial<Profile> = {}): Profile => ({
  name: 'small',
  title: 'A small one',
  installer: 'kickstart',
  architecture: 'x86_64',
  endOfLife: false,
  mirror: 'http://mirror.example/os',
  sums: null,
  files: [],
  kernelArguments: [],
  templates: { 'ks.cfg': '# {{ machine.vendor | comment }}\nnetwork --hostname={{ host.name | kickstart }}\n' },
  parameters: [],
  needs: { memoryGb: null, diskGb: null, firmware: [] },
  disk: { serial: null, wwn: null, minGb: null, maxGb: null, kind: null, removable: false, pick: 'only' },
  stages: ['queued', 'booting', 'pre', 'done'],
  ...more,
});

export const plan = (more: Partial<InstallPlan> = {}): InstallPlan => ({
  profile: profile(),
  revision: '12',
  parameters: {},
  disk: { name: 'sda', serial: 'S1', wwn: null, sizeGb: 500 },
  machine: {
    name: 'db',
    macs: ['38:05:25:33:e2:e4'],
    firmware: 'UEFI',
    arch: 'x86_64',
    vendor: 'ACME',
    product: 'Box',
  },
  ...more,
});
