/**
 * Whole jobs at many times the speed of life: what fails is tried again once, and the first failure is printed. At once,
 * as tests of one day's work need what those before have done. A second try has what the first one left: it takes new
 * names, and counts only what is told of its own session.
 */
jest.retryTimes(1, { logErrorsBeforeRetry: true, retryImmediately: true });
