/**
 * Counts the HTTP requests that a function sends to the local cloud, and stops it before one is sent or after its answer
 * came but before the function sees it: so that a test can kill a Lambda between any two side effects. Or lets its clock
 * jump there.
 */
'use strict';

const http = require('node:http');
const { syncBuiltinESMExports } = require('node:module');

/**
 * @param {string} endpoint the local cloud, e.g. http://127.0.0.1:4566
 * @param {(call: number) => void} stop ends the worker
 * @param {(byMs: number) => void} jump sets the worker's clock
 */
module.exports = function countAwsCalls(endpoint, stop, jump) {
  const port = endpoint ? new URL(endpoint).port : undefined;
  let seen = 0;
  let fault;

  const realRequest = http.request;
  http.request = (...args) => {
    const options = args.find((arg) => arg !== null && typeof arg === 'object' && !(arg instanceof URL)) ?? {};
    const target = String(
      options.port ?? (args[0] instanceof URL || typeof args[0] === 'string' ? new URL(args[0]).port : ''),
    );
    if (port === undefined || target !== port) return realRequest(...args);
    seen += 1;
    const due = fault?.awsCall === seen ? fault : undefined;
    if (due?.jumpMs !== undefined) jump(due.jumpMs);
    if (due?.when === 'before') stop(due.awsCall);
    const request = realRequest(...args);
    if (due?.when === 'after') request.prependOnceListener('response', () => stop(due.awsCall));
    return request;
  };
  syncBuiltinESMExports();

  return {
    seen: () => seen,
    reset: (nextFault) => {
      seen = 0;
      fault = nextFault;
    },
  };
};
