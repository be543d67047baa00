// What machines that really boot are given: their script, and the files that the installer of their attempt reads.
import { consolesOf, type BootWay } from '../../common/boot/way.ts';
import { isErrandProfile } from '../../common/install/errands.ts';
import { renderInstall } from '../../common/install/render.ts';
import type { InstallPlan, ProfileFile } from '../../common/install/plan.ts';
import type { Attempt, Attempts } from '../install/attempts.ts';
import type { Boot, Decision } from './boot.ts';
import { type Fixed, fixedWords } from './fixed.ts';
import { diskScript, kernelScript, waitScript, type KernelBoot } from './ipxe.ts';
import { kernelWords, LINUX, waitWords, words } from './linux.ts';

/** A machine's question. */
interface Question {
  readonly mac: string;
  /** What iPXE says of itself: pcbios or efi; linux from a ramdisk that was booted from a disc */
  readonly platform: string;
  /** Where it asks from */
  readonly address: string;
  /** The bastion's address as the machine reached it, such as `http://10.0.0.1:8080` */
  readonly base: string;
  /** The address that it was given by the disc that it was booted from: the ramdisk has to have it too */
  readonly fixed?: Fixed | undefined;
}

/** The bastion's files, as far as boots need them. */
export interface BootFiles {
  /** The name of a profile's tree */
  treeOf(profile: InstallPlan['profile']): string;
  /** The paths of the discovery ramdisk below `/files`, and which build it is; undefined when it was not built */
  discovery(): Promise<Ramdisk | undefined>;
}

interface Ramdisk {
  readonly kernel: string;
  readonly initrd: string;
  readonly build?: string | undefined;
}

export interface NetbootOptions {
  readonly boot: Boot;
  readonly attempts: Attempts;
  readonly files: BootFiles;
  /** Whether the machine with this MAC has this address now */
  readonly proves: (mac: string, address: string) => Promise<boolean>;
  /** The name below `/boot` of the loader that boots a disk where iPXE calls the platform so; undefined when it was not built */
  readonly loader: (platform: string) => Promise<string | undefined>;
  /** How the machine with this MAC boots, where that is not as others do */
  readonly wayOf: (mac: string) => BootWay;
  /** The time, in milliseconds since 1970 */
  readonly now: () => number;
}

export interface Netboot {
  /** The script of a machine. */
  scriptFor(question: Question): Promise<string>;
  /** A file of the attempt with this token, as its installer reads it; undefined for any other. */
  fileFor(token: string, name: string, base: string): Promise<string | undefined>;
}

/** In which words a machine is told to boot a kernel, or to wait. */
interface Language {
  readonly kernel: (boot: KernelBoot) => string;
  readonly wait: (base: string, why: string) => string;
}

const iPxe: Language = { kernel: kernelScript, wait: waitScript };
const linux: Language = { kernel: kernelWords, wait: (_base, why) => waitWords(why) };

/** Consoles of a ramdisk: a screen, and the first serial port for machines that have nothing else. */
export const CONSOLES: readonly string[] = ['console=tty0', 'console=ttyS0,115200n8'];

export function createNetboot({ boot, attempts, files, proves, loader, wayOf, now }: NetbootOptions): Netboot {
  const bootif = (mac: string) => `BOOTIF=01-${mac.replaceAll(':', '-')}`;

  const disk = async ({ mac, platform, base }: Question): Promise<string> => {
    const name = await loader(platform);
    return diskScript(platform, name === undefined ? undefined : `${base}/boot/${name}`, wayOf(mac).leave);
  };

  function rendered(attempt: Attempt, plan: InstallPlan, token: string, base: string) {
    const treeUrl = `${base}/files/${files.treeOf(plan.profile)}`;
    const site = {
      bastionUrl: base,
      filesUrl: `${base}/install/${token}`,
      treeUrl,
      token,
      time: now(),
      secrets: attempt.secrets ?? {},
    };
    return { treeUrl, ...renderInstall(plan, site) };
  }

  async function install(
    language: Language,
    question: Question,
    attempt: Attempt & { token: string },
  ): Promise<string> {
    const { plan, token, number } = attempt;
    const { base, mac, fixed } = question;
    if (!plan) return language.wait(base, 'this install has no plan: labd is older than the bastion');
    const { treeUrl, kernelArguments } = rendered(attempt, plan, token, base);
    const path = (use: ProfileFile['use']) => plan.profile.files.find((file) => file.use === use)?.path;
    const ramdisk = await files.discovery();
    const [kernel, initrd] = [path('kernel'), path('initrd')];
    // The ramdisk installs what brings no installer of its own.
    const ofRamdisk = kernel === undefined || initrd === undefined;
    const from = ofRamdisk
      ? ramdisk && below(base, ramdisk)
      : { kernel: `${treeUrl}/${kernel}`, initrd: `${treeUrl}/${initrd}` };
    if (!from) return language.wait(base, 'the ramdisk is not built: lab bastion files build discovery');
    const { name, title } = plan.profile;
    const { consoles, arguments: more = [] } = wayOf(mac);
    return language.kernel({
      title: `${isErrandProfile(name) ? title : `installing ${name}`} on ${mac}, attempt ${number}`,
      ...from,
      // Behind them, since the last of two counts, and Debian's installers keep what is behind `---` for the installed system.
      arguments: [
        ...more,
        ...(ofRamdisk ? fixedWords(fixed) : []),
        ...(ofRamdisk && consoles ? withConsoles(kernelArguments, consoles) : kernelArguments),
      ],
    });
  }

  async function discover(question: Question): Promise<string> {
    const { base, mac, fixed } = question;
    const ramdisk = await files.discovery();
    if (!ramdisk) return waitScript(base, 'the ramdisk is not built: lab bastion files build discovery');
    const { consoles, arguments: more = [] } = wayOf(mac);
    return kernelScript({
      title: `discovering ${mac}`,
      ...below(base, ramdisk),
      // The bastion's own behind what people said: the last of two counts.
      arguments: [
        ...more,
        `bastion.url=${base}`,
        bootif(mac),
        ...fixedWords(fixed),
        ...(consoles ? consolesOf(consoles) : CONSOLES),
      ],
    });
  }

  type Scripts = {
    readonly [B in Decision['boot']]: (question: Question, decision: Extract<Decision, { boot: B }>) => Promise<string>;
  };
  const scriptsIn = (language: Language, own: Pick<Scripts, 'disk' | 'discover'>): Scripts => ({
    ...own,
    install: (question, { attempt }) => install(language, question, attempt),
    unproven: async ({ base }) => language.wait(base, 'this address holds no lease of this machine: no installer yet'),
  });
  const scripts = scriptsIn(iPxe, { disk, discover });
  const scriptsForLinux = scriptsIn(linux, {
    disk: async () => words.disk,
    discover: async () => words.discover,
  });

  return {
    async scriptFor(question) {
      const { mac, address, platform } = question;
      const decision = await boot.decide(mac, { address, isProven: await proves(mac, address) });
      return (
        (platform === LINUX ? scriptsForLinux : scripts)[decision.boot] as (
          question: Question,
          decision: Decision,
        ) => Promise<string>
      )(question, decision);
    },
    async fileFor(token, name, base) {
      const attempt = attempts.openWith(token);
      if (!attempt?.plan) return undefined;
      const { files: texts } = rendered(attempt, attempt.plan, token, base);
      return Object.hasOwn(texts, name) ? texts[name] : undefined;
    },
  };
}

/** A ramdisk's arguments with these consoles in place of its usual ones. */
const withConsoles = (words: readonly string[], consoles: readonly string[]): readonly string[] => [
  ...words.filter((word) => !word.startsWith('console=')),
  ...consolesOf(consoles),
];

const below = (base: string, { kernel, initrd, build }: Ramdisk) => ({
  kernel: `${base}/files/${kernel}`,
  initrd: `${base}/files/${initrd}`,
  build,
});
