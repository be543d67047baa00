// Whether a port is free, and when a server answers.
import { get } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Throws an Error that says how to choose another port when this one is taken on loopback. */
export async function demandFreePort(port, what, flag) {
  const error = await new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', resolve);
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(null)));
  });
  if (error?.code === 'EADDRINUSE') {
    throw new Error(
      `Port ${port}, which ${what} is to listen on, is in use (another npm start?). ` +
        `End that program, or choose another port: npm start -- ${flag} ${port + 1}`,
    );
  }
  if (error)
    throw new Error(
      `${what} cannot listen on port ${port}: ${error.message}. Choose another: npm start -- ${flag} 14000`,
    );
}

/** Resolves once a GET of the address answers 200. Throws an Error after `patience` milliseconds. */
export async function answering(url, patience) {
  const deadline = Date.now() + patience;
  for (;;) {
    const answer = await status(url);
    if (answer === 200) return;
    if (Date.now() > deadline) throw new Error(`${url} has not answered for ${patience / 1000} s (last: ${answer}).`);
    await sleep(50);
  }
}

function status(url) {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', (error) => resolve(error.message));
  });
}
