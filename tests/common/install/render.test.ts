// Rendering an install: files and kernel arguments from a plan, and plans from which nothing can be rendered.
import { describe, expect, test } from 'vitest';
import { renderInstall } from '../../../common/install/render.ts';
import type { InstallPlan } from '../../../common/install/plan.ts';
import { parameter, plan, profile, site } from './plans.ts';

const machine = plan().machine;
/** A profile that prints one value, and takes the parameters that the plan has. */
const showing = (text: string, parameters: Record<string, unknown>) =>
  plan({
    profile: profile({
      installer: 'custom',
      templates: { shown: text },
      parameters: Object.keys(parameters).map((name) => parameter(name)),
    }),
    parameters,
  });
const shown = (text: string, parameters: Record<string, unknown>): string =>
  renderInstall(showing(text, parameters), site).files['shown']!;

const TEXTS = {
  preseed: 'd-i a/b string c\n',
  autoinstall: '#cloud-config\nautoinstall:\n  version: 1\n',
  image: 'echo\n',
};

describe('an install', () => {
  test('is rendered into files, its parts left out, and kernel arguments', () => {
    const templates = { 'ks.cfg': '{{> _a}}', _a: 'lang {{ token | kickstart }}\n', 'b.sh': '{{ files.url | url }}\n' };
    const kernelArguments = ['inst.proxy={{ bastion.url | url }}', 'quiet'];
    const rendered = renderInstall(plan({ profile: profile({ templates, kernelArguments }) }), site);
    expect(rendered.files).toEqual({
      'ks.cfg': 'lang token-of-the-attempt\n',
      'b.sh': 'http://10.0.0.1:8080/install/7\n',
    });
    expect(rendered.kernelArguments).toEqual([
      'inst.ks=http://10.0.0.1:8080/install/7/ks.cfg',
      'inst.ks.sendmac',
      'inst.stage2=http://10.0.0.1:8080/files/tree',
      'inst.cmdline',
      'inst.nosave=input_ks,output_ks',
      'inst.wait_for_disks=30',
      'inst.waitfornet=60',
      'rd.shell=0',
      'rd.emergency=reboot',
      'ip=dhcp',
      'BOOTIF=01-38-05-25-33-e2-e4',
      'inst.proxy=http://10.0.0.1:8080',
      'quiet',
    ]);
  });

  test.each([
    ['preseed', 'preseed.cfg', ['url=http://10.0.0.1:8080/install/7/preseed.cfg', 'hostname=db', 'domain=', '---']],
    ['autoinstall', 'user-data', ['autoinstall', 'ds=nocloud;s=http://10.0.0.1:8080/install/7/', '---']],
    ['image', 'install.sh', ['lab.script=http://10.0.0.1:8080/install/7/install.sh']],
  ] as const)('by %s begins with %s', (installer, main, said) => {
    const small = profile({ installer, templates: { [main]: TEXTS[installer] } });
    const rendered = renderInstall(plan({ profile: small }), site);
    expect(Object.keys(rendered.files)).toEqual([main]);
    expect(rendered.kernelArguments).toEqual(expect.arrayContaining(['BOOTIF=01-38-05-25-33-e2-e4', ...said]));
    expect(() => renderInstall(plan({ profile: { ...small, templates: {} } }), site)).toThrow(
      `The plan is of a profile without a template ${main}. Add one: ${installer} begins with it.`,
    );
  });

  test('of a console has it on the command line, behind all else', () => {
    const consoles = parameter('consoles', { type: 'texts', default: ['ttyS0,115200n8', 'tty0'] });
    const rendered = renderInstall(plan({ profile: profile({ parameters: [consoles] }) }), site);
    expect(rendered.kernelArguments.slice(-2)).toEqual(['console=ttyS0,115200n8', 'console=tty0']);
  });

  test('with a secret has what the Secret keeps, and its name nowhere', () => {
    const text = 'rootpw --iscrypted {{ root.password | kickstart }}';
    const secret = profile({
      templates: { 'ks.cfg': text },
      parameters: [parameter('rootPassword', { secret: true })],
    });
    const rendered = renderInstall(plan({ profile: secret, parameters: { rootPassword: 'root-hash' } }), site);
    expect(rendered.files['ks.cfg']).toBe('rootpw --iscrypted "$6$salt$hash"');
    expect(() => renderInstall(plan({ profile: secret, parameters: { rootPassword: 'other' } }), site)).toThrow(
      'The parameter rootPassword names a Secret whose value is not there.',
    );
  });

  test('takes a default, and demands what it must know', () => {
    const needed = profile({ parameters: [parameter('a', { required: true })] });
    expect(() => renderInstall(plan({ profile: needed }), site)).toThrow('Set it with --set a=VALUE.');
    const given = profile({
      templates: { 'ks.cfg': 'lang {{ parameters.a | sh }}' },
      parameters: [parameter('a', { default: 'b' })],
    });
    expect(renderInstall(plan({ profile: given }), site).files['ks.cfg']).toBe('lang b');
  });
});

describe('a network', () => {
  const text =
    '{{#if network.dhcp}}dhcp{{/if}}{{#if network.ipv4}}{{ network.ipv4 | word }}{{/if}} {{ network.mac | word }}';

  test('is DHCP on the NIC that the machine boots from, where nothing is said', () => {
    expect(shown(text, {})).toBe('dhcp 38:05:25:33:e2:e4');
  });

  test('may be an address on another', () => {
    expect(shown(text, { address: '10.0.0.9/24', interface: '38-05-25-33-E2-FF' })).toBe(
      '10.0.0.9/24 38:05:25:33:e2:ff',
    );
  });

  test('may be a VLAN over a bond', () => {
    const bond = { name: 'bond0', mode: '802.3ad', macs: ['380525330001', '38:05:25:33:00:02'] };
    const all =
      '{{ network.vlan.name | word }} {{ network.bond.name | word }}{{#each network.bond.ports as port}} {{ port.number | number }}={{ port.mac | word }}{{/each}}';
    expect(shown(all, { bond, vlan: 12 })).toBe('vlan12 bond0 1=38:05:25:33:00:01 2=38:05:25:33:00:02');
  });

  test.each([
    [
      { address: '10.0.0.9' },
      /^The parameter address is not an address with the length of its prefix\. Set it to dhcp, or/,
    ],
    [{ address: '10.0.0.9/33' }, /^The parameter address/],
    [{ address: '10.0.0.9/24', gateway: 'fe80::1' }, /^The parameter gateway is of another family/],
    [{ gateway: '10.0.0.1' }, /^The parameter gateway is set, and address is dhcp/],
    [{ dns: ['one.one'] }, /^The parameter dns has what is not an IP address/],
    [{ dns: 'one.one' }, /^The parameter dns is not a list of at most 500 texts/],
    [{ vlan: 4095 }, /^The parameter vlan is 4095\. VLANs are numbered/],
    [{ interface: 'eno1' }, /^The parameter interface is not a MAC address/],
    [{ bond: { name: '../x', mode: '802.3ad', macs: ['38:05:25:33:00:01'] } }, /^The parameter bond has a name/],
    [{ bond: { name: 'bond0', mode: 'fast', macs: ['38:05:25:33:00:01'] } }, /^The parameter bond has a mode/],
    [{ bond: { name: 'bond0', mode: '802.3ad', macs: [] } }, /^The parameter bond is not a bond with/],
  ])('%j is refused', (parameters, message) => {
    expect(() => shown(text, parameters)).toThrow(message);
  });
});

test.each([
  [plan({ disk: null }), /^The plan has no disk with a serial or a WWN\./],
  [plan({ disk: { name: 'sda', serial: null, wwn: null, sizeGb: 1 } }), /^The plan has no disk/],
  [plan({ machine: { ...machine, macs: ['00:00:00:00:00:00'] } }), /^The plan has a machine without a MAC address\./],
  [
    plan({ profile: profile({ kernelArguments: ['x'.repeat(2_048)] }) }),
    /^The plan has kernel arguments of more than 1504/,
  ],
  // With what a machine's own arguments may have besides, a kernel would cut this off.
  [
    plan({ profile: profile({ kernelArguments: ['x'.repeat(1_300)] }) }),
    /^The plan has kernel arguments of more than 1504/,
  ],
  ...['#', '#quiet', '||', '&&', ';', 'a=${net0/mac}', 'ümlaut'].map((word): [InstallPlan, RegExp] => [
    plan({ profile: profile({ kernelArguments: ['quiet', word] }) }),
    /^The plan has the kernel argument ".+", which a boot script cannot say\. Mend it in the profile/,
  ]),
  [plan({ profile: profile({ mirror: 'file:///etc' }) }), /^The parameter mirror is not an http address\./],
  [showing('', { users: [{ name: 'root', groups: [], sshKeys: [], admin: true }] }), /^The parameter users has a name/],
  [showing('', { users: [{ name: 'a' }] }), /^The parameter users is not a list of users/],
])('nothing is rendered from a plan that cannot be carried out (%#)', (broken, message) => {
  expect(() => renderInstall(broken, site)).toThrow(message);
});
