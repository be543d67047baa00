// What an install would be told, tried: planned and rendered as it would be, and nothing is written.
import { PlanError } from '../../../common/install/parameters.ts';
import type { InstallPlan } from '../../../common/install/plan.ts';
import { renderInstall, type RenderedInstall } from '../../../common/install/render.ts';
import { TemplateError } from '../../../common/install/templateError.ts';
import type { Server } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import { findObject, type Permissions, placeIn, type Target } from '../objects/objects.ts';
import { planInstall, type Planned, type WantedInstall } from './planInstall.ts';
import { server as spec } from './server.ts';

export interface Tried extends Planned {
  readonly server: Server;
  /** Null when nothing can be rendered */
  readonly rendered: RenderedInstall | null;
  /** Why not */
  readonly problem: string | null;
}

/** What only the bastion knows, and what nobody is shown. */
const BASTION = 'http://bastion.invalid:8080';

function render(plan: InstallPlan, names: readonly string[]): Pick<Tried, 'rendered' | 'problem'> {
  const secrets = Object.fromEntries(names.map((name) => [name, `secret-${name}`]));
  const site = {
    bastionUrl: BASTION,
    filesUrl: `${BASTION}/files`,
    treeUrl: `${BASTION}/tree`,
    token: 'token-of-the-attempt',
    secrets,
  };
  try {
    return { rendered: renderInstall(plan, site), problem: null };
  } catch (error) {
    if (error instanceof PlanError || error instanceof TemplateError) return { rendered: null, problem: error.message };
    throw error;
  }
}

/** Plans and renders an install of a server. Throws NotFound, Conflict, InvalidInput, Forbidden, as doing it would. */
export async function tryInstall(tx: Writer, target: Target, wanted: WantedInstall, may: Permissions): Promise<Tried> {
  const server = (await findObject(tx, spec, target, may)) as unknown as Server;
  may.demand('apply', 'Server', { ...placeIn({ ...server }), id: server.id });
  const planned = await planInstall(tx, server, wanted, may);
  return { ...planned, server, ...render(planned.plan, Object.keys(planned.secretIds)) };
}
