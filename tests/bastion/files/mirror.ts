// A mirror for tests, which behaves as they say; and profiles that need what it has.
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ProfileFile, SumList } from '../../../common/install/plan.ts';
import type { Wants } from '../../../common/install/held.ts';

interface Asked {
  path: string;
  range: string | undefined;
}

export interface Mirror {
  readonly url: string;
  /** What it has; may be changed while it runs */
  files: Record<string, Buffer>;
  readonly asked: Asked[];
  /** Answers in place of the mirror, if it returns true */
  answer: ((request: IncomingMessage, response: ServerResponse, path: string) => boolean) | undefined;
  stop(): Promise<void>;
}

export const sum = (content: Buffer | string) => createHash('sha256').update(content).digest('hex');

/** Serves files below `/os`, with ranges. */
export async function startMirror(files: Record<string, Buffer>): Promise<Mirror> {
  const mirror: Mirror = { url: '', files, asked: [], answer: undefined, stop };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url!, 'http://mirror').pathname.slice('/os/'.length));
    mirror.asked.push({ path, range: request.headers.range });
    if (mirror.answer?.(request, response, path)) return;
    const content = mirror.files[path];
    if (!content) return void response.writeHead(404).end('not here');
    send(content, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  async function stop(): Promise<void> {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  return Object.assign(mirror, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/os` });
}

/** The head of an answer, from the byte that was asked for. Returns what is to follow. */
export function head(content: Buffer, request: IncomingMessage, response: ServerResponse): Buffer {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (from >= content.length && from > 0) {
    response.writeHead(416, { 'Content-Range': `bytes */${content.length}` });
    return Buffer.alloc(0);
  }
  const rest = content.subarray(from);
  if (from === 0) response.writeHead(200, { 'Content-Length': content.length });
  else {
    response.writeHead(206, {
      'Content-Length': rest.length,
      'Content-Range': `bytes ${from}-${content.length - 1}/${content.length}`,
    });
  }
  return rest;
}

export function send(content: Buffer, request: IncomingMessage, response: ServerResponse): void {
  response.end(head(content, request, response));
}

/** Sends what is given, and hangs up a moment later: what nobody has read by then would be lost with the connection. */
export function cutAfter(content: Buffer, response: ServerResponse): true {
  response.write(content, () => setTimeout(() => response.destroy(), 50));
  return true;
}

/** The same files by their sums, which are quicker to compare. */
export const sumsOf = (files: Record<string, Buffer>) =>
  Object.fromEntries(Object.entries(files).map(([path, content]) => [path, sum(content)]));

const KERNEL = 'images/pxeboot/vmlinuz';
const INITRD = 'images/pxeboot/initrd.img';
const STAGE2 = 'images/install.img';
export const PATHS = [KERNEL, INITRD, STAGE2];

/** A tree as Fedora's mirrors have it, with its list; other bytes each time. */
export function fedoraTree(bytes = 300_000): Record<string, Buffer> {
  const files = { [KERNEL]: randomBytes(bytes), [INITRD]: randomBytes(bytes), [STAGE2]: randomBytes(bytes) };
  const sums = Object.entries(files).map(([path, content]) => `${path} = sha256:${sum(content)}`);
  const text = `[header]\ntype = productmd.treeinfo\n\n[checksums]\n${sums.join('\n')}\n\n[tree]\narch = x86_64\n`;
  return { ...files, '.treeinfo': Buffer.from(text) };
}

export const fedora = (mirror: string, more: Partial<Wants> = {}): Wants => ({
  name: 'fedora-43',
  mirror,
  sums: { form: 'treeinfo', path: '.treeinfo' },
  files: [file('kernel', KERNEL), file('initrd', INITRD), file('stage2', STAGE2)],
  ...more,
});

export const file = (use: ProfileFile['use'], path: string, content?: Buffer): ProfileFile => ({
  use,
  path,
  bytes: content?.length ?? null,
  sha256: content ? sum(content) : null,
});

export const debianSums: SumList = { form: 'sha256sums', path: 'dists/trixie/images/SHA256SUMS' };
