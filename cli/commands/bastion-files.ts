// lab bastion files: what a bastion installs from, and how that comes and goes.
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { resolve } from 'node:path';
import { type BastionHealth, buildAnew, healthIn } from '../bastion/health.ts';
import { askBastion, bastionIn, dirFlag, directoryOf, haveDone } from '../bastion/socket.ts';
import { Command, type CommandClass, LabCommand } from '../command/command.ts';
import {
  ProfileFilesDocument,
  ProfilesFilesDocument,
  type ProfileFilesQuery,
  type ProfilesFilesQuery,
} from '../generated/documents.ts';
import type { TargetFlags } from '../labd/target.ts';
import { sizeOf } from '../print/size.ts';
import { plainTable } from '../print/table.ts';
import { CliError } from '../terminal/errors.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { programName } from '../terminal/programName.ts';
import { harmless } from '../terminal/text.ts';

/** A file that the bastion has, and what it is for. */
interface KeptFile {
  readonly sha256: string;
  readonly bytes: number;
  readonly uses: readonly { readonly name: string; readonly path: string; readonly use: string }[];
}

/** How far a fetch is. */
interface Progress {
  readonly path: string;
  readonly bytes: number;
  readonly total: number | null;
  readonly done: number;
  readonly files: number;
}

class FilesList extends Command {
  static override summary = 'List the files that the bastion of this host installs from.';
  static override examples = ['<%= config.bin %> bastion files list', '<%= config.bin %> bastion files list -o json'];
  static override flags = {
    dir: dirFlag,
    output: Flags.string({ char: 'o', description: 'how to print', options: ['table', 'json'], default: 'table' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(FilesList);
    const { files, ramdisk } = await askBastion<{ files: KeptFile[] } & Pick<BastionHealth, 'ramdisk'>>(
      bastionIn(directoryOf(flags.dir, this.terminal)),
      {
        method: 'GET',
        path: '/api/files',
      },
    );
    if (flags.output === 'json') {
      this.terminal.out.write(`${JSON.stringify(files, null, 2)}\n`);
      return;
    }
    if (files.length === 0) {
      this.terminal.err.write('There are no files yet.\n');
      return;
    }
    const rows = files.flatMap(({ sha256, bytes, uses }) =>
      (uses.length > 0 ? uses : [{ name: '<none>', use: '', path: '' }]).map(({ name, use, path }) => [
        ...[name, use, sizeOf(bytes), sha256.slice(0, 12)],
        path,
      ]),
    );
    this.terminal.out.write(plainTable([['PROFILE', 'USE', 'SIZE', 'SHA-256', 'PATH'], ...rows]));
    if (ramdisk === 'old')
      this.terminal.err.write(
        `The ramdisk was built by another version of the bastion. ${buildAnew(programName(this.terminal))}\n`,
      );
  }
}

/** What is there after a fetch, or after adding by hand. */
interface Brought {
  readonly files: readonly { readonly sha256: string }[];
}

type Profile = NonNullable<ProfileFilesQuery['profile']>;

const noProfile = (name: string): CliError =>
  new CliError(
    'notFound',
    `There is no profile "${harmless(name)}".`,
    (lab) => `See which there are: ${lab} get profiles.`,
  );

class FilesFetch extends LabCommand {
  static override summary = 'Fetch what a profile is installed from, to the bastion of this host.';
  static override description =
    'Each file is checked by its hash before it counts, and a download that broke off goes on where it was. Kernel, initrd and stage2 of a tree change together, or not at all.';
  static override examples = [
    '<%= config.bin %> bastion files fetch fedora-43',
    '<%= config.bin %> bastion files fetch debian-13 --mirror http://mirror.example/debian',
    '<%= config.bin %> bastion files fetch debian-13 --mirror /media/usb/debian',
  ];
  static override completes = ['profiles', []] as const;
  static override args = { profile: Args.string({ description: 'name of the profile', required: true }) };
  static override flags = {
    dir: dirFlag,
    mirror: Flags.string({ description: "address of another mirror, or a folder with a mirror's layout" }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(FilesFetch);
    const dir = directoryOf(flags.dir, this.terminal);
    const profile = (await isAlone(dir)) ? args.profile : await this.known(flags, args.profile);
    const body = { profile, ...(flags.mirror === undefined ? {} : { mirror: placeOf(flags.mirror) }) };
    const { files } = await haveDone<Brought, Progress>(
      bastionIn(dir),
      '/api/files/fetch',
      body,
      shownOn(this.terminal),
    );
    this.terminal.out.write(
      `profile/${harmless(typeof profile === 'string' ? profile : profile.name)} has its ${files.length} files\n`,
    );
  }

  private async known(flags: TargetFlags, name: string): Promise<Profile> {
    const client = await this.client(flags);
    const { profile } = await client.run(ProfileFilesDocument, { name });
    if (!profile) throw noProfile(name);
    return profile;
  }
}

/** Whether the bastion of a directory runs without labd, and knows the profiles that come with lab alone. */
const isAlone = async (dir: string): Promise<boolean> => (await healthIn(dir))?.uplink === 'none';

/** A folder is the bastion's to read: it stands elsewhere than this command. */
const placeOf = (mirror: string): string => (/^https?:\/\//.test(mirror) ? mirror : resolve(mirror));

/** Shows how far a download is, on one line that is written over; without a terminal a line for each file. */
function shownOn({ err }: Terminal): (progress: Progress) => void {
  let last = '';
  return ({ path, bytes, total, done, files }) => {
    const of = total === null ? sizeOf(bytes) : `${sizeOf(bytes)} of ${sizeOf(total)}`;
    if (err.isTTY) err.write(`\r\u001b[K${done + 1}/${files} ${harmless(path)} ${of}${bytes === total ? '\n' : ''}`);
    else if (path !== last) err.write(`${done + 1}/${files} ${harmless(path)}\n`);
    last = path;
  };
}

class FilesAdd extends Command {
  static override summary = 'Give the bastion of this host files by hand, where it reaches no mirror.';
  static override description = 'Profiles that ask for a file with that hash have it then.';
  static override examples = ['<%= config.bin %> bastion files add ./vmlinuz ./initrd.img'];
  static override strict = false;
  static override args = { file: Args.string({ description: 'file of this host', required: true }) };
  static override flags = { dir: dirFlag, sha256: Flags.string({ description: 'what its SHA-256 has to be' }) };
  static override completes = 'files' as const;

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(FilesAdd);
    const given = argv as string[];
    if (flags.sha256 !== undefined && given.length > 1)
      throw new CliError('usage', '--sha256 is of one file, and several are given.', 'Add them one by one.');
    for (const file of given) {
      const body = { path: resolve(file), ...(flags.sha256 === undefined ? {} : { sha256: flags.sha256 }) };
      const { files } = await haveDone<Brought>(
        bastionIn(directoryOf(flags.dir, this.terminal)),
        '/api/files/add',
        body,
        () => {},
      );
      this.terminal.out.write(`${files[0]!.sha256}  ${harmless(file)}\n`);
    }
  }
}

class FilesPrune extends LabCommand {
  static override summary = 'Remove the files that no profile and no install under way needs.';
  static override examples = [
    '<%= config.bin %> bastion files prune --dry-run',
    '<%= config.bin %> bastion files prune',
  ];
  static override flags = { dir: dirFlag, 'dry-run': Flags.boolean({ description: 'only say what would go' }) };

  async run(): Promise<void> {
    const { flags } = await this.parse(FilesPrune);
    const dir = directoryOf(flags.dir, this.terminal);
    const dry = flags['dry-run'];
    const body = { dry, ...((await isAlone(dir)) ? {} : { profiles: await this.everyProfile(flags) }) };
    const { removed, bytes } = await askBastion<{ removed: KeptFile[]; bytes: number }>(bastionIn(dir), {
      method: 'POST',
      path: '/api/files/prune',
      body,
    });
    for (const file of removed) this.terminal.out.write(`${file.sha256}\n`);
    this.terminal.err.write(`${removed.length} files, ${sizeOf(bytes)}, ${dry ? 'would go' : 'are gone'}\n`);
  }

  private async everyProfile(flags: TargetFlags): Promise<Profile[]> {
    const client = await this.client(flags);
    const profiles: Profile[] = [];
    for (let after: string | null = null, more = true; more;) {
      const { page }: ProfilesFilesQuery = await client.run(ProfilesFilesDocument, { after });
      profiles.push(...page.nodes);
      [after, more] = [page.pageInfo.endCursor, page.pageInfo.hasNextPage];
    }
    return profiles;
  }
}

/** The ramdisk that was built, and what it could not take along. */
interface Built {
  readonly version: string;
  readonly modules: number;
  readonly missing: { readonly firmware: readonly string[]; readonly tools: readonly string[] };
}

class FilesBuild extends Command {
  static override summary = "Build the ramdisk that discovers machines, from Debian's kernel and busybox.";
  static override description =
    "The bastion fetches the kernel with apt-get, or takes the package that is given. Firmware that drivers ask for lies in Debian's packages firmware-*: unpack them, and name the folders.";
  static override examples = [
    '<%= config.bin %> bastion files build discovery',
    '<%= config.bin %> bastion files build discovery --kernel linux-image-6.1.0-57-amd64_6.1.170-1_amd64.deb --firmware ./firmware',
  ];
  static override args = {
    what: Args.string({ description: 'what to build', required: true, options: ['discovery'] }),
  };
  static override flags = {
    dir: dirFlag,
    kernel: Flags.string({ description: "file with Debian's package of the kernel" }),
    firmware: Flags.string({ description: 'folder with firmware for drivers', multiple: true }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(FilesBuild);
    const body = {
      ...(flags.kernel === undefined ? {} : { kernel: resolve(flags.kernel) }),
      firmware: (flags.firmware ?? []).map((folder) => resolve(folder)),
    };
    const tell = ({ step }: { step: string }) => void this.terminal.err.write(`${harmless(step)}\n`);
    const where = directoryOf(flags.dir, this.terminal);
    const { version, modules, missing } = await haveDone<Built, { step: string }>(
      bastionIn(where),
      '/api/files/build',
      body,
      tell,
    );
    this.terminal.out.write(`ramdisk/discovery built with Linux ${harmless(version)} and ${modules} drivers\n`);
    for (const [what, names] of Object.entries(missing))
      if (names.length > 0)
        this.terminal.err.write(
          `Not there: ${names.length} of ${what}, such as ${names.slice(0, 5).map(harmless).join(', ')}\n`,
        );
  }
}

export const bastionFilesCommands: Record<string, CommandClass> = {
  list: FilesList,
  fetch: FilesFetch,
  add: FilesAdd,
  build: FilesBuild,
  prune: FilesPrune,
};
