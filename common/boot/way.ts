// How a machine is booted where it is not booted as others are: which iPXE it gets, how that is left for the disk, and what
// kernels are told.

/** How iPXE is left for the machine's disk. */
export const leavings = ['loader', 'sanboot', 'exit'] as const;

/** What is not said is as it is with other machines. */
export interface BootWay {
  /** The iPXE binary that its firmware gets */
  readonly binary?: string;
  /** `loader`: by the bastion's own; `sanboot`: the first drive of a BIOS, and `loader` elsewhere; `exit`: back to the firmware, which goes on */
  readonly leave?: (typeof leavings)[number];
  /** Consoles of kernels that are the bastion's own, in place of the usual ones */
  readonly consoles?: readonly string[];
  /** More arguments for every kernel that it boots from the network */
  readonly arguments?: readonly string[];
}

/**
 * Whether a text can stand in a boot script as one word: iPXE splits at spaces, takes `${` for a setting and some words for
 * operators, and leaves out a command from a word on that begins with `#` (src/core/exec.c, command_terminator).
 */
export const isBootWord = (text: string): boolean =>
  /^[\x21-\x7e]+$/.test(text) && !text.startsWith('#') && !text.includes('${') && !['||', '&&', ';'].includes(text);

/**
 * What the bastion alone says to a kernel: where it is, and what its ramdisk is for. The ramdisk takes the last of two; the
 * kernel runs what `rdinit` names in its place, and gives ARGUMENTS to it as a variable.
 */
const RESERVED = /^(bastion\.|lab\.|(BOOTIF|initrd|rdinit|ARGUMENTS)(=|$))/;

/** Whether people may have a kernel told this: one word, which takes nothing from those behind it, as `--` and a quote do. */
export const isArgument = (text: string): boolean =>
  isBootWord(text) && !RESERVED.test(text) && !/["']/.test(text) && !/^-+$/.test(text);

/** Whether it can be a kernel's console, as behind `console=`: a device, and how it is set. */
export const isConsole = (text: string): boolean => /^[a-z]\w*(,\w+)*$/i.test(text);

/** Bytes of a kernel's command line that people may use up here; what is longer than a kernel takes is cut off in silence. */
export const MOST_SAID = 512;

/** How many bytes a kernel's command line has of it. */
export const lengthOf = ({ consoles = [], arguments: more = [] }: BootWay): number =>
  [...more, ...consolesOf(consoles)].join(' ').length;

/** Consoles as a kernel is told of them. */
export const consolesOf = (consoles: readonly string[]): string[] => consoles.map((console) => `console=${console}`);

/** Whether it can be the name of an iPXE binary: a file of one folder, and a word of a boot script and of dnsmasq's configuration. */
export const isBinaryName = (text: string): boolean =>
  /^[a-z\d][a-z\d_-]*(\.[a-z\d_-]+)*\.(efi|kpxe|kkpxe|pxe)$/i.test(text);

/** How it is booted of which two say something: the first counts where it says it. */
export const bothWays = (first: BootWay, second: BootWay): BootWay => ({ ...second, ...first });
