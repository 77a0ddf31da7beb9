/** A Lambda service on its own: its logs, queues and topics are recorded instead of kept. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScaledClock } from '../../local/clock';
import { createIdentities } from '../../local/identities';
import type { CallContext } from '../../local/service';
import { FunctionRuntime, type RuntimeOptions } from '../../local/services/lambda/function-runtime';
import type { InvocationRecord, LambdaFunction } from '../../local/services/lambda/lambda-function';
import { createLambdaService, type LambdaService } from '../../local/services/lambda/lambda-service';

const ACCOUNT_ID = '000000000000';
const REGION = 'us-east-1';

export interface Harness {
  lambda: LambdaService;
  /** Every call that the service made to other services. */
  calls: { serviceId: string; operation: string; input: Record<string, unknown> }[];
  invocations: InvocationRecord[];
  /** Declares a function from the source of its index.mjs (or another file). */
  define(source: string, more?: Partial<LambdaFunction> & { file?: string }): string;
  invoke(name: string, payload?: unknown): Promise<{ functionError?: string; result: unknown }>;
  /** What a function has logged, once it is closed or its next invocation is done. */
  logLines(): string[];
  context: CallContext;
  close(): Promise<void>;
}

export function createHarness(options: Partial<RuntimeOptions> = {}): Harness {
  const clock = options.clock ?? new ScaledClock();
  const identities = createIdentities({ newId: randomUUID, clock, accountId: ACCOUNT_ID });
  const calls: Harness['calls'] = [];
  const invocations: InvocationRecord[] = [];
  const folders: string[] = [];
  const contextForRole = (roleName: string, sessionName: string): CallContext => ({
    caller: identities.callerForRole(roleName, sessionName),
    accountId: ACCOUNT_ID,
    region: REGION,
    requestId: randomUUID(),
  });
  const runtimeOptions = {
    clock,
    newId: randomUUID,
    region: REGION,
    endpoint: () => 'http://127.0.0.1:1',
    identities,
    dispatch: async (serviceId: string, operation: string, input: object) => {
      calls.push({ serviceId, operation, input: input as Record<string, unknown> });
      return {};
    },
    contextForRole,
    guard: () => {},
    log: (line: string) => {
      throw new Error(line);
    },
    onInvocation: (record: InvocationRecord) => void invocations.push(record),
    ...options,
  };
  const lambda = createLambdaService(runtimeOptions, (definition) => new FunctionRuntime(definition, runtimeOptions));

  return {
    lambda,
    calls,
    invocations,
    define(source, { file = 'index.mjs', ...more } = {}) {
      const codeDir = mkdtempSync(join(tmpdir(), 'runctl-lambda-'));
      folders.push(codeDir);
      writeFileSync(join(codeDir, file), source);
      const name = more.name ?? `fn-${createHash('sha256').update(source).digest('hex').slice(0, 8)}`;
      lambda.createFunction({ ...defaults(name), codeDir, ...more, name });
      return name;
    },
    async invoke(name, payload = {}) {
      const { payload: text, functionError } = await lambda.invokeFunction(name, payload, identities.user('test'));
      return { ...(functionError ? { functionError } : {}), result: JSON.parse(text) as unknown };
    },
    logLines: () =>
      calls
        .filter(({ operation }) => operation === 'PutLogEvents')
        .flatMap(({ input }) => (input['logEvents'] as { message: string }[]).map(({ message }) => message)),
    context: contextForRole('caller', 'test'),
    async close() {
      await lambda.close();
      for (const folder of folders) rmSync(folder, { recursive: true });
    },
  };
}

function defaults(name: string): Omit<LambdaFunction, 'codeDir'> {
  return {
    name,
    arn: `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${name}`,
    description: '',
    handler: 'index.handler',
    runtime: 'nodejs24.x',
    architecture: 'arm64',
    roleName: 'FnRole',
    timeoutSeconds: 30,
    memoryMiB: 128,
    environment: {},
    logGroupName: `/aws/lambda/${name}`,
    logFormat: 'Text',
  };
}
