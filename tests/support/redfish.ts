// A Redfish service for tests, over TLS, in front of any machine. What real ones do against all expectation can be switched on.
import { createHash, X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { authorityOf, makeAuthority } from '../../server/domain/access/authority.ts';
import { realSystem } from '../../common/system.ts';

/** What it stands in front of. */
export interface Machine {
  isOn(): boolean | Promise<boolean>;
  on(): void | Promise<void>;
  off(): void | Promise<void>;
  restart(): void | Promise<void>;
  /** Has it boot from the network, once */
  netboot?(): void | Promise<void>;
}

export interface Quirks {
  /** Changes need an ETag: a strong one, or a weak one; with `none` an ETag makes it refuse */
  etag?: 'strong' | 'weak' | 'none';
  /** It redirects POST and PATCH to this address, or to the path with a slash */
  redirect?: string | true;
  /** Times that it is busy before each change, and how it says so */
  busy?: { times: number; status: 409 | 503 | 400 };
  /** Systems that it has besides */
  others?: readonly string[];
  /** It takes the override and forgets it; `until` it is told with the mode too */
  forgets?: 'always' | 'without-mode';
  /** The override belongs into another object */
  settings?: true;
  /** How it can be reset; what is not said is left out of its answer */
  resets?: readonly string[];
  /** It tells that apart */
  actionInfo?: true;
  /** Paths end with a slash, or there is nothing */
  slashes?: true;
  /** Nothing it is told has an effect */
  inert?: true;
  /** It answers everything so instead */
  instead?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export interface RedfishService {
  readonly address: string;
  readonly fingerprint: string;
  readonly quirks: Quirks;
  /** Each request: method, path, body */
  readonly asked: string[];
  readonly boot: { enabled: string; target: string };
  stop(): Promise<void>;
}

export const USER = 'root';
export const PASSWORD = 'geheim "x" $HOME';
const SYSTEM = '/redfish/v1/Systems/437XR1138R2';
const SETTINGS = `${SYSTEM}/Settings`;
const INFO = `${SYSTEM}/ResetActionInfo`;
const RESET = `${SYSTEM}/Actions/ComputerSystem.Reset`;

export async function startRedfish(
  machine: Machine,
  quirks: Quirks = {},
  port = 0,
  host = '127.0.0.1',
): Promise<RedfishService> {
  const authority = await authorityOf(await makeAuthority(realSystem), realSystem);
  const { certificate, key } = await authority.issueServer({ hosts: [host] });
  const asked: string[] = [];
  const boot = { enabled: 'Disabled', target: 'None' };
  const state = { version: 1, busy: quirks.busy?.times ?? 0 };
  const etag = () => (quirks.etag === 'weak' ? `W/"${state.version}"` : `"${state.version}"`);

  const system = async () => {
    const allowed = { 'ResetType@Redfish.AllowableValues': quirks.resets };
    const override = {
      BootSourceOverrideEnabled: boot.enabled,
      BootSourceOverrideTarget: boot.target,
      BootSourceOverrideMode: 'UEFI',
      'BootSourceOverrideTarget@Redfish.AllowableValues': ['None', 'Pxe', 'Hdd'],
    };
    return {
      '@odata.id': SYSTEM,
      PowerState: (await machine.isOn()) ? 'On' : 'Off',
      Boot: override,
      ...(quirks.settings && { '@Redfish.Settings': { SettingsObject: { '@odata.id': SETTINGS } } }),
      Actions: {
        '#ComputerSystem.Reset': {
          target: RESET,
          ...(quirks.actionInfo ? { '@Redfish.ActionInfo': INFO } : quirks.resets ? allowed : {}),
        },
      },
    };
  };
  const objects: Record<string, () => unknown> = {
    '/redfish/v1': () => ({ Systems: { '@odata.id': '/redfish/v1/Systems' } }),
    '/redfish/v1/Systems': () => ({
      Members: [SYSTEM, ...(quirks.others ?? [])].map((path) => ({ '@odata.id': path })),
    }),
    [SYSTEM]: system,
    [SETTINGS]: async () => ({ Boot: (await system()).Boot }),
    [INFO]: () => ({ Parameters: [{ Name: 'ResetType', AllowableValues: quirks.resets }] }),
  };

  const resets: Record<string, () => unknown> = {
    On: () => machine.on(),
    ForceOff: () => machine.off(),
    ForceRestart: () => machine.restart(),
    PowerCycle: () => machine.restart(),
  };

  async function change(method: string, path: string, body: Record<string, unknown>, ifMatch: string | undefined) {
    if (state.busy > 0) {
      state.busy -= 1;
      const { status } = quirks.busy!;
      return {
        status,
        body: { error: { code: status === 400 ? 'iLO.2.14.UnableToModifyDuringSystemPOST' : 'Base.1.8' } },
      };
    }
    if (path === RESET && method === 'POST') {
      const type = String(body['ResetType']);
      if (quirks.resets && !quirks.resets.includes(type))
        return { status: 400, body: { error: { message: `No ${type}.` } } };
      if (!quirks.inert) await resets[type]?.();
      return { status: 204 };
    }
    const at = quirks.settings ? SETTINGS : SYSTEM;
    if (path !== at || method !== 'PATCH') return { status: 405 };
    const strong = `"${state.version}"`;
    if (quirks.etag === 'none' && ifMatch !== undefined) return { status: 412 };
    if (quirks.etag === 'strong' && ifMatch !== strong) return { status: 412 };
    // It gives weak ones, and takes none of these.
    if (quirks.etag === 'weak' && ifMatch !== strong) return { status: ifMatch === undefined ? 428 : 412 };
    state.version += 1;
    const wanted = body['Boot'] as Record<string, string>;
    const forgets =
      quirks.forgets === 'always' || (quirks.forgets === 'without-mode' && !wanted['BootSourceOverrideMode']);
    if (!forgets) {
      boot.enabled = wanted['BootSourceOverrideEnabled'] ?? 'Once';
      boot.target = wanted['BootSourceOverrideTarget'] ?? 'None';
      if (boot.target === 'Pxe') await machine.netboot?.();
    }
    return { status: 204 };
  }

  async function answer(
    request: IncomingMessage,
    text: string,
  ): Promise<{ status: number; body?: unknown; location?: string }> {
    const { method = '', url = '' } = request;
    const given = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
    if (request.headers.authorization !== given)
      return { status: 401, body: { error: { '@Message.ExtendedInfo': [{ Message: 'Not you.' }] } } };
    if (quirks.slashes && !url.endsWith('/')) return { status: 404 };
    const path = url.replace(/\/$/, '');
    if (method === 'GET') {
      const object = objects[path];
      return object ? { status: 200, body: await object() } : { status: 404 };
    }
    if (typeof quirks.redirect === 'string') return { status: 307, location: quirks.redirect };
    if (quirks.redirect && !url.endsWith('/')) return { status: 308, location: `${url}/` };
    return change(method, path, JSON.parse(text) as Record<string, unknown>, request.headers['if-match']);
  }

  const server = createServer({ cert: certificate, key }, (request, response) => {
    if (quirks.instead?.(request, response)) return;
    let text = '';
    request.on('data', (part: Buffer) => void (text += part.toString()));
    request.once('end', () => {
      asked.push([request.method, request.url, ...(text ? [text] : [])].join(' '));
      void answer(request, text).then(({ status, body, location }) => {
        response.writeHead(status, { ETag: etag(), ...(location !== undefined && { Location: location }) });
        response.end(body === undefined ? '' : JSON.stringify(body));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return {
    address: `${host}:${(server.address() as AddressInfo).port}`,
    fingerprint: createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex'),
    quirks,
    asked,
    boot,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
