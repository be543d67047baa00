// Runs programs of this machine, and says which one is missing or failed, and what it said.
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { codeOf } from '../state/files.ts';
import { RamdiskTrouble } from './trouble.ts';

/** What a program wrote. Throws RamdiskTrouble. */
export async function execute(program: string, args: readonly string[], what: string, cwd?: string): Promise<string> {
  try {
    const env = { ...process.env, LC_ALL: 'C' };
    return (await promisify(execFile)(program, [...args], { cwd, env, maxBuffer: 2 ** 26 })).stdout;
  } catch (error) {
    throw troubleWith(program, what, error, (error as { stderr?: string }).stderr ?? '');
  }
}

/** What a program makes of what it reads. Throws RamdiskTrouble. */
export function pipeThrough(program: string, args: readonly string[], input: Buffer, what: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { stdio: ['pipe', 'pipe', 'ignore'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stdin.on('error', () => {});
    child.once('error', (error) => reject(troubleWith(program, what, error, '')));
    child.once('close', (code) =>
      code === 0 ? resolve(Buffer.concat(chunks)) : reject(troubleWith(program, what, undefined, `status ${code}`)),
    );
    child.stdin.end(input);
  });
}

function troubleWith(program: string, what: string, error: unknown, said: string): RamdiskTrouble {
  if (codeOf(error) === 'ENOENT') {
    return new RamdiskTrouble(
      `${what} needs ${program}, which is not on this machine. Install it: apt-get install ${packageOf(program)}`,
    );
  }
  return new RamdiskTrouble(
    `${what} failed: ${program} said ${said.trim().split('\n').slice(-3).join(' ') || 'nothing'}`,
    {
      cause: error,
    },
  );
}

const PACKAGES: Readonly<Record<string, string>> = {
  'apt-cache': 'apt',
  'apt-get': 'apt',
  busybox: 'busybox-static',
  'grub-mkrescue': 'grub-common',
  ldd: 'libc-bin',
  zstd: 'zstd',
};
const packageOf = (program: string) => PACKAGES[program.split('/').at(-1)!] ?? program;
