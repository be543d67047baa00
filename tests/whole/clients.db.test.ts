// labd, as clients meet it that nobody here wrote: Apollo Client, graphql-ws' own, and the specification's audits.
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { serverAudits } from 'graphql-http';
import { createClient } from 'graphql-ws';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { labd } from './processes.ts';

const create = 'mutation ($name: String!) { createBastion(input: { name: $name }) { __typename } }';

test('all audits of GraphQL over HTTP pass, the optional ones included', async () => {
  const { url, authorization } = await labd();
  const fetchFn = (input: string, init?: RequestInit) =>
    fetch(input, { ...init, headers: { ...init?.headers, authorization } });
  const results = await Promise.all(serverAudits({ url, fetchFn }).map((audit) => audit.fn()));
  expect(results.length).toBeGreaterThan(50);
  expect(results.filter(({ status }) => status !== 'ok')).toEqual([]);
});

test('Apollo Client queries, mutates, pages through a connection and keeps objects by their ids', async () => {
  const { url, authorization } = await labd();
  const link = new HttpLink({ uri: url, headers: { authorization } });
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const made = await client.mutate<{ createNetwork: { __typename: string; id: string } }>({
    mutation: gql`
      mutation {
        createNetwork(input: { name: "lab", cidr: "192.168.8.0/24" }) {
          __typename
          ... on Network {
            id
            name
          }
        }
      }
    `,
  });
  expect(made.data!.createNetwork).toMatchObject({ __typename: 'Network', name: 'lab' });
  const { data } = await client.query<{
    networks: { edges: { cursor: string; node: { id: string; cidr: string } }[] };
  }>({
    query: gql`
      query ($first: Int) {
        networks(first: $first) {
          edges {
            cursor
            node {
              id
              name
              cidr
            }
          }
        }
      }
    `,
    variables: { first: 1 },
  });
  const [edge] = data!.networks.edges;
  expect(edge!.node).toMatchObject({ id: made.data!.createNetwork.id, cidr: '192.168.8.0/24' });
  expect(client.cache.extract()).toHaveProperty([`Network:${edge!.node.id}`]);
});

test("graphql-ws' own client follows a watch and sends mutations over the same socket", async () => {
  const { url, authorization } = await labd();
  const client = createClient({ url, webSocketImpl: WebSocket, connectionParams: { authorization } });
  onTestFinished(() => void client.dispose());
  const events = client.iterate<{ watchBastions: { __typename: string; bastion?: { name: string } } }>({
    query: 'subscription { watchBastions { __typename ... on BastionAdded { bastion { name } } } }',
  });
  expect((await events.next()).value).toEqual({ data: { watchBastions: { __typename: 'Bookmark' } } });
  const answers = client.iterate({ query: create, variables: { name: 'north' } });
  expect((await answers.next()).value).toEqual({ data: { createBastion: { __typename: 'Bastion' } } });
  expect((await events.next()).value).toEqual({
    data: { watchBastions: { __typename: 'BastionAdded', bastion: { name: 'north' } } },
  });
});
