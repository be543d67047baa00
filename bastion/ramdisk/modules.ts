// The modules of a kernel: which of them the ramdisk takes, with all that they need, and the lists by which modprobe finds them.
import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { isTaken } from './drivers.ts';
import { readModinfo, type Modinfo } from './modinfo.ts';

/** Gives the module's own bytes, if it was compressed by the program that its name ends with. */
export type Unpack = (content: Buffer, path: string) => Promise<Buffer>;

export interface Module extends Modinfo {
  /** As modprobe knows it: with underscores */
  readonly name: string;
  /** Below the kernel's folder of modules, without an ending */
  readonly path: string;
  readonly content: Buffer;
}

const ENDING = /\.ko(\.(gz|xz|zst))?$/;

export class ModuleTree {
  readonly #folder: string;
  readonly #unpack: Unpack;
  /** Files below the folder, by the names of their modules */
  readonly #files: ReadonlyMap<string, string>;

  private constructor(folder: string, files: ReadonlyMap<string, string>, unpack: Unpack) {
    this.#folder = folder;
    this.#files = files;
    this.#unpack = unpack;
  }

  /** `folder` is /lib/modules/VERSION. */
  static async open(folder: string, unpack: Unpack): Promise<ModuleTree> {
    const found = await readdir(join(folder, 'kernel'), { recursive: true });
    const modules = found.map((path) => path.replaceAll('\\', '/')).filter((path) => ENDING.test(path));
    return new ModuleTree(folder, new Map(modules.sort().map((path) => [nameOf(path), path])), unpack);
  }

  /** Paths of all modules, without their endings. */
  paths(): string[] {
    return [...this.#files.values()].map((path) => path.replace(ENDING, ''));
  }

  /** Reads a module; undefined where there is none of that name. */
  module(name: string): Promise<Module> | undefined {
    const path = this.#files.get(name);
    return path === undefined ? undefined : this.#load(name, path);
  }

  /** The modules that are taken by their paths, and those that they need: each after what it needs. */
  async selection(): Promise<Module[]> {
    const chosen = new Map<string, Module>();
    const take = async (name: string, above: readonly string[]): Promise<void> => {
      if (chosen.has(name) || above.includes(name)) return;
      // What is not there is part of the kernel.
      const module = await this.module(name);
      if (!module) return;
      for (const needed of [...module.depends, ...module.wanted]) await take(nameOf(needed), [...above, name]);
      chosen.set(name, module);
    };
    for (const [name, path] of this.#files) if (isTaken(path.replace(ENDING, ''))) await take(name, []);
    return [...chosen.values()];
  }

  async #load(name: string, file: string): Promise<Module> {
    const content = await this.#unpack(await readFile(join(this.#folder, 'kernel', file)), file);
    return { name, path: file.replace(ENDING, ''), content, ...readModinfo(content, file) };
  }
}

const nameOf = (path: string) => posix.basename(path).replace(ENDING, '').replaceAll('-', '_');

/**
 * What depmod writes for modules whose files end in `ending`: modules.dep has each with all that it needs, what is needed
 * first last; modules.alias has what each goes by.
 */
export function moduleLists(modules: readonly Module[], ending: string): { dep: string; alias: string } {
  const byName = new Map(modules.map((module) => [module.name, module]));
  const fileOf = ({ path }: Module) => `kernel/${path}${ending}`;
  const needs = (module: Module, seen = new Set<Module>()): Set<Module> => {
    for (const name of module.depends) {
      const needed = byName.get(nameOf(name));
      if (!needed || seen.has(needed)) continue;
      needs(needed, seen);
      seen.add(needed);
    }
    return seen;
  };
  const dep = modules.map((module) =>
    `${fileOf(module)}: ${[...needs(module)].reverse().map(fileOf).join(' ')}`.trimEnd(),
  );
  const alias = modules.flatMap(({ name, aliases }) => aliases.map((pattern) => `alias ${pattern} ${name}`));
  return { dep: `${dep.join('\n')}\n`, alias: `${alias.join('\n')}\n` };
}
