// Powers machines by Redfish. Nothing is assumed of where things are: every path is one that the service itself gave.
import type { PowerState } from '../../common/power/actions.ts';
import type { Driver, Machine, Powered } from './driver.ts';
import { type Json, RedfishClient } from './redfishClient.ts';
import { PowerTrouble } from './trouble.ts';
import { waitFor, type Waits } from './waits.ts';

const ROOT = '/redfish/v1/';

/** Ways to do each, the first that the service has. */
const RESETS = {
  on: ['On', 'ForceOn', 'PushPowerButton'],
  off: ['ForceOff', 'PushPowerButton'],
  again: ['ForceRestart', 'PowerCycle', 'FullPowerCycle'],
} as const;

const STATES: Readonly<Record<string, PowerState>> = { On: 'ON', PoweringOff: 'ON', Off: 'OFF', PoweringOn: 'OFF' };

const part = (from: Json, name: string): Json => {
  const value = from[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
};
const link = (from: Json, name: string): unknown => part(from, name)['@odata.id'];
const texts = (value: unknown): string[] | undefined =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : undefined;

/** Pages of a list that are read. */
const PAGES = 20;

/** What a list leads to, which may come in pages. */
async function pathsOf(client: RedfishClient, list: unknown): Promise<string[]> {
  const paths: string[] = [];
  let next = list;
  for (let page = 0; page < PAGES && (page === 0 || typeof next === 'string'); page += 1) {
    const { Members, 'Members@odata.nextLink': more } = await client.get(next);
    for (const one of Array.isArray(Members) ? (Members as (Json | null)[]) : []) {
      const path = one?.['@odata.id'];
      if (typeof path === 'string') paths.push(path);
    }
    next = more;
  }
  return paths;
}

/** One system of one service. */
class System {
  readonly #client: RedfishClient;
  readonly #path: string;
  readonly #waits: Waits;
  readonly #signal: AbortSignal;

  private constructor(client: RedfishClient, path: string, waits: Waits, signal: AbortSignal) {
    this.#client = client;
    this.#path = path;
    this.#waits = waits;
    this.#signal = signal;
  }

  static async find({ bmc, signal }: Machine, waits: Waits): Promise<System> {
    const { address = '', user = '', password, fingerprint, insecure = false, system } = bmc;
    if (password === undefined)
      throw new PowerTrouble(
        'labd sent no password: the Secret that spec.bmc.password names is gone, or cannot be read.',
      );
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const host = { address, authorization, fingerprint, insecure, patience: waits.answer, signal };
    const client = new RedfishClient(host, waits);
    const paths = await pathsOf(client, link(await client.get(ROOT), 'Systems'));
    const bare = (path: string) => path.replace(/\/+$/, '');
    const meant = system === undefined ? paths : paths.filter((path) => bare(path) === bare(system));
    const [only, ...others] = meant;
    if (only !== undefined && others.length === 0) return new System(client, only, waits, signal);
    const there = paths.slice(0, 20).join(', ').slice(0, 500) || 'none';
    throw new PowerTrouble(
      system === undefined
        ? `${address} has ${paths.length} systems: ${there}. Say which one in spec.bmc.system.`
        : `${address} has no system ${system}. There are: ${there}.`,
    );
  }

  async state(): Promise<PowerState> {
    return STATES[String((await this.#client.get(this.#path))['PowerState'])] ?? 'UNKNOWN';
  }

  async on(): Promise<Powered> {
    if ((await this.state()) !== 'ON') await this.#reset(RESETS.on, 'on');
    return this.#comesTo('ON');
  }

  async off(): Promise<Powered> {
    if ((await this.state()) !== 'OFF') await this.#reset(RESETS.off, 'off');
    return this.#comesTo('OFF');
  }

  async cycle(): Promise<Powered> {
    if ((await this.state()) === 'OFF') return this.on();
    const { allowed } = await this.#resets();
    if (allowed && !RESETS.again.some((type) => allowed.includes(type))) {
      await this.off();
      return this.on();
    }
    await this.#reset(RESETS.again, 'cycled');
    return this.#comesTo('ON');
  }

  async netboot(): Promise<Powered> {
    await this.#bootFromNetwork();
    return this.cycle();
  }

  async #comesTo(state: 'ON' | 'OFF'): Promise<Powered> {
    await waitFor(state, () => this.state(), this.#waits, this.#signal);
    return { state };
  }

  async #resets(): Promise<{ target: unknown; allowed: string[] | undefined }> {
    const action = part(part(await this.#client.get(this.#path), 'Actions'), '#ComputerSystem.Reset');
    const said = texts(action['ResetType@Redfish.AllowableValues']);
    const about = action['@Redfish.ActionInfo'];
    return { target: action['target'], allowed: said ?? (about === undefined ? undefined : await this.#told(about)) };
  }

  /** What a service tells apart from the action. */
  async #told(about: unknown): Promise<string[] | undefined> {
    const { Parameters } = await this.#client.get(about);
    const found = (Array.isArray(Parameters) ? Parameters : []).find(
      (one: Json | null) => one?.['Name'] === 'ResetType',
    ) as Json | undefined;
    return texts(found?.['AllowableValues']);
  }

  async #reset(types: readonly string[], done: string): Promise<void> {
    const { target, allowed } = await this.#resets();
    if (target === undefined) throw new PowerTrouble('Its service has no action to reset it.');
    const ResetType = types.find((type) => allowed?.includes(type) ?? true);
    if (ResetType === undefined)
      throw new PowerTrouble(`Its service cannot have it ${done}. It can: ${allowed!.join(', ').slice(0, 300)}.`);
    await this.#client.post(target, { ResetType });
  }

  /** Once, and read back: some take such an order and forget it. */
  async #bootFromNetwork(): Promise<void> {
    const system = await this.#client.get(this.#path);
    const settings = link(part(system, '@Redfish.Settings'), 'SettingsObject');
    const pending = settings === undefined ? undefined : await this.#client.get(settings).catch(() => undefined);
    const at = pending && 'Boot' in pending ? settings : this.#path;
    const boot = part(system, 'Boot');
    const allowed = texts(boot['BootSourceOverrideTarget@Redfish.AllowableValues']);
    const target = ['Pxe', 'UefiHttp'].find((one) => allowed?.includes(one) ?? true);
    if (target === undefined)
      throw new PowerTrouble(
        `Its service cannot have it boot from the network. It can: ${allowed!.join(', ').slice(0, 300)}.`,
      );
    const least = { BootSourceOverrideTarget: target, BootSourceOverrideEnabled: 'Once' };
    const mode = boot['BootSourceOverrideMode'];
    const whole = typeof mode === 'string' ? { ...least, BootSourceOverrideMode: mode } : least;
    const took = async (wanted: Json): Promise<boolean> => {
      const { status } = await this.#client.patch(at, { Boot: wanted });
      if (status === 401 || status === 403) await this.#client.demandPatch(at, { Boot: wanted });
      const now = part(await this.#client.get(at), 'Boot');
      return now['BootSourceOverrideTarget'] === target && now['BootSourceOverrideEnabled'] === 'Once';
    };
    // Some want all of it, some refuse what is so already.
    for (const wanted of [least, whole, { BootSourceOverrideTarget: target }]) if (await took(wanted)) return;
    throw new PowerTrouble(
      'Its service takes the order to boot from the network, and does not do it. Set the boot order by hand.',
    );
  }
}

export const redfish = (waits: Waits): Driver => ({
  on: async (machine) => (await System.find(machine, waits)).on(),
  off: async (machine) => (await System.find(machine, waits)).off(),
  cycle: async (machine) => (await System.find(machine, waits)).cycle(),
  status: async (machine) => ({ state: await (await System.find(machine, waits)).state() }),
  netboot: async (machine) => (await System.find(machine, waits)).netboot(),
});
