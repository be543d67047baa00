// Asks whether another DHCP server answers on a network, as a machine would that has no address yet.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodePacket, encodeRequest, messageTypes } from './packet.ts';

export interface Asking {
  /** Our own in that network, by which the system finds the interface */
  readonly address: string;
  readonly mac: string;
  /** Nobody else's, to tell answers to us from others */
  readonly xid: number;
  /** Milliseconds until nobody answers any more: servers look for whether an address is free before they offer it */
  readonly patience: number;
}

const [SERVER, CLIENT] = [67, 68];
const ALL = '255.255.255.255';
/** Milliseconds between two of our questions: the first may be lost. */
const AGAIN = 1_000;

/** The servers that offer an address; ours are among them when they run already. Throws when it cannot be asked. */
export async function otherServers({ address, mac, xid, patience }: Asking): Promise<string[]> {
  const found = new Set<string>();
  // One is for answers to all; by the address of the other the system knows the way out, also where it has no route.
  const sockets = [createSocket({ type: 'udp4', reuseAddr: true }), createSocket({ type: 'udp4', reuseAddr: true })];
  const [all, own] = sockets as [Socket, Socket];
  const heard = (bytes: Buffer, from: { address: string }) => {
    const packet = decodePacket(bytes);
    if (packet?.fromServer && packet.xid === xid && packet.options.get(53)?.[0] === messageTypes.offer) {
      const server = packet.options.get(54);
      found.add(server?.length === 4 ? server.join('.') : from.address);
    }
  };
  try {
    for (const socket of sockets) socket.on('message', heard);
    all.bind(CLIENT, '0.0.0.0');
    await once(all, 'listening');
    own.bind(CLIENT, address);
    await once(own, 'listening');
    own.setBroadcast(true);
    const options = new Map([
      [53, Buffer.from([messageTypes.discover])],
      [55, Buffer.from([1, 3, 6])],
    ]);
    const question = encodeRequest({ xid, mac, options });
    for (let waited = 0; waited < patience && found.size === 0; waited += AGAIN) {
      await new Promise<void>((resolve, reject) =>
        own.send(question, SERVER, ALL, (error) => (error ? reject(error) : resolve())),
      );
      await sleep(Math.min(AGAIN, patience - waited));
    }
  } finally {
    for (const socket of sockets) socket.close();
  }
  return [...found];
}
