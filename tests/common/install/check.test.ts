// The checkers of rendered files: what each finds, and in which line.
import { describe, expect, test } from 'vitest';
import { checkInstall } from '../../../common/install/check.ts';
import type { Installer } from '../../../common/install/plan.ts';
import { renderInstall } from '../../../common/install/render.ts';
import { plan, profile, site } from './plans.ts';

const found = (installer: Installer, file: string, text: string, name = 'fedora-43'): string[] =>
  checkInstall(profile({ installer, name }), { [file]: text }).map((one) => `${one.file}:${one.line} ${one.problem}`);
const inKickstart = (text: string, name?: string) => found('kickstart', 'ks.cfg', text, name);
const inPreseed = (text: string) => found('preseed', 'preseed.cfg', text);
const inScript = (text: string) => found('image', 'install.sh', text);

describe('a kickstart', () => {
  test('may have what Fedora knows', () => {
    const text =
      '# comment\ncmdline\nbootloader --append="a b" # c\nrootpw --iscrypted *\n%include /tmp/x\n%packages --ignoremissing\n@core\n-vim\n' +
      '@^server-product-environment\n%end\n%pre --erroronfail\ninstall this\n%d\n%end\n';
    expect(inKickstart(text)).toEqual([]);
  });

  test.each(
    ['install', 'device', 'deviceprobe', 'dmraid', 'multipath', 'auth', 'authconfig', 'autostep', 'method'].flatMap(
      (word) => ['fedora-42', 'fedora-43', 'fedora-44'].map((name) => [word, name]),
    ),
  )('may not have %s in %s', (word, name) => {
    expect(inKickstart(`cmdline\n${word} --x\n`, name)).toEqual([
      expect.stringMatching(`^ks.cfg:2 ${word} was removed in Fedora`),
    ]);
  });

  test.each([
    ['fedora-42', 'vnc', []],
    ['fedora-43', 'vnc', ['ks.cfg:1 vnc is deprecated since Fedora 43']],
    ['fedora-45', 'vnc', ['ks.cfg:1 vnc was removed in Fedora 45']],
    ['fedora-43', 'rdp', ['ks.cfg:1 rdp comes with Fedora 44 alone']],
    ['fedora-44', 'rdp', []],
    ['fedora-43', 'nvdimm x', ['ks.cfg:1 nvdimm is deprecated since Fedora 40']],
    ['fedora-43', 'module --name=x', ['ks.cfg:1 module is deprecated since Fedora 41']],
    ['fedora-43', 'logging --level=debug', ['ks.cfg:1 logging --level was removed in Fedora 40']],
    ['fedora-43', 'repo --name=a --ignoregroups=true', ['ks.cfg:1 repo --ignoregroups was removed in Fedora 40']],
    ['fedora-43', 'timezone UTC --isUtc', ['ks.cfg:1 timezone --isUtc is deprecated since Fedora 33']],
    ['fedora-43', '%traceback\n%end', ['ks.cfg:1 %traceback is deprecated since Fedora 34']],
    ['mine', 'vnc', ['ks.cfg:1 vnc was removed in Fedora 45']],
  ])('of %s is read as by that release: %j', (name, text, problems) => {
    expect(inKickstart(text, name)).toEqual(problems);
  });

  test.each([
    ['frobnicate\n', 'ks.cfg:1 begins with no command that there is'],
    ['cmdline\nlang "en\n', 'ks.cfg:2 has a quote that is not closed'],
    ['%pre\necho\n', 'ks.cfg:1 %pre has no %end'],
    ['%end\n', 'ks.cfg:1 %end ends no section'],
    ['%prae\n', 'ks.cfg:1 begins no section that there is'],
    ['%pre\n%post\n%end\n', 'ks.cfg:2 %post begins inside of %pre, which has no %end'],
    ['%packages\nvim; reboot\n%end\n', 'ks.cfg:2 is not the name of a package or a group'],
  ])('%j is refused', (text, problem) => {
    expect(inKickstart(text)).toEqual([problem]);
  });
});

describe('a preseed', () => {
  test('is made of answers and comments', () => {
    expect(
      inPreseed('# a\n\nd-i a/b string\nd-i a/c boolean true\nd-i a/d string one \\\n  two\nx x/y/z note\n'),
    ).toEqual([]);
  });

  test.each([
    ['d-i a/b\n', 'preseed.cfg:1 is not made of an owner, a question, a type and a value'],
    ['d-i a/b strnig x\n', 'preseed.cfg:1 its third word is no type of question'],
    ['d-i ab string x\n', 'preseed.cfg:1 its second word is not the name of a question'],
    ['D_I a/b string x\n', 'preseed.cfg:1 its first word is not the name of a package'],
    ['\nd-i a/b boolean yes\n', 'preseed.cfg:2 its value is neither true nor false'],
    ['d-i a/b string x\nd-i a/b string y\n', 'preseed.cfg:2 line 1 answers its question already'],
    ['d-i a/b string x\\', 'preseed.cfg:1 goes on, and nothing follows'],
  ])('%j is refused', (text, problem) => {
    expect(inPreseed(text)).toEqual([problem]);
  });
});

describe('a script', () => {
  test('may have documents', () => {
    expect(inScript("cat <<'A' <<<x\n<<B\nA\ncat <<-C\n\tx\n\tC\necho $((1 << 3))\n# <<D\n")).toEqual([]);
  });

  test.each([
    ["a\ncat <<'A'\nx\n", 'install.sh:2 its document never ends'],
    ['echo\r\n', 'install.sh:1 ends as lines do on Windows'],
    ['echo \u0007\n', 'install.sh:1 has a control character'],
  ])('%j is refused', (text, problem) => {
    expect(inScript(text)).toEqual([problem]);
  });
});

test.each([
  [
    'x:\n',
    [
      'user-data:1 is not #cloud-config, and cloud-init reads no further',
      'user-data:1 there is no autoinstall:, and the installer asks',
    ],
  ],
  ['#cloud-config\nautoinstall:\n  a: 1\n', ['user-data:2 there is no version: 1 in it']],
  [
    '#cloud-config\nautoinstall:\n  version: 1\n\tb: 2\n  c\n',
    ['user-data:4 is indented by a tab', 'user-data:5 is neither a key nor an item of a list'],
  ],
  ['#cloud-config\nautoinstall:\n  version: 1\n  - [sh, -c, "x"]\n', []],
])('orders for Ubuntu: %j', (text, problems) => {
  expect(found('autoinstall', 'user-data', text)).toEqual(problems);
});

test('an install with such a file is not rendered', () => {
  const templates = { 'ks.cfg': 'cmdline\ninstall\nautostep\n' };
  expect(() => renderInstall(plan({ profile: profile({ templates, name: 'fedora-43' }) }), site)).toThrow(
    'The plan makes a file that its installer would not take: ks.cfg, line 2: install was removed in Fedora 34; there are 1 more such lines. Mend the template',
  );
});
