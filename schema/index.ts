// The whole graph: every kind with its roots, then what is more than a kind.
import './scalars.ts';
import { builder } from './builder.ts';
import { guard } from './guard.ts';
import { resources } from './kinds/index.ts';
import { defineRoots } from './roots.ts';
import './node.ts';
import './about.ts';
import './actions/inventory.ts';
import './actions/undo.ts';
import './actions/apply.ts';
import './audit.ts';
import './history.ts';
import './revision-at.ts';
import './verification.ts';
import './actions/access.ts';
import './actions/enrolment.ts';
import './actions/lifecycle.ts';
import './actions/signin.ts';
import './actions/tokens.ts';
import './actions/uplink.ts';
import './streams/lines.ts';
import './streams/orders.ts';

for (const resource of Object.values(resources)) defineRoots(resource);

/** The executable schema. */
export const schema = guard(builder.toSchema({ sortSchema: false }));

export { type Context, createContext } from './context.ts';
export { documentByHash } from './documents.ts';
