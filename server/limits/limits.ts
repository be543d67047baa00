// The default limits on requests and operations.

/** The limits of the serving side. Most of those on one operation are settings: see settings.ts. */
export interface Limits {
  /** Bytes of one request or WebSocket message */
  maxBytes: number;
  /** Tokens of a document */
  maxTokens: number;
  /** Aliases in a document */
  maxAliases: number;
  /** Fields below one another */
  maxDepth: number;
  /** Directives in a document */
  maxDirectives: number;
  /** Lists and objects in one another, in arguments and variables */
  maxValueDepth: number;
  /** Values that an operation's arguments may compare with, list or set, each variable counted wherever it is used */
  maxConditions: number;
  /** Manifests that one operation may apply, as many as apply itself takes */
  maxManifests: number;
  /** Objects that an answer may hold, as estimated before anything runs */
  maxCost: number;
  /** Milliseconds that a query or a mutation may run */
  timeLimit: number;
  /** Operations at once on one WebSocket */
  maxOperations: number;
  /** Bytes that may wait for a WebSocket's peer */
  maxWaiting: number;
  /** Milliseconds between looks for connections whose peer does not read */
  stalledEvery: number;
  /** Milliseconds between pings of a WebSocket */
  keepAlive: number;
}

export const LIMITS: Limits = {
  maxBytes: 256 * 1024,
  maxTokens: 1000,
  maxAliases: 100,
  maxDepth: 20,
  maxDirectives: 50,
  maxValueDepth: 50,
  maxConditions: 1000,
  maxManifests: 1000,
  maxCost: 100_000,
  timeLimit: 30_000,
  maxOperations: 1000,
  maxWaiting: 8 * 1024 * 1024,
  stalledEvery: 15_000,
  keepAlive: 12_000,
};
