// What the specs of named kinds have in common: their filters, orders and the reference by name.
import { filterBy } from './filter.ts';
import type { Reference } from './defineResource.ts';

/** Filters on what every named kind has. */
export const namedFilter = {
  name: filterBy.text('name', 'By name.'),
  cloud: filterBy.text('cloud', 'By cloud.'),
  environment: filterBy.text('environment', 'By environment.'),
  labels: filterBy.labels(),
} as const;

/** The default order of every named kind. */
export const byName = { NAME: { column: 'name', unique: true, description: 'By name.' } } as const;

/** Orders by time, of every named kind. */
export const byTime = {
  CREATED_AT: { column: 'createdAt', type: 'moment', description: 'By when it came to be.' },
  UPDATED_AT: { column: 'updatedAt', type: 'moment', description: 'By when it was last changed.' },
} as const;

/** The order by name of what is named only within another object. */
export const byLocalName = { NAME: { column: 'name', description: 'By name.' } } as const;

/** The reference by name. */
export const nameReference: { name: Reference } = {
  name: { description: 'The name.', ways: (name) => [{ name }] },
};
