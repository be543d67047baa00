// The whole graph: every kind with its roots, then what is more than a kind.
import './base/scalars.ts';
import { builder } from './base/builder.ts';
import { guard } from './permissions/guard.ts';
import { checkMoments } from './fields/checkMoments.ts';
import { resources } from './kinds/index.ts';
import { defineRoots } from './roots/resourceRoots.ts';
import './roots/node.ts';
import './roots/about.ts';
import './roots/authority.ts';
import './roots/bastionSite.ts';
import './actions/inventory.ts';
import './actions/undo.ts';
import './actions/apply.ts';
import './log/audit.ts';
import './log/history.ts';
import './log/revisionAt.ts';
import './log/verifyAudit.ts';
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
export const schema = guard(checkMoments(builder.toSchema({ sortSchema: false })));

export { createContext } from './base/context.ts';
export { documentByHash } from './roots/storedDocuments.ts';
