// What people ask of a bastion without labd: what it knows of a machine, and to install it.
import { nameOf } from '../../common/machineName.ts';
import type { Installs } from '../standalone/installs.ts';
import { readJson } from './body.ts';
import { fieldsOf, flag, requiredText } from './fields.ts';
import type { DemandPerson } from './people.ts';
import { Refusal } from './refusal.ts';
import type { Route } from './route.ts';

export interface InstallRoutes {
  readonly installs: Installs;
  /** No labd decides what is installed here */
  readonly standalone: boolean;
  readonly demand: DemandPerson;
}

export function installRoutes({ installs, standalone, demand }: InstallRoutes): Route[] {
  const demandAlone = () => {
    if (standalone) return;
    throw new Refusal(
      409,
      'This bastion has a labd, which decides what is installed',
      'Ask labd: lab provision SERVER --os PROFILE. Only a bastion that was started with --standalone decides by itself.',
    );
  };
  return [
    {
      method: 'GET',
      path: '/api/machines/:machine',
      answer({ request, places }) {
        demand(request);
        const machine = installs.machine(places['machine'] ?? '');
        return { status: 200, body: { ...machine, name: nameOf(machine) } };
      },
    },
    {
      method: 'POST',
      path: '/api/installs',
      async answer({ request }) {
        demand(request);
        demandAlone();
        const from = fieldsOf(await readJson(request));
        const asked = {
          machine: requiredText(from, 'machine'),
          os: requiredText(from, 'os'),
          set: from.values['set'],
          again: flag(from, 'again') ?? false,
        };
        if (flag(from, 'dryRun') === true) {
          const { machine, plan, resolved, rendered, hasData, bootWarning } = await installs.consider(asked);
          const { profile, disk } = plan;
          const about = {
            server: nameOf(machine),
            os: profile.name,
            parameters: resolved,
            disk,
            ...rendered,
            hasData,
            bootWarning,
          };
          return { status: 200, body: about };
        }
        const { os, number, plan } = await installs.begin(asked);
        return { status: 200, body: { machine: plan!.machine.name, mac: plan!.machine.macs[0], os, number } };
      },
    },
    {
      method: 'POST',
      path: '/api/installs/cancel',
      async answer({ request }) {
        demand(request);
        demandAlone();
        const machine = await installs.cancel(requiredText(fieldsOf(await readJson(request)), 'machine'));
        return { status: 200, body: { machine: nameOf(machine), status: machine.status } };
      },
    },
  ];
}
