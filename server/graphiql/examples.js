// The queries that GraphiQL opens with, one tab each.
import clusters from './examples/clusters.graphql';
import networks from './examples/networks.graphql';
import servers from './examples/servers.graphql';
import watch from './examples/watch.graphql';
import bastions from './examples/bastions.graphql';

export const examples = [servers, networks, clusters, bastions, watch].map((query) => ({ query }));
