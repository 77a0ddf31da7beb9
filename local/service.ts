/**
 * What a service of the local cloud is: a set of operations named as in AWS's API, taking and returning the shapes of
 * the AWS SDK. The gateway decodes the wire protocol into these calls; other services and the state machine
 * interpreter make the same calls in process through `Dispatch`.
 */

/** Who makes a call: resolved from the access key that signed it. */
export interface Caller {
  accessKeyId: string;
  accountId: string;
  /** e.g. arn:aws:sts::000000000000:assumed-role/NodeRole/i-0123456789abcdef0 */
  arn: string;
  /** aws:userid: for a role, `<role id>:<session name>`; the session name is the instance id on EC2. */
  userId: string;
  /** Name of the assumed role; absent for the account's own user. */
  roleName?: string;
  /** Set when a service calls on its own behalf: its principal, and the rule or topic for which it does. */
  service?: { name: string; sourceArn: string };
}

/** A service that calls on its own behalf: resources' own policies say whether it may. */
export function serviceCaller(name: string, accountId: string, sourceArn: string): Caller {
  return {
    accessKeyId: name,
    accountId,
    arn: `arn:aws:iam::${accountId}:root`,
    userId: name,
    service: { name, sourceArn },
  };
}

export interface CallContext {
  caller: Caller;
  accountId: string;
  region: string;
  requestId: string;
}

// biome-ignore lint/suspicious/noExplicitAny: each service types its own input; the dispatcher cannot know it
export type Operation = (input: any, context: CallContext) => Promise<object>;

export interface Service {
  /** Endpoint name as in AWS hosts and credential scopes: 'ec2', 'states', 'ssm', 'sns', 'logs', … */
  readonly id: string;
  readonly operations: Readonly<Record<string, Operation>>;
  close?(): Promise<void>;
}

/** Calls an operation of any service in process, as the gateway would. */
export type Dispatch = (serviceId: string, operation: string, input: object, context: CallContext) => Promise<object>;

/** An event on the default bus, as EventBridge delivers it. */
export interface AwsEvent {
  source: string;
  'detail-type': string;
  detail: object;
  resources?: string[];
  /** ISO 8601; the bus fills it in when absent. */
  time?: string;
}

/** Puts an AWS service's own event on the default bus. */
export type EmitEvent = (event: AwsEvent) => void;

export interface InvokeResult {
  /** JSON text that the function returned, or its error object when functionError is set. */
  payload: string;
  functionError?: 'Unhandled' | 'Handled';
}

/**
 * Runs a Lambda function by name or ARN and waits for its result.
 * @throws AwsError ResourceNotFoundException, AccessDeniedException.
 */
export type InvokeFunction = (nameOrArn: string, payload: unknown, caller: Caller) => Promise<InvokeResult>;

/**
 * Queues an event for a Lambda function, which sees to its own retries.
 * @throws AwsError ResourceNotFoundException, AccessDeniedException.
 */
export type InvokeAsync = (nameOrArn: string, payload: unknown, caller: Caller) => void;

/** Credentials as an SDK expects them. */
export interface IssuedCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** ISO 8601. */
  expiration: string;
}

/** An error that reaches the client in AWS's shape (code, message, HTTP status). */
export class AwsError extends Error {
  override readonly name: string;
  readonly statusCode: number;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: { statusCode?: number; details?: Record<string, unknown> } = {}) {
    super(message);
    this.name = code;
    this.statusCode = options.statusCode ?? 400;
    this.details = options.details ?? {};
  }
}

/** Thrown for every call or field that the local cloud does not support; it never fakes success. */
export class LocalUnsupported extends AwsError {
  constructor(serviceId: string, what: string) {
    super('LocalUnsupported', `The local cloud does not support ${what} of ${serviceId}. See local/SUPPORT.md.`, {
      statusCode: 501,
    });
  }
}
