// What each room of the house may import. A room is a folder; a file at the root of a program is a room of its own.
// Every room may import itself, the generated code of its program, and common/, which imports Node alone.

/** Rooms in a row: each may import those to its left, and what is `below` all of them; not those that share its place. */
function row(places: readonly (string | readonly string[])[], below: readonly string[] = []): Table {
  return Object.fromEntries(
    places.flatMap((place, index) =>
      [place].flat().map((room) => [room, [...places.slice(0, index).flat(), ...below]] as const),
    ),
  );
}

type Table = Record<string, readonly string[]>;

const fleet = ['contract', 'profiles', 'machines', 'installs', 'power', 'uplink'].map(
  (room) => `server/domain/fleet/${room}`,
);

/** `x/**` stands for the room x and all rooms in it. */
export const mayImport: Table = {
  common: [],
  // How a machine boots, where that is not as others do.
  'common/boot': [],
  // What machines report of themselves.
  'common/hardware': ['common'],
  // How a machine is powered.
  'common/power': [],
  // What an install is: its plan, its stages, and the texts that installers are told.
  'common/install': ['common/install/checks'],
  // Whether installers can read what they are told.
  'common/install/checks': [],
  // The profiles that come with lab.
  'common/install/profiles': ['common/install'],

  // The graph: rows and rules come from labd's domain, store and stream; of who runs it, it knows nothing.
  'schema/catalog.ts': [],
  ...row(
    [
      'schema/base',
      'schema/permissions',
      'schema/lists',
      'schema/rows',
      'schema/log',
      'schema/fields',
      'schema/kinds',
      ['schema/past', 'schema/streams'],
      'schema/roots',
      'schema/actions',
      'schema/index.ts',
    ],
    ['schema/catalog.ts', 'server/domain/**', 'server/store', 'server/stream'],
  ),

  // labd, from the database up.
  'server/store/embedded': [],
  'server/store': ['server/store/embedded'],
  ...row(['server/domain', 'server/domain/secrets', 'server/domain/ledger', 'server/domain/objects'], ['server/store']),
  // Grants speak of kinds, and what kinds there are is the catalog's to say.
  'server/domain/access': [
    'server/domain',
    'server/domain/objects',
    'server/domain/secrets',
    'server/store',
    'schema/catalog.ts',
  ],
  ...row(fleet, [
    'server/domain',
    'server/domain/secrets',
    'server/domain/ledger',
    'server/domain/objects',
    'server/store',
  ]),
  ...row(
    ['server/domain/inventory', 'server/domain/apply'],
    [
      'server/domain',
      'server/domain/ledger',
      'server/domain/objects',
      'server/domain/secrets',
      'server/domain/access',
      'server/domain/fleet/**',
      'server/store',
    ],
  ),
  'server/stream': ['server/domain/**', 'server/store'],
  'server/transport': [],
  'server/operation': ['schema/base', 'server/domain/**', 'server/store', 'server/stream'],
  'server/limits': ['schema/base', 'server/operation', 'server/transport'],
  'server/observe': ['server/operation', 'server/store'],
  'server/signin': ['server/domain', 'server/domain/access', 'server/operation', 'server/store', 'server/transport'],
  'server/graphiql': [],
  'server/pipeline': [
    'schema/base',
    'schema/permissions',
    'server/domain',
    'server/domain/access',
    'server/limits',
    'server/observe',
    'server/operation',
    'server/store',
    'server/transport',
  ],
  'server/http': [
    'schema/base',
    'server/domain',
    'server/domain/access',
    'server/graphiql',
    'server/limits',
    'server/observe',
    'server/operation',
    'server/pipeline',
    'server/signin',
    'server/transport',
  ],
  'server/help.ts': ['server/limits', 'server/observe'],
  'server/options.ts': [
    'server/domain/access',
    'server/domain/secrets',
    'server/limits',
    'server/observe',
    'server/operation',
    'server/store',
  ],
  'server/labd.ts': [
    'schema/index.ts',
    'server/domain/**',
    'server/http',
    'server/limits',
    'server/store',
    'server/stream',
  ],
  'server/rotation.ts': ['server/domain/**', 'server/store'],
  'server/main.ts': [
    'schema/base',
    'server/help.ts',
    'server/http',
    'server/labd.ts',
    'server/observe',
    'server/options.ts',
    'server/rotation.ts',
    'server/store/embedded',
  ],
  'server/build.mjs': ['server/graphiql'],

  // The command line: from what is written on a terminal up to the verbs.
  'cli/terminal': [],
  'cli/config': ['cli/terminal'],
  'cli/documents': ['cli/terminal'],
  'cli/kinds': ['cli/terminal', 'schema/catalog.ts'],
  'cli/labd': ['cli/config', 'cli/terminal'],
  'cli/print': ['cli/kinds', 'cli/terminal'],
  'cli/tui': ['cli/print', 'cli/terminal'],
  'cli/manifests': ['cli/kinds', 'cli/labd', 'cli/terminal', 'schema/catalog.ts'],
  'cli/log': ['cli/kinds', 'cli/labd', 'cli/print', 'cli/terminal', 'schema/catalog.ts'],
  'cli/objects': [
    'cli/kinds',
    'cli/labd',
    'cli/log',
    'cli/manifests',
    'cli/print',
    'cli/terminal',
    'schema/catalog.ts',
  ],
  'cli/why': ['cli/kinds', 'cli/labd', 'cli/objects', 'cli/terminal'],
  'cli/follow': ['cli/kinds', 'cli/labd', 'cli/objects', 'cli/print', 'cli/terminal', 'cli/tui', 'cli/why'],
  'cli/command': ['cli/kinds', 'cli/labd', 'cli/terminal', 'schema/catalog.ts'],
  'cli/completion': [
    'cli/command',
    'cli/config',
    'cli/kinds',
    'cli/labd',
    'cli/print',
    'cli/terminal',
    'schema/catalog.ts',
  ],
  'cli/bastion': ['cli/terminal'],
  'cli/doctor': ['cli/bastion', 'cli/config', 'cli/labd', 'cli/terminal'],
  'cli/commands': [
    'bastion/simulate',
    'cli/bastion',
    'cli/command',
    'cli/completion',
    'cli/config',
    'cli/doctor',
    'cli/documents',
    'cli/follow',
    'cli/kinds',
    'cli/labd',
    'cli/log',
    'cli/manifests',
    'cli/objects',
    'cli/print',
    'cli/terminal',
    'cli/tui',
    'cli/why',
    'schema/catalog.ts',
  ],
  'cli/commands.ts': ['cli/command', 'cli/commands', 'schema/catalog.ts'],
  'cli/main.ts': ['cli/command', 'cli/commands.ts', 'cli/terminal'],
  'cli/build.mjs': [],

  // The bastion: what is kept on disk, then who it talks with, each apart from the others.
  'bastion/simulate': [],
  'bastion/state': [],
  // Installers' files, wherever they come from.
  'bastion/files': ['bastion/state'],
  'bastion/dhcp': ['bastion/state'],
  'bastion/ramdisk': ['bastion/state'],
  'bastion/install': ['bastion/state'],
  // What people have a bastion without labd install.
  'bastion/standalone': ['bastion/install', 'bastion/state'],
  'bastion/boot': ['bastion/install', 'bastion/state'],
  'bastion/iso': ['bastion/boot', 'bastion/ramdisk', 'bastion/state'],
  'bastion/logs': ['bastion/state'],
  'bastion/api': [
    'bastion/boot',
    'bastion/files',
    'bastion/install',
    'bastion/iso',
    'bastion/logs',
    'bastion/ramdisk',
    'bastion/standalone',
    'bastion/state',
  ],
  'bastion/enrolment': ['bastion/state'],
  'bastion/power': [],
  'bastion/uplink': ['bastion/state', 'bastion/enrolment', 'bastion/install', 'bastion/power'],
  'bastion/version.ts': [],
  'bastion/bootServices.ts': [
    'bastion/api',
    'bastion/boot',
    'bastion/dhcp',
    'bastion/files',
    'bastion/install',
    'bastion/ramdisk',
  ],
  'bastion/forPeople.ts': [
    'bastion/api',
    'bastion/dhcp',
    'bastion/files',
    'bastion/install',
    'bastion/logs',
    'bastion/standalone',
  ],
  'bastion/powering.ts': ['bastion/boot', 'bastion/install', 'bastion/power', 'bastion/state', 'bastion/uplink'],
  'bastion/bastion.ts': [
    'bastion/api',
    'bastion/boot',
    'bastion/bootServices.ts',
    'bastion/dhcp',
    'bastion/enrolment',
    'bastion/files',
    'bastion/forPeople.ts',
    'bastion/install',
    'bastion/logs',
    'bastion/powering.ts',
    'bastion/standalone',
    'bastion/state',
    'bastion/uplink',
    'bastion/version.ts',
  ],
  'bastion/options.ts': ['bastion/bastion.ts'],
  'bastion/main.ts': ['bastion/api', 'bastion/bastion.ts', 'bastion/options.ts', 'bastion/state', 'bastion/version.ts'],

  // What runs before anything is installed, and builds the three.
  scripts: ['cli/build.mjs', 'server/build.mjs'],
  'scripts/start': ['scripts'],
};
