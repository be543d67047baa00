// How a machine is booted where it is not booted as others are: which iPXE it gets, how that is left for the disk, and what
// kernels are told.

/** How iPXE is left for the machine's disk. */
export const leavings = ['loader', 'sanboot', 'exit'] as const;

/** What is not said is as it is with other machines. */
export interface BootWay {
  /** The iPXE binary that its firmware gets */
  readonly binary?: string;
  /** `loader`: by the bastion's own; `sanboot`: the first drive of a BIOS; `exit`: back to the firmware, which goes on */
  readonly leave?: (typeof leavings)[number];
  /** Consoles of kernels that are the bastion's own, in place of the usual ones */
  readonly consoles?: readonly string[];
  /** More arguments for every kernel that it boots from the network */
  readonly arguments?: readonly string[];
}

/** Whether a text can stand in a boot script as one word: iPXE splits at spaces, and takes `${` for a setting and some words for operators. */
export const isBootWord = (text: string): boolean =>
  /^[\x21-\x7e]+$/.test(text) && !text.includes('${') && !['||', '&&', ';'].includes(text);

/** Whether it can be the name of an iPXE binary: a file of one folder, and a word of a boot script and of dnsmasq's configuration. */
export const isBinaryName = (text: string): boolean =>
  /^[a-z\d][a-z\d_-]*(\.[a-z\d_-]+)*\.(efi|kpxe|kkpxe|pxe)$/i.test(text);

/** How it is booted of which two say something: the first counts where it says it. */
export const bothWays = (first: BootWay, second: BootWay): BootWay => ({ ...second, ...first });
