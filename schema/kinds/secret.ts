// Secrets: that they are there, and what stands for their value. No field tells the value.
import { ownPlace } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { byName, byTime, namedFilter, nameReference } from '../lists/namedKinds.ts';
import { namedFields, NamedResource, Node } from '../fields/sharedFields.ts';
import { defineResource } from '../lists/defineResource.ts';

export const Secret = defineResource('Secret', {
  access: ownPlace,
  filter: namedFilter,
  orders: { ...byName, ...byTime },
  references: nameReference,
});

builder.prismaObject('Secret', {
  description: 'A value that labd keeps encrypted and tells nobody. Whoever may change it may replace the value.',
  interfaces: [Node, NamedResource],
  fields: (t) => ({
    ...namedFields(t, 'Secret'),
    description: t.exposeString('description', { description: 'What it is for, in the words of who keeps it.' }),
    secretRef: t.exposeString('secretRef', {
      description: 'Stands for the value and tells nothing of it: it is another one if, and only if, the value is.',
    }),
  }),
});
