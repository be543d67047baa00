// What the build wrote down of every command, so that none has to be loaded to know its flags.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Completes } from '../command/command.ts';

export interface CommandData {
  readonly summary?: string;
  readonly hidden: boolean;
  readonly completes?: Completes;
  /** Its words, in order, for commands that do not complete them in another way */
  readonly args: Readonly<Record<string, { readonly options?: readonly string[] }>>;
  readonly flags: Readonly<
    Record<
      string,
      {
        readonly name: string;
        readonly char?: string;
        readonly type: 'option' | 'boolean';
        readonly description?: string;
        readonly multiple?: boolean;
        readonly options?: readonly string[];
      }
    >
  >;
}

interface Manifest {
  readonly commands: Readonly<Record<string, CommandData>>;
}

/** The manifest beside the packed program. */
export const manifest = (): Manifest =>
  JSON.parse(readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'oclif.manifest.json'), 'utf8')) as Manifest;
