// Reads what a kernel module says of itself: the section .modinfo of its ELF file, texts of the form name=value.

export interface Modinfo {
  /** Modules that must be loaded before it */
  readonly depends: readonly string[];
  /** Modules, or other names of theirs, that it works better with or asks for by itself */
  readonly wanted: readonly string[];
  /** Patterns of hardware, and other names, that it goes by */
  readonly aliases: readonly string[];
  /** Paths below /lib/firmware that it may load; with wildcards */
  readonly firmware: readonly string[];
}

/** Throws when it is no module of a 64-bit little-endian machine. */
export function readModinfo(module: Buffer, path: string): Modinfo {
  const texts = sectionOf(module, '.modinfo', path).toString('latin1').split('\0');
  const all = (name: string) =>
    texts.flatMap((text) => (text.startsWith(`${name}=`) ? [text.slice(name.length + 1)] : []));
  return {
    depends: all('depends').flatMap((names) => names.split(',').filter(Boolean)),
    wanted: all('softdep').flatMap((text) => text.split(/\s+/).filter((word) => word !== '' && !word.endsWith(':'))),
    aliases: all('alias'),
    firmware: all('firmware'),
  };
}

/** The bytes of a section; none where there is no such section (ELF-64 object files, System V ABI). */
function sectionOf(elf: Buffer, wanted: string, path: string): Buffer {
  if (elf.length < 64 || elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 2 || elf[5] !== 1) {
    throw new Error(`${path} is no kernel module of a 64-bit machine`);
  }
  const table = Number(elf.readBigUInt64LE(0x28));
  const size = elf.readUInt16LE(0x3a);
  const count = elf.readUInt16LE(0x3c);
  const section = (at: number) => {
    const head = elf.subarray(table + at * size, table + (at + 1) * size);
    const offset = Number(head.readBigUInt64LE(0x18));
    return { name: head.readUInt32LE(0), content: elf.subarray(offset, offset + Number(head.readBigUInt64LE(0x20))) };
  };
  const names = section(elf.readUInt16LE(0x3e)).content;
  for (let at = 1; at < count; at += 1) {
    const { name, content } = section(at);
    if (names.subarray(name, names.indexOf(0, name)).toString('latin1') === wanted) return content;
  }
  return Buffer.alloc(0);
}
