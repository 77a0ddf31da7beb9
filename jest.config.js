// Said once per worker otherwise; which Node versions are tested stands in the README.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/**
 * Tests of whole jobs: real processes on a local cloud whose clock runs fast. They need both cores for themselves, and
 * have a command of their own (`npm run test:stories`), one file at a time.
 */
const STORIES = [
  '<rootDir>/test/stories/',
  '<rootDir>/test/load/',
  '<rootDir>/test/examples/',
  '<rootDir>/test/simulation/',
  '<rootDir>/test/cli/(docs|drill|end-to-end)\\.test',
  '<rootDir>/test/cloud/local-command\\.test',
  '<rootDir>/test/readme/aws-commands\\.test',
  '<rootDir>/test/agent/torchrun\\.test',
  '<rootDir>/test/ui/browser/',
];
const hasStories = process.env.RUNCTL_STORIES !== undefined;

/** Tests are TypeScript, compiled by swc; types are checked by `npm run typecheck`. */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/cdk.out/', '/build/', '/.runctl/', ...(hasStories ? [] : STORIES)],
  modulePathIgnorePatterns: ['<rootDir>/cdk.out', '<rootDir>/build', '<rootDir>/.runctl'],
  transform: {
    '\\.py$': '<rootDir>/test/support/text-transform.cjs',
    '^.+\\.(t|m?j)s$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  // Published as ES modules only.
  transformIgnorePatterns: [
    '/node_modules/(?!(@middy|@bomb\\.sh|@clack|chalk|d3-[a-z-]+|internmap|fast-string-width|fast-string-truncated-width|fast-wrap-ansi|sisteransi)/)',
  ],
  setupFilesAfterEnv: hasStories ? ['<rootDir>/test/support/retry-once.ts'] : [],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  // Of whole jobs, and of hooks that start and end a cloud; each wait within gives up before, and says for what.
  testTimeout: hasStories ? 240_000 : 60_000,
  maxWorkers: hasStories ? 1 : 2,
};
