// Agents on installed servers, as far as people decide about them: they enrol by themselves, and are deleted.
import type { Inventory } from '../objects/objects.ts';

export const agent: Inventory = {
  kind: 'Agent',
  noun: 'agent',
  fields: {},
};
