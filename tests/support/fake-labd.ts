// A small labd for tests of the bastion: the real graph over a real socket, with the uplink's rules and nothing behind it.
import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { buildSchema, execute, parse, subscribe, validate } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type {
  AcknowledgeOrderInput,
  EnrolInput,
  HeldServersQuery,
  OpenUplinkInput,
  PushUplinkInput,
  RenewCertificateInput,
  UplinkItemInput,
} from '../../bastion/generated/documents.ts';
import type { FakeOrder as Order } from './fakeOrder.ts';
import type { Authority } from '../../server/domain/access/authority.ts';
import type { Certified } from '../../server/domain/access/certificateSubject.ts';

type HeldServer = NonNullable<HeldServersQuery['bastion']>['servers']['nodes'][number];
type Answer = { __typename: string } & Record<string, unknown>;

export interface FakeLabd {
  url: string;
  port: number;
  /** What it took, in order, and how each session was opened */
  readonly items: UplinkItemInput[];
  readonly opened: OpenUplinkInput[];
  readonly pushed: PushUplinkInput[];
  /** What the bastion said will never come */
  readonly losses: { count: number; reason: string }[];
  readonly acknowledgedOrders: AcknowledgeOrderInput[];
  readonly connectionParams: unknown[];
  readonly closeCodes: number[];
  /** What asked to join, and who showed a certificate at each connection */
  readonly enrolled: EnrolInput[];
  readonly peers: (Certified | undefined)[];
  readonly renewed: RenewCertificateInput[];
  /** Servers that it says the bastion holds */
  held: HeldServer[];
  /** Called as a page of them was read; its answer waits for it, and fails if it does */
  onLoad: (() => Promise<void>) | undefined;
  /** What it says of how machines boot; nothing when null */
  boots: readonly { mac: string; way: unknown }[] | null;
  /** May be changed to take back what was acknowledged */
  acknowledged: number;
  snapshotWanted: boolean;
  /** Answers instead of the usual ones; undefined lets the usual happen */
  onEnrol: ((input: EnrolInput) => Answer | undefined) | undefined;
  /** Closes on whoever connects with this code instead of serving it */
  closeWith: number | undefined;
  /** Cuts the answer to what asks to join, after it was let in */
  loseEnrolments: boolean;
  onOpen: ((input: OpenUplinkInput) => Answer | undefined) | undefined;
  onPush: ((input: PushUplinkInput) => Answer | Promise<Answer | undefined> | undefined) | undefined;
  /** What it says of the attempt of an order to install that is done */
  attemptOpen: boolean;
  /** What it says of an order to power that is taken; undefined for no answer at all */
  stillWanted: boolean | undefined;
  order(order: Pick<Order, 'id' | 'kind' | 'macs'> & Partial<Order>): void;
  /** MACs of everything reported, snapshots included */
  macs(): string[];
  /** Cuts all connections; it goes on accepting new ones. */
  cut(): void;
  /** Reads nothing any more from connections that stay open. */
  freeze(): void;
  stop(): Promise<void>;
}

export interface FakeLabdOptions {
  /** Lets a later one take the place of an earlier one */
  port?: number;
  /** Serves TLS, with a certificate of its own, and lets bastions in */
  authority?: Authority | undefined;
  /** What its certificate names */
  hosts?: string[];
}

/** Starts one. */
export async function startFakeLabd({
  port = 0,
  authority,
  hosts = ['127.0.0.1', 'localhost'],
}: FakeLabdOptions = {}): Promise<FakeLabd> {
  const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'));
  const epochs = { last: 0 };
  let instance = '';
  /** Running hashes by what they are up to */
  const hashes = new Map<number, string | null>();
  let orders: Order[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of [...waiting]) look();
    waiting.clear();
  };
  const own = authority && (await authority.issueServer({ hosts }));
  const answer = (request: IncomingMessage, response: ServerResponse) => void post(request, response);
  const http = own
    ? createTlsServer(
        {
          cert: own.certificate,
          key: own.key,
          ca: [...authority.trusted],
          requestCert: true,
          rejectUnauthorized: false,
        },
        answer,
      )
    : createServer(answer);
  const sockets = new WebSocketServer({ server: http, path: '/graphql' });
  const bastionId = randomUUID();
  const sign = async (csr: string, name: string) => {
    const subject = { kind: 'bastion', id: bastionId, name, enrolment: bastionId } as const;
    const { certificate, expiresAt } = await authority!.sign(csr, subject);
    const { certificate: ca, crossCertificates } = authority!;
    const shown = { certificate, authority: ca, crossCertificates };
    return { __typename: 'Enrolment', id: `Bastion:${bastionId}`, name, ...shown, expiresAt };
  };
  const root = {
    enrol({ input }: { input: EnrolInput }) {
      labd.enrolled.push(input);
      return labd.onEnrol?.(input) ?? sign(input.csr, input.name ?? input.hostname ?? 'from-the-token');
    },
    renewCertificate({ input }: { input: RenewCertificateInput }) {
      labd.renewed.push(input);
      return sign(input.csr, 'renewed');
    },
    openUplink({ input }: { input: OpenUplinkInput }) {
      labd.opened.push(input);
      const instead = labd.onOpen?.(input);
      if (instead) return instead;
      const hash = hashes.get(labd.acknowledged) ?? null;
      if (instance === '' || (hash === null && input.instance !== instance)) {
        labd.acknowledged = input.oldest > 0 ? input.oldest - 1 : input.newest;
        if (labd.acknowledged > 0) labd.snapshotWanted = true;
      }
      instance = input.instance;
      epochs.last += 1;
      wake();
      const { acknowledged, snapshotWanted } = labd;
      return {
        __typename: 'Uplink',
        bastion: { id: `Bastion:${input.name}` },
        epoch: epochs.last,
        acknowledged,
        hash: hashes.get(acknowledged) ?? null,
        snapshotWanted,
      };
    },
    async pushUplink({ input }: { input: PushUplinkInput }) {
      labd.pushed.push(input);
      const instead = await labd.onPush?.(input);
      if (instead) return instead;
      if (input.epoch < epochs.last)
        return { __typename: 'UplinkFenced', message: 'A newer connection took over.', epoch: epochs.last };
      if (input.lost && input.lost.through > labd.acknowledged) {
        labd.losses.push({ count: input.lost.through - labd.acknowledged, reason: input.lost.reason });
        labd.acknowledged = input.lost.through;
        labd.snapshotWanted = true;
      }
      for (const item of input.items) {
        if (item.sequence <= labd.acknowledged) continue;
        const expected = labd.acknowledged + 1;
        if (item.sequence !== expected)
          return { __typename: 'UplinkGap', expected, message: `Expected ${expected}, got ${item.sequence}.` };
        labd.items.push(item);
        labd.acknowledged = item.sequence;
        if (item.body.snapshotEnd) labd.snapshotWanted = false;
      }
      hashes.set(labd.acknowledged, input.hash ?? null);
      const { acknowledged, snapshotWanted } = labd;
      return { __typename: 'UplinkAcknowledged', acknowledged, snapshotWanted };
    },
    acknowledgeOrder({ input }: { input: AcknowledgeOrderInput }) {
      labd.acknowledgedOrders.push(input);
      // What is taken is sent no more, like what is over.
      orders = orders.filter(({ id }) => id !== input.order);
      const attemptOpen = input.secretHash ? labd.attemptOpen : null;
      const stillWanted = input.outcome === 'TAKEN' ? labd.stillWanted : null;
      if (stillWanted === undefined) return new Promise<never>(() => {});
      return { __typename: 'OrderAcknowledged', order: input.order, attemptOpen, stillWanted };
    },
    async *bastionOrders({ epoch }: { epoch: number }) {
      const sent = new Set<string>();
      while (epoch === epochs.last) {
        const next = orders.find(({ id }) => !sent.has(id));
        if (next) {
          sent.add(next.id);
          yield { bastionOrders: next };
        } else await new Promise<void>((resolve) => void waiting.add(resolve));
      }
    },
    bastionSite({ known }: { known?: string | null }) {
      const { boots } = labd;
      const tag = JSON.stringify(boots);
      return boots && tag !== known ? { tag, networks: [], reservations: [], boots } : null;
    },
    bastion: () => ({
      async servers({ first, after }: { first: number; after?: string | null }) {
        const { held } = labd;
        await labd.onLoad?.();
        const from = after ? Number(after) : 0;
        const end = from + first;
        return {
          nodes: held.slice(from, end),
          pageInfo: { hasNextPage: end < held.length, hasPreviousPage: from > 0, endCursor: String(end) },
        };
      },
    }),
  };
  useServer(
    {
      schema,
      // graphql-ws would load its own copy of graphql under vitest, and each knows only its own schemas.
      parse,
      validate: (...args: Parameters<typeof validate>) => validate(...args),
      execute: (args: Parameters<typeof execute>[0]) => execute(args),
      subscribe: (args: Parameters<typeof subscribe>[0]) => subscribe(args),
      roots: { query: root, mutation: root, subscription: root },
      onConnect({ connectionParams, extra }) {
        labd.connectionParams.push(connectionParams);
        const { socket } = extra.request;
        const shown = authority && (socket as TLSSocket).authorized && (socket as TLSSocket).getPeerCertificate();
        labd.peers.push(shown ? authority.read(shown.raw) : undefined);
        if (labd.closeWith !== undefined) extra.socket.close(labd.closeWith, 'The certificate was revoked');
        return labd.closeWith === undefined;
      },
    },
    sockets,
  );
  sockets.on('connection', (socket) => socket.once('close', (code) => labd.closeCodes.push(code)));
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  const address = http.address() as AddressInfo;
  async function post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { query, variables } = JSON.parse(Buffer.concat(chunks).toString()) as { query: string; variables: object };
    const document = parse(query);
    const result = await execute({ schema, document, rootValue: root, variableValues: { ...variables } });
    if (labd.loseEnrolments) return void request.socket.destroy();
    response.setHeader('content-type', 'application/json').end(JSON.stringify(result));
  }
  const labd: FakeLabd = {
    url: `${own ? 'https' : 'http'}://127.0.0.1:${address.port}/graphql`,
    port: address.port,
    items: [],
    opened: [],
    pushed: [],
    losses: [],
    acknowledgedOrders: [],
    connectionParams: [],
    closeCodes: [],
    enrolled: [],
    peers: [],
    renewed: [],
    onEnrol: undefined,
    closeWith: undefined,
    loseEnrolments: false,
    held: [],
    onLoad: undefined,
    boots: null,
    acknowledged: 0,
    snapshotWanted: false,
    onOpen: undefined,
    onPush: undefined,
    attemptOpen: true,
    stillWanted: true,
    order(order) {
      const none = { serverId: null, attempt: null, os: null, role: null, status: null };
      orders.push({ ...none, name: `m-${order.id}`, createdAt: '2026-01-01T00:00:00.000Z', ...order });
      wake();
    },
    macs: () =>
      labd.items.flatMap(({ body }) => [
        ...(body.report ? [body.report.mac] : []),
        ...(body.snapshotPart?.reports ?? []).map(({ mac }) => mac),
      ]),
    cut: () => sockets.clients.forEach((socket) => socket.terminate()),
    freeze: () => sockets.clients.forEach((socket) => socket.pause()),
    async stop() {
      labd.cut();
      sockets.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return labd;
}
