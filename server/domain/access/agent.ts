// What people may do with agents on installed servers: delete them. Agents enrol by themselves.
import type { Inventory } from '../objects/objects.ts';

export const agent: Inventory = {
  kind: 'Agent',
  noun: 'agent',
  fields: {},
};
