// Writes an archive as the kernel unpacks it at its start: cpio, in the form "newc"
// (https://docs.kernel.org/driver-api/early-userspace/buffer-format.html). Nothing in it says when or by whom it was made.

export interface Entry {
  /** Without a slash before it */
  readonly path: string;
  /** With its kind, as in `stat` */
  readonly mode: number;
  readonly content?: Buffer;
  /** Major and minor number of a device */
  readonly device?: readonly [number, number];
}

const FOLDER = 0o040755;
const LINK = 0o120777;
const FILE = 0o100000;
const CHARACTERS = 0o020600;

export const folder = (path: string): Entry => ({ path, mode: FOLDER });
export const link = (path: string, to: string): Entry => ({ path, mode: LINK, content: Buffer.from(to) });
export const file = (path: string, content: Buffer, executable = false): Entry => ({
  path,
  mode: FILE | (executable ? 0o755 : 0o644),
  content,
});
export const characterDevice = (path: string, major: number, minor: number): Entry => ({
  path,
  mode: CHARACTERS,
  device: [major, minor],
});

/** The archive, piece by piece, with the folders that its entries lie in; the same entries give the same bytes. */
export function* archive(entries: readonly Entry[]): Generator<Buffer> {
  const all = new Map<string, Entry>();
  for (const entry of entries) {
    const names = entry.path.split('/');
    for (let depth = 1; depth < names.length; depth += 1) {
      const parent = names.slice(0, depth).join('/');
      if (!all.has(parent)) all.set(parent, folder(parent));
    }
    all.set(entry.path, entry);
  }
  // Byte order puts a folder before what lies in it.
  const sorted = [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const [at, entry] of sorted.entries()) yield* record(at + 1, entry);
  yield* record(0, { path: 'TRAILER!!!', mode: 0 });
}

const EMPTY = Buffer.alloc(0);

function* record(
  inode: number,
  { path, mode, content = EMPTY, device: [major, minor] = [0, 0] }: Entry,
): Generator<Buffer> {
  const name = Buffer.from(`${path}\0`);
  const links = (mode & 0o170000) === 0o040000 ? 2 : 1;
  const fields = [inode, mode, 0, 0, links, 0, content.length, 0, 0, major, minor, name.length, 0];
  const head = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  yield padded(Buffer.concat([Buffer.from(head), name]));
  if (content.length > 0) yield padded(content);
}

const padded = (buffer: Buffer): Buffer =>
  buffer.length % 4 === 0 ? buffer : Buffer.concat([buffer, Buffer.alloc(4 - (buffer.length % 4))]);
