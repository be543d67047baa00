// The GraphQL-over-HTTP specification's own audits.
import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startToy, type Toy } from './toy.ts';

describe('The GraphQL over HTTP specification', () => {
  let toy: Toy;
  beforeAll(async () => {
    toy = await startToy({ level: 'silent' });
  });
  afterAll(() => toy.stop());

  for (const audit of serverAudits({ url: () => toy.url })) {
    test(audit.name, async () => {
      const result = await audit.fn();
      expect(result.status === 'ok' ? '' : `${result.status}: ${result.reason}`).toBe('');
    });
  }
});
