/**
 * Puts a whole Node process or worker on the local cloud's clock, unknown to the code that runs in it:
 * `node --require clock-preload.cjs`, or require() before anything else.
 *
 * RUNCTL_LOCAL_CLOCK={"epochMs":E,"realMs":R,"speed":S}: at the real time R the clock showed E, and it runs S times as
 * fast. Without the variable, or with speed 1 and no offset, nothing is touched.
 *
 * Scaled: Date, performance, process.hrtime and uptime, timers, timers/promises. Deliberately left real, because networks
 * and disks do not get faster: AbortSignal.timeout, socket time-outs (http, net: they run on Node's internal timers),
 * child_process time-outs. File times (mtime) stay real, too.
 */
'use strict';

const { promisify } = require('node:util');
const { syncBuiltinESMExports } = require('node:module');
const perfHooks = require('node:perf_hooks');
const timers = require('node:timers');
const timersPromises = require('node:timers/promises');

function install({ epochMs, realMs, speed }) {
  const RealDate = Date;
  const realNow = Date.now;
  const now = () => epochMs + (realNow() - realMs) * speed;
  installDate(RealDate, now);
  installMonotonic(speed, now());
  installTimers(speed);
  // Named imports of built-in modules in ES modules see the replacements, too.
  syncBuiltinESMExports();
}

function installDate(RealDate, now) {
  const wholeNow = () => Math.floor(now());
  const ScaledDate = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [wholeNow()] : args, newTarget === ScaledDate ? target : newTarget),
    apply: () => new RealDate(wholeNow()).toString(),
    get: (target, key) => (key === 'now' ? wholeNow : Reflect.get(target, key)),
  });
  RealDate.prototype.constructor = ScaledDate;
  globalThis.Date = ScaledDate;
}

/** Monotonic clocks run faster from their present value on. */
function installMonotonic(speed, epochNowMs) {
  const { performance } = perfHooks;
  const realPerformanceNow = performance.now.bind(performance);
  const performanceStart = realPerformanceNow();
  const performanceNow = () => performanceStart + (realPerformanceNow() - performanceStart) * speed;
  Object.defineProperty(performance, 'now', { value: performanceNow, configurable: true, writable: true });
  Object.defineProperty(performance, 'timeOrigin', { value: epochNowMs - performanceStart, configurable: true });

  const realNanoseconds = process.hrtime.bigint;
  const nanosecondsStart = realNanoseconds();
  const nanoseconds = () => nanosecondsStart + BigInt(Math.round(Number(realNanoseconds() - nanosecondsStart) * speed));
  const hrtime = (previous) => {
    const total = nanoseconds() - (previous ? BigInt(previous[0]) * 1_000_000_000n + BigInt(previous[1]) : 0n);
    return [Number(total / 1_000_000_000n), Number(total % 1_000_000_000n)];
  };
  process.hrtime = Object.assign(hrtime, { bigint: nanoseconds });

  const realUptime = process.uptime.bind(process);
  const uptimeStart = realUptime();
  process.uptime = () => uptimeStart + (realUptime() - uptimeStart) * speed;
}

function installTimers(speed) {
  // Node turns a delay under 1 ms into 1 ms: an interval may run late under a high speed, never endlessly fast.
  const scaled = (delayMs) => (delayMs > 0 ? delayMs / speed : delayMs);
  const { setTimeout: realSetTimeout, setInterval: realSetInterval } = timers;
  const promised = { ...timersPromises };

  const setTimeout = (callback, delayMs, ...args) => realSetTimeout(callback, scaled(delayMs), ...args);
  const setInterval = (callback, delayMs, ...args) => realSetInterval(callback, scaled(delayMs), ...args);
  timersPromises.setTimeout = (delayMs, ...rest) => promised.setTimeout(scaled(delayMs), ...rest);
  timersPromises.setInterval = (delayMs, ...rest) => promised.setInterval(scaled(delayMs), ...rest);
  timersPromises.scheduler.wait = (delayMs, options) => promised.setTimeout(scaled(delayMs), undefined, options);
  setTimeout[promisify.custom] = timersPromises.setTimeout;

  timers.setTimeout = globalThis.setTimeout = setTimeout;
  timers.setInterval = globalThis.setInterval = setInterval;

  // Node's own one is built on the timers just replaced.
  AbortSignal.timeout = (delayMs) => {
    const controller = new AbortController();
    const abort = () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    realSetTimeout(abort, delayMs).unref();
    return controller.signal;
  };
}

/** A step of the wall clock alone, as time servers make one: monotonic clocks and timers go on as before. */
function jump(byMs) {
  const before = Date.now;
  installDate(Date, () => before() + byMs);
}

module.exports = { jump };

const settings = process.env.RUNCTL_LOCAL_CLOCK;
if (settings) {
  const clock = JSON.parse(settings);
  if (clock.speed !== 1 || clock.epochMs !== clock.realMs) install(clock);
}
