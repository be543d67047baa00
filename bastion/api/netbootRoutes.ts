// What machines ask for while they boot and are installed. Addresses are made from where the machine reached us: firmware sends
// a Host without the port (measured with OVMF).
import { join } from 'node:path';
import type { IncomingMessage } from 'node:http';
import type { Boot } from '../boot/boot.ts';
import { fixedIn } from '../boot/fixed.ts';
import { entryScript } from '../boot/ipxe.ts';
import type { Netboot } from '../boot/netboot.ts';
import { mac as readMac } from './fields.ts';
import { httpAddress } from './listener.ts';
import { Refusal } from './refusal.ts';
import type { Answer, Route } from './route.ts';
import { sendFile } from './sendFile.ts';

export interface NetbootRoutes {
  readonly boot: Boot;
  readonly netboot: Netboot;
  /** Folders of iPXE binaries and loaders: the first that has one */
  readonly binaries: readonly string[];
  /** Where a file of a tree is on this disk; undefined when it is not */
  readonly fileAt: (tree: string, path: string) => Promise<string | undefined>;
}

/** Seconds between two questions of a ramdisk that waits for orders. */
const ASK_AGAIN = 5;

const text = (body: string): Answer => ({ status: 200, text: body, type: 'text/plain' });

export const netbootRoutes = ({ boot, netboot, binaries, fileAt }: NetbootRoutes): Route[] => [
  {
    method: 'GET',
    path: '/boot.ipxe',
    unlisted: true,
    answer: ({ request }) => text(entryScript(baseOf(request))),
  },
  {
    method: 'GET',
    path: '/boot/script',
    hasEffects: true,
    unlisted: true,
    async answer({ request, url: { searchParams } }) {
      const question = {
        mac: macIn(searchParams),
        platform: searchParams.get('platform') ?? 'efi',
        address: addressOf(request.socket.remoteAddress),
        base: baseOf(request),
        fixed: fixedIn(searchParams),
      };
      return text(await netboot.scriptFor(question));
    },
  },
  {
    method: 'GET',
    path: '/boot/:file',
    unlisted: true,
    answer: ({ request, places: { file = '' } }) => {
      if (!/^[\w-]+(\.[\w-]+)*$/.test(file)) throw nothing('such a boot file');
      return sendFile(
        binaries.map((folder) => join(folder, file)),
        request,
      );
    },
  },
  {
    method: 'GET',
    path: '/install/:token/:file',
    unlisted: true,
    async answer({ request, places: { token = '', file = '' } }) {
      const found = await netboot.fileFor(token, file, baseOf(request));
      if (found === undefined) throw nothing('such a file of an install that is under way');
      return text(found);
    },
  },
  {
    method: 'GET',
    path: '/files/:tree/*path',
    unlisted: true,
    async answer({ request, places: { tree = '', path = '' } }) {
      const found = await fileAt(tree, path);
      if (found === undefined) throw nothing('such a file');
      return sendFile([found], request);
    },
  },
  {
    method: 'GET',
    path: '/api/ramdisk',
    unlisted: true,
    hasEffects: true,
    answer: ({ url: { searchParams } }) => {
      const mac = macIn(searchParams);
      if (searchParams.get('next') === 'disk') boot.letGo(mac);
      else boot.asks(mac);
      return text(boot.isArmed(mac) ? 'install\n' : `wait ${ASK_AGAIN}\n`);
    },
  },
];

const macIn = (params: URLSearchParams): string => readMac({ values: { mac: params.get('mac') }, path: '' }, 'mac');

const nothing = (what: string): Refusal =>
  new Refusal(404, `There is not ${what}`, 'Boot the machine from the network again: its script names what there is.');

/** An address as it is written: one of IPv4 that came over a socket for both is that of IPv4. */
const addressOf = (address = ''): string => address.replace(/^::ffff:/, '');

const baseOf = ({ socket: { localAddress, localPort } }: IncomingMessage): string =>
  httpAddress(addressOf(localAddress), localPort ?? 0);
