// GraphiQL's page: bundled at build time, so that it works where there is no network but labd's.
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createClient } from 'graphql-ws/client';
import { createRoot } from 'react-dom/client';
import 'graphiql/style.css';
import './page.css';
import { examples } from './examples.js';

const folder = new URL('.', import.meta.url);
/** Monaco's workers, by the label it asks with; the build writes them beside this file. */
const workers = { json: WORKERS.json, graphql: WORKERS.graphql };
globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(new URL(workers[label] ?? WORKERS.editor, folder), { type: 'module' }),
};

const url = new URL('/graphql', location.href);
const socket = new URL(url);
socket.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';

const fetcher = createGraphiQLFetcher({
  url: url.href,
  wsClient: createClient({ url: socket.href, retryAttempts: Infinity, shouldRetry: () => true }),
});

createRoot(document.getElementById('graphiql')).render(
  <GraphiQL fetcher={fetcher} defaultTabs={examples} defaultEditorToolsVisibility={true} isHeadersEditorEnabled={true}>
    <GraphiQL.Logo>labd</GraphiQL.Logo>
  </GraphiQL>,
);
