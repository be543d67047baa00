// OS profiles: systems that can be installed.
import { isShipped, readEmpty } from '../../server/domain/fleet/contract/profiles.ts';
import { bastionsField } from './bastionProfiles.ts';
import { ownPlace } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { byName, byTime, namedFilter, nameReference } from '../lists/namedKinds.ts';
import { filterBy } from '../lists/filter.ts';
import { namedFields, NamedResource, Node } from '../fields/sharedFields.ts';
import { defineResource } from '../lists/defineResource.ts';

export const Profile = defineResource('Profile', {
  access: ownPlace,
  filter: {
    ...namedFilter,
    installer: filterBy.text('installer', 'By what installs it, such as `kickstart`.'),
    architecture: filterBy.text('architecture', 'By the architecture of its machines, such as `x86_64`.'),
    endOfLife: filterBy.flag('endOfLife', 'Only those that their makers mend no more, or only the others.'),
  },
  orders: { ...byName, ...byTime },
  references: nameReference,
});

builder.prismaObject('Profile', {
  description:
    'A system that can be installed, and how. Those that come with labd are read by everybody, changed by nobody, and serve every server; others serve the servers of their own cloud and environment.',
  interfaces: [Node, NamedResource],
  fields: (t) => ({
    ...namedFields(t, 'Profile'),
    title: t.exposeString('title', { description: 'What people call it, such as `Fedora 43`.' }),
    installer: t.exposeString('installer', {
      description: 'What installs it: `kickstart`, `preseed`, `autoinstall`, `image` or `custom`.',
    }),
    architecture: t.exposeString('architecture', { description: 'Of the machines that it is for, such as `x86_64`.' }),
    endOfLife: t.exposeBoolean('endOfLife', { description: 'Whether its makers mend it no more.' }),
    shipped: t.boolean({
      description: 'Whether it came with labd, which alone changes it.',
      extensions: { columns: ['cloud', 'environment'] },
      resolve: (row) => isShipped(row as unknown as Record<string, unknown>),
    }),
    withdrawn: t.exposeBoolean('withdrawn', {
      description: 'Whether it came with an earlier labd, and the present one has it no more.',
    }),
    mirror: t.exposeString('mirror', { description: 'The address that its files are below; empty when it has none.' }),
    sums: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Where the mirror lists the sums of its files, as `form` and `path`; null for nowhere.',
      extensions: { columns: ['sums'] },
      resolve: (row) => readEmpty((row as unknown as { sums: unknown }).sums),
    }),
    files: t.expose('files', {
      type: 'JSON',
      description: 'What a bastion must have to install it: a list of `use`, `path`, `bytes` and `sha256`.',
    }),
    kernelArguments: t.exposeStringList('kernelArguments', {
      description: 'What the kernel of the installer is started with.',
    }),
    templates: t.expose('templates', { type: 'JSON', description: 'What the installer is told: texts by file name.' }),
    parameters: t.expose('parameters', {
      type: 'JSON',
      description:
        'What an install can be told: a list of `name`, `type`, `default`, `required`, `secret` and `help`. Of a secret, the value given is the name of a Secret.',
    }),
    needs: t.expose('needs', {
      type: 'JSON',
      description: 'What a machine must have: `memoryGb` in GiB, `diskGb`, and `firmware`, any when that is empty.',
    }),
    disk: t.expose('disk', {
      type: 'JSON',
      description: 'Which disk it goes to: all that is said must hold, and `pick` decides where several fit.',
    }),
    stages: t.exposeStringList('stages', { description: 'The stages that it goes through, in their order.' }),
    bastions: t.field(bastionsField),
  }),
});
