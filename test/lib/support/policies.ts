/** Policy statements of a synthesized template, read for tests. */
import type { Template } from 'aws-cdk-lib/assertions';
import { resourcesOf } from './synthesize';

export interface Statement {
  /** Logical id of the role that has it. */
  role: string;
  effect: string;
  actions: string[];
  /** ARNs as texts: `<LogicalId>` or `<AWS.Region>` where CloudFormation puts a value in. */
  resources: string[];
  conditions: Record<string, Record<string, string | string[]>>;
}

interface StatementJson {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: Record<string, Record<string, string | string[]>>;
}

interface PolicyJson {
  PolicyDocument: { Statement: StatementJson[] };
}

/** Every statement of every role. */
export function statementsOf(template: Template): Statement[] {
  return Object.entries(resourcesOf(template)).flatMap(([id, { Type: type, Properties: properties }]) => {
    if (type === 'AWS::IAM::Role') {
      const inline = (properties['Policies'] ?? []) as PolicyJson[];
      return inline.flatMap((policy) => read(id, policy));
    }
    if (type !== 'AWS::IAM::Policy') return [];
    const roles = properties['Roles'] as { Ref: string }[];
    return roles.flatMap(({ Ref: role }) => read(role, properties as unknown as PolicyJson));
  });
}

function read(role: string, { PolicyDocument: document }: PolicyJson): Statement[] {
  return document.Statement.map((statement) => ({
    role,
    effect: statement.Effect,
    actions: [statement.Action].flat(),
    resources: [statement.Resource].flat().map(text),
    conditions: statement.Condition ?? {},
  }));
}

/** The text that CloudFormation makes, its own values in angle brackets. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name, argument]] = Object.entries(value as object) as [[string, unknown]];
  switch (name) {
    case 'Ref':
      return `<${String(argument).replace('::', '.')}>`;
    case 'Fn::GetAtt':
      return `<${(argument as string[]).join('.')}>`;
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map(text).join(separator);
    }
    case 'Fn::Sub':
      return String(argument)
        .replace(/\$\{([^}]+)\}/g, '<$1>')
        .replaceAll('AWS::', 'AWS.');
    default:
      throw new Error(`What is ${name}?`);
  }
}
