// The configuration of an installed system: run by the shells of installers on a folder, with programs of the system that
// write down how they were called.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { InstallPlan } from '../../../../../common/install/plan.ts';
import { render } from '../../../../../common/install/template.ts';
import { valuesOf } from '../../../../../common/install/values.ts';
import { plans, site } from './machines.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-system-'));
  for (const path of ['lab', 'target/etc/network', 'target/home/ada', 'target/root', 'target/lib'])
    mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, 'target/etc/fstab'), 'UUID=1 / ext4 defaults 0 1\nUUID=2 none swap sw 0 0\n');
  writeFileSync(join(folder, 'target/etc/network/interfaces'), 'iface eno1 inet dhcp\n');
  writeFileSync(join(folder, 'lab/lab.sh'), 'the library\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

const STUBS = `
lab_progress() { echo "stage $1" >>"$CALLS"; }
lab_log() { echo "log $*" >>"$CALLS"; }
chroot() {
  shift 2
  echo "$*" >>"$CALLS"
  case "$1 \${2:-}" in
    'getent passwd') if [ "$3" = root ]; then echo root:x:0:0::/root:/bin/sh; else echo "$3:x:1:1::/home/$3:/bin/sh"; fi ;;
    'getent group') [ "$3" = wheel ] ;;
    'id -u') return 1 ;;
    'chpasswd --encrypted') cat >>"$CALLS" ;;
  esac
}
efibootmgr() {
  echo "efibootmgr $*" >>"$CALLS"
  [ "$1" != -v ] || printf 'BootCurrent: 0003\\nBootOrder: 0001,0000,0003,0002\\nBoot0001* Fedora\\tHD(1)\\nBoot0003* UEFI PXE\\tPciRoot(0x0)/MAC(380525,0)\\n'
}
command() { if [ "$2" = efibootmgr ]; then return 0; fi; return 1; }
`;

/** Runs the script for a machine; returns what was called. */
function configure(shell: readonly string[], plan: InstallPlan): string[] {
  const calls = join(folder, 'calls');
  writeFileSync(calls, '');
  const text = render(plan.profile.templates, '_system.sh', valuesOf(plan, site)).replaceAll(
    '/sys/firmware/efi',
    join(folder, 'lab'),
  );
  const head = `CALLS=${calls}\nLAB_TARGET=${folder}/target\nLAB_DIR=${folder}/lab\nset -eu\n${STUBS}`;
  writeFileSync(join(folder, 'script'), `${head}\n${text}`);
  const [program, ...words] = shell;
  execFileSync(program!, [...words, join(folder, 'script')], { stdio: 'pipe' });
  return readFileSync(calls, 'utf8').trimEnd().split('\n');
}

const planOf = (name: string) => plans.find(({ machine }) => machine.name === name)!;
const target = (path: string) => readFileSync(join(folder, 'target', path), 'utf8');
const modeOf = (path: string) => (statSync(join(folder, 'target', path)).mode & 0o777).toString(8);

describe.each([
  ['bash', ['/bin/bash']],
  ['dash', ['/bin/dash']],
  ['busybox', ['/usr/bin/busybox', 'sh']],
])('%s', (_name, shell) => {
  test('configures all that there is, stage by stage', () => {
    const calls = configure(shell, planOf('debian-everything'));
    expect(calls.filter((call) => call.startsWith('stage '))).toEqual(
      ['hostname', 'network', 'users', 'ssh', 'k3s-prep', 'scripts', 'efi', 'metadata'].map(
        (stage) => `stage ${stage}`,
      ),
    );
    expect(calls).toEqual(
      expect.arrayContaining([
        'useradd --create-home --shell /bin/bash ada',
        'usermod --append --groups wheel ada',
        'groupadd --system video',
        'chpasswd --encrypted',
        'root:$6$rounds=5000$a/b.c$"\'`$(reboot)',
        '/var/lib/lab/script-1',
        '/var/lib/lab/script-2',
        'systemctl enable systemd-networkd',
        'efibootmgr -q -o 0003,0001,0000,0002',
      ]),
    );
    expect(target('etc/hostname')).toBe('db-7.lab.example\n');
    expect(target('etc/systemd/network/30-lab.network')).toBe(
      '[Match]\nPermanentMACAddress=38:05:25:33:e2:e4\n\n[Network]\nAddress=10.77.0.20/24\nGateway=10.77.0.1\nDNS=10.77.0.1\nDNS=2001:db8::53\n',
    );
    expect(target('home/ada/.ssh/authorized_keys')).toMatch(/^ssh-ed25519 \S+ ada@desk\n$/);
    expect(modeOf('home/ada/.ssh/authorized_keys')).toBe('600');
    expect(modeOf('etc/sudoers.d/lab-ada')).toBe('440');
    expect(modeOf('var/lib/lab/install/lab.sh')).toBe('600');
    expect(modeOf('usr/local/sbin/lab-first-boot')).toBe('755');
    expect(JSON.parse(target('etc/lab-install.json'))).toMatchObject({
      server: 'debian-everything',
      profile: 'debian-13',
    });
  });

  test('prepares for k3s, and locks root where nothing else is said', () => {
    const calls = configure(shell, planOf('debian-vlan'));
    expect(calls).toContain('passwd --lock root');
    expect(target('etc/fstab')).toBe('UUID=1 / ext4 defaults 0 1\n');
    expect(target('etc/modules-load.d/k3s.conf')).toBe('br_netfilter\noverlay\n');
    expect(target('etc/systemd/network/10-lab-vlan.netdev')).toContain('Id=12\n');
    expect(target('etc/network/interfaces')).not.toContain('eno1');
  });

  test('keeps a bond and its VLAN as NetworkManager has them', () => {
    configure(shell, planOf('fedora-bond'));
    const connections = 'etc/NetworkManager/system-connections';
    expect(target(`${connections}/lab-vlan.nmconnection`)).toContain('parent=bond0\n');
    expect(target(`${connections}/lab-port2.nmconnection`)).toContain('mac-address=38:05:25:33:e2:e5\n');
    expect(modeOf(`${connections}/lab-bond.nmconnection`)).toBe('600');
  });

  test('hands scripts over as they are', () => {
    configure(shell, planOf('debian-hostile'));
    const [, encoded] = /<<'LAB_SCRIPT'\n(.*)\nLAB_SCRIPT/.exec(target('var/lib/lab/script-1'))!;
    expect(Buffer.from(encoded!, 'base64').toString()).toMatch(/^#!\/bin\/bash\necho "LAB_END"\nLAB_END\n/);
  });
});
