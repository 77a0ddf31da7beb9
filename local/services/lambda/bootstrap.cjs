/**
 * What runs inside a Lambda worker thread: Lambda's Node runtime. It loads the handler once, then answers invocations
 * one at a time. Plain JavaScript, because worker threads have no TypeScript loader.
 *
 * To the parent: {type:'ready'} | {type:'log', text} | {type:'result', requestId, payload | error, awsCalls}
 * From it:       {type:'invoke', event (JSON text), context, deadlineMs, fault?}
 */
'use strict';

const { join, resolve } = require('node:path');
const { existsSync } = require('node:fs');
const { format } = require('node:util');
const { pathToFileURL } = require('node:url');
const { getHeapStatistics } = require('node:v8');
const { parentPort, workerData } = require('node:worker_threads');
const countAwsCalls = require('./count-aws-calls.cjs');

const { jump } = require(workerData.clockPreload);

let current;
const awsCalls = countAwsCalls(workerData.endpoint, crash, jump);

function crash(awsCall) {
  post({ type: 'log', text: `Crashed on purpose at AWS call ${awsCall}\n` });
  process.exit(1);
}

function post(message) {
  parentPort.postMessage(message);
}

/** Worker streams are flushed late; messages keep log lines in order with the result. */
function captureOutput() {
  for (const stream of [process.stdout, process.stderr]) {
    stream.write = (chunk, encoding, callback) => {
      post({ type: 'log', text: typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString() });
      const done = typeof encoding === 'function' ? encoding : callback;
      if (done) process.nextTick(done);
      return true;
    };
  }
  const levels = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', log: 'INFO', warn: 'WARN', error: 'ERROR' };
  for (const [method, level] of Object.entries(levels)) {
    console[method] = (...args) => process.stdout.write(consoleLine(level, args));
  }
}

/** A console call's line in the function's log format, as Lambda's runtime writes it. */
function consoleLine(level, args) {
  const timestamp = new Date().toISOString();
  const requestId = current?.context.awsRequestId ?? 'undefined';
  if (workerData.logFormat === 'JSON') {
    const message = args.length === 1 ? (args[0] instanceof Error ? toError(args[0]) : args[0]) : format(...args);
    return `${JSON.stringify({ timestamp, level, requestId, message })}\n`;
  }
  return `${timestamp}\t${requestId}\t${level}\t${format(...args).replaceAll('\n', '\r')}\n`;
}

/** Lambda's shape of whatever was thrown. */
function toError(thrown) {
  if (thrown instanceof Error || (thrown && typeof thrown.message === 'string' && typeof thrown.name === 'string')) {
    return { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') };
  }
  return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
}

function runtimeError(errorType, errorMessage) {
  return Object.assign(new Error(errorMessage), { name: errorType });
}

/** 'folder/index.handler' names the export `handler` of folder/index.mjs, .js or .cjs. */
async function loadHandler() {
  const [, modulePath, exportPath] = /^(.*?[^/.]+)\.(.+)$/.exec(workerData.handler) ?? [];
  if (!modulePath) throw runtimeError('Runtime.MalformedHandlerName', 'Bad handler');
  const base = resolve(workerData.codeDir, modulePath);
  const file = ['.js', '.mjs', '.cjs'].map((extension) => base + extension).find(existsSync);
  if (!file) throw runtimeError('Runtime.ImportModuleError', `Error: Cannot find module '${modulePath}'`);
  const loaded = await import(pathToFileURL(file).href).catch((error) => {
    if (error instanceof SyntaxError)
      throw runtimeError('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`);
    if (/^(ERR_)?MODULE_NOT_FOUND$/.test(error?.code ?? '')) {
      throw runtimeError('Runtime.ImportModuleError', `Error: ${error.message}`);
    }
    throw error;
  });
  const pick = (from) => exportPath.split('.').reduce((value, key) => value?.[key], from);
  const handler = pick(loaded) ?? pick(loaded.default);
  if (typeof handler !== 'function') {
    throw runtimeError('Runtime.HandlerNotFound', `${workerData.handler} is undefined or not exported`);
  }
  if (handler.length > 2) {
    throw runtimeError(
      'Runtime.CallbackHandlerDeprecated',
      'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24.',
    );
  }
  return handler;
}

function finish(outcome) {
  if (!current) return;
  const requestId = current.context.awsRequestId;
  current = undefined;
  if (outcome.error) process.stdout.write(consoleLine('ERROR', ['Invoke Error', JSON.stringify(outcome.error)]));
  const { total_heap_size: heapBytes } = getHeapStatistics();
  post({ type: 'result', requestId, awsCalls: awsCalls.seen(), heapBytes, ...outcome });
}

async function invoke(handler, message) {
  current = message;
  awsCalls.reset(message.fault);
  const context = {
    ...message.context,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, message.deadlineMs - Date.now()),
  };
  try {
    const result = await handler(JSON.parse(message.event), context);
    finish({ payload: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    finish({ error: toError(error) });
  }
}

function failInvocations(error) {
  parentPort.on('message', (message) => {
    current = message;
    finish({ error, fatal: true });
  });
  post({ type: 'ready' });
}

captureOutput();
process.on('uncaughtException', (error) => {
  finish({ error: toError(error), fatal: true });
  process.exit(129);
});
process.on('unhandledRejection', (reason) => {
  const { trace } = toError(reason);
  finish({
    error: { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: String(reason), trace },
    fatal: true,
  });
  process.exit(128);
});
process.env.LAMBDA_TASK_ROOT = join(workerData.codeDir);
loadHandler().then(
  (handler) => {
    parentPort.on('message', (message) => invoke(handler, message));
    post({ type: 'ready' });
  },
  (error) => failInvocations(toError(error)),
);
