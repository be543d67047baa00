// What a person can do when the disk takes no more, may not be written to or fails: never the bare word of the system.

const WHAT: Readonly<Record<string, (dir: string) => { what: string; remedy: string }>> = {
  ENOSPC: (dir) => ({
    what: 'its disk is full',
    remedy: `Free some room on the file system of ${dir} (df ${dir} says how full it is), or move the directory to a larger one: --dir DIR or BASTION_DIR`,
  }),
  EDQUOT: (dir) => ({
    what: "this user's quota on its disk is used up",
    remedy: `Raise the quota, free some room on the file system of ${dir}, or move the directory: --dir DIR or BASTION_DIR`,
  }),
  EFBIG: () => ({
    what: 'this process may write no larger files, so that for it the disk is full',
    remedy: 'Raise its limit: ulimit -f unlimited, or LimitFSIZE=infinity in its systemd unit',
  }),
  EROFS: (dir) => ({
    what: 'its file system is read-only',
    remedy: `Mount that of ${dir} writable again (mount -o remount,rw): the system makes it so when a disk fails, and dmesg says why`,
  }),
  EIO: (dir) => ({
    what: 'its disk fails',
    remedy: `Look into dmesg, copy ${dir} to another disk as far as it can be read, and start the bastion there: --dir DIR or BASTION_DIR`,
  }),
};

/** The system refused to write for a reason that a person can mend; nothing was written. `message` says how. */
export class DiskTrouble extends Error {
  /** The system's word, such as ENOSPC */
  readonly code: string;
  /** What it is, without the directory's name: for whoever may not know that */
  readonly what: string;

  constructor(dir: string, code: string, cause: unknown) {
    const { what, remedy } = WHAT[code]!(dir);
    super(`Nothing can be written to ${dir}: ${what} (${code}). ${remedy}`, { cause });
    this.code = code;
    this.what = what;
  }
}

/** Why nothing can be written; undefined for an error that is about something else. */
export function diskTroubleIn(dir: string, error: unknown): DiskTrouble | undefined {
  if (error instanceof DiskTrouble) return error;
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && Object.hasOwn(WHAT, code) ? new DiskTrouble(dir, code, error) : undefined;
}

/** Tells each trouble once, until it is over: what is tried again would tell it again. */
export class Troubles {
  readonly #dir: string;
  readonly #say: (trouble: DiskTrouble) => void;
  #told: string | undefined;

  constructor(dir: string, say: (trouble: DiskTrouble) => void) {
    this.#dir = dir;
    this.#say = say;
  }

  /** The trouble that an error is about, told; undefined for an error about something else. */
  tell(error: unknown): DiskTrouble | undefined {
    const trouble = diskTroubleIn(this.#dir, error);
    if (trouble && trouble.code !== this.#told) this.#say(trouble);
    this.#told = trouble?.code;
    return trouble;
  }

  over(): void {
    this.#told = undefined;
  }
}
