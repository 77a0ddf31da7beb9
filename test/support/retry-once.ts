/** Whole jobs at many times the speed of life: what fails is tried again once, and the first failure is printed. */
jest.retryTimes(1, { logErrorsBeforeRetry: true });
