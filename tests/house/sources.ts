// Reads the house's own source files, for the tests about how it is built.
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

const SOURCE = /\.(ts|tsx|mjs|js|cjs)$/;
const SKIPPED = new Set(['generated', 'node_modules', 'dist', 'peers']);

/** Paths of all source files in these folders, relative to the checkout; generated ones left out. */
export function sourcesIn(...folders: string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.name.startsWith('.') || SKIPPED.has(entry.name)) return [];
      if (entry.isDirectory()) return sourcesIn(path);
      return SOURCE.test(entry.name) ? [path] : [];
    }),
  );
}

export interface Import {
  /** A path relative to the checkout, or a package's name. */
  target: string;
  dynamic: boolean;
}

/** Everything that a file imports, types included. */
export function importsOf(path: string): Import[] {
  const text = readFileSync(path, 'utf8');
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName, pos }) => ({
    target: fileName.startsWith('.') ? normalize(join(dirname(path), fileName)) : fileName,
    dynamic: /import\(\s*$/.test(text.slice(0, pos)),
  }));
}
