// Somebody else, who asks the same thing again and again, on a thread of their own: what they wait for is who answers, not
// whoever floods it. Answers with how long each answer took, milliseconds.
import { Agent, request } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

const { url, headers, body } = workerData;
const agent = new Agent({ keepAlive: true });

const ask = () =>
  new Promise((resolve, reject) => {
    const began = performance.now();
    const sent = request(url, { method: 'POST', agent, headers: { ...headers, 'content-type': 'application/json' } });
    sent.on('error', reject);
    sent.on('response', (response) => {
      if (response.statusCode >= 300) reject(new Error(`It answered ${response.statusCode}`));
      response.resume().on('end', () => resolve(performance.now() - began));
    });
    sent.end(body);
  });

parentPort.on('message', async (times) => {
  const took = [];
  while (took.length < times) took.push(await ask());
  parentPort.postMessage(took);
});
