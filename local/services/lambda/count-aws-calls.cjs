/**
 * Counts the HTTP requests that a function sends to the local cloud, and stops it before one is sent or after its answer
 * came but before the function sees it: so that a test can kill a Lambda between any two side effects.
 */
'use strict';

const http = require('node:http');
const { syncBuiltinESMExports } = require('node:module');

/**
 * @param {string} endpoint the local cloud, e.g. http://127.0.0.1:4566
 * @param {(call: number) => void} stop ends the worker
 */
module.exports = function countAwsCalls(endpoint, stop) {
  const port = endpoint ? new URL(endpoint).port : undefined;
  let seen = 0;
  let crash;

  const realRequest = http.request;
  http.request = (...args) => {
    const options = args.find((arg) => arg !== null && typeof arg === 'object' && !(arg instanceof URL)) ?? {};
    const target = String(
      options.port ?? (args[0] instanceof URL || typeof args[0] === 'string' ? new URL(args[0]).port : ''),
    );
    if (port === undefined || target !== port) return realRequest(...args);
    seen += 1;
    if (crash?.awsCall === seen && crash.when === 'before') stop(seen);
    const request = realRequest(...args);
    if (crash?.awsCall === seen && crash.when === 'after')
      request.prependOnceListener('response', () => stop(crash.awsCall));
    return request;
  };
  syncBuiltinESMExports();

  return {
    seen: () => seen,
    reset: (nextCrash) => {
      seen = 0;
      crash = nextCrash;
    },
  };
};
