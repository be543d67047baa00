// What the specs of named kinds have in common: their filters, orders and the reference by name.
import { filterBy } from './filter.ts';
import type { Reference } from './defineResource.ts';

/** Columns that every named kind is found by. */
export const namedColumns = { name: 'text', labelText: 'text' } as const;

/** Filters on what every named kind has. */
export const namedFilter = {
  search: filterBy.search({ own: namedColumns }, 'its name or a label such as `rack=a1`'),
  name: filterBy.text('name', 'Only objects whose name meets this.'),
  cloud: filterBy.text('cloud', 'Only objects in clouds whose name meets this.'),
  environment: filterBy.text('environment', 'Only objects in environments whose name meets this.'),
  labels: filterBy.labels(),
} as const;

/** The default order of every named kind. */
export const byName = {
  NAME: {
    column: 'name',
    unique: true,
    description: 'By name, in the order of character codes: `m-10` comes before `m-2`.',
  },
} as const;

/** Orders by time, of every named kind. */
export const byTime = {
  CREATED_AT: { column: 'createdAt', type: 'moment', description: 'By when the object was created in labd.' },
  UPDATED_AT: { column: 'updatedAt', type: 'moment', description: 'By when it was last changed.' },
} as const;

/** The order by name of what is named only within another object. */
export const byLocalName = {
  NAME: {
    column: 'name',
    description: 'By name, then by id, since names are unique only within the object they belong to.',
  },
} as const;

/** The reference by name. */
export const nameReference: { name: Reference } = {
  name: { description: 'The name, a DNS label, which no other object of this kind has.', ways: (name) => [{ name }] },
};
