// What bastions send of installs that they began while they had no labd.
import { builder } from '../base/builder.ts';

export const BegunInput = builder.inputType('BegunInput', {
  description: 'An install that people asked of the bastion itself, while it had no labd.',
  fields: (t) => ({
    parameters: t.field({ type: 'JSON', required: true, description: 'Values of its parameters, by name.' }),
    disk: t.field({
      type: 'JSON',
      description: 'The disk that may be written: its name, serial, wwn and sizeGb; null for none.',
    }),
    files: t.field({
      type: 'JSON',
      required: true,
      description: 'The files that it is installed from: a list, each with use, path and sha256.',
    }),
  }),
});
