// A plan with nothing in it but what a boot needs: its preseed says what it was given.
import type { InstallPlan } from '../../../common/install/plan.ts';

export const planFor = (mac: string): InstallPlan => ({
  profile: {
    name: 'debian-small',
    title: 'Debian, small',
    installer: 'preseed',
    architecture: 'x86_64',
    endOfLife: false,
    mirror: 'http://mirror.example/debian',
    sums: null,
    files: [
      { use: 'kernel', path: 'linux', bytes: null, sha256: null },
      { use: 'initrd', path: 'initrd.gz', bytes: null, sha256: null },
    ],
    kernelArguments: [],
    templates: {
      'preseed.cfg':
        '# {{ bastion.url | comment }}/api/progress says {{ token | comment }}\n# {{ root.password | comment }}\n',
    },
    parameters: [
      { name: 'rootPassword', type: 'text', default: null, required: false, secret: true, help: 'Password of root.' },
    ],
    needs: { memoryGb: null, diskGb: null, firmware: [] },
    disk: { serial: null, wwn: null, minGb: null, maxGb: null, kind: null, removable: false, pick: 'only' },
    stages: ['booting', 'partition', 'done'],
  },
  revision: '1',
  parameters: { rootPassword: 'root-password' },
  disk: { name: 'sda', serial: 'S1', wwn: null, sizeGb: 100 },
  machine: { name: 'db', macs: [mac], firmware: 'UEFI', arch: 'x86_64', vendor: null, product: null },
});
