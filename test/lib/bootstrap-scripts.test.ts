/** What runs on an instance before the agent does: it must be understood by any shell, and nothing may slip into it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../lib/project-root';
import { resourcesOf, synthesize } from './support/synthesize';

interface Parameter {
  type: string;
  allowedPattern: string;
  default?: unknown;
}

interface Document {
  schemaVersion: string;
  parameters: Record<string, Parameter>;
  mainSteps: { action: string; name: string; inputs: { runCommand: string[]; timeoutSeconds: string } }[];
}

const SHELLS = ['dash', 'bash'].filter((shell) => spawnSync(shell, ['-c', ':']).status === 0);
const USER_DATA = readFileSync(join(PROJECT_ROOT, 'agent', 'bootstrap', 'user-data.sh'), 'utf8');

let document: Document;
let userData: unknown;
beforeAll(() => {
  const resources = Object.values(resourcesOf(synthesize()));
  const propertiesOf = (type: string) => resources.find((each) => each.Type === type)?.Properties ?? {};
  document = propertiesOf('AWS::SSM::Document')['Content'] as Document;
  const template = propertiesOf('AWS::EC2::LaunchTemplate')['LaunchTemplateData'] as { UserData: unknown };
  userData = template.UserData;
});

const scriptsOf = ({ mainSteps: steps }: Document) => steps.map(({ inputs }) => inputs.runCommand.join('\n'));

/** Throws what the shell says when it cannot parse the script. */
const parse = (shell: string, script: string) => execFileSync(shell, ['-n'], { input: script, stdio: 'pipe' });

it('finds a shell to try the scripts with', () => {
  expect(SHELLS).toContain('bash');
});

it.each(SHELLS)('parses under %s: user data and both steps', (shell) => {
  for (const script of [USER_DATA, ...scriptsOf(document)]) expect(() => parse(shell, script)).not.toThrow();
  expect(() => parse(shell, 'if true; then')).toThrow();
});

it('sends the user data whole, within EC2’s 16 KB', () => {
  expect(userData).toEqual({ 'Fn::Base64': USER_DATA });
  expect(USER_DATA.startsWith('#!/bin/sh')).toBe(true);
  expect(Buffer.byteLength(USER_DATA)).toBeLessThan(16 * 1024);
});

it('is a document of two steps that return within minutes, and leaves room for its parameters in SSM’s 64 KB', () => {
  expect(document.schemaVersion).toBe('2.2');
  expect(document.mainSteps.map(({ action, name }) => `${action} ${name}`)).toEqual([
    'aws:runShellScript installAgent',
    'aws:runShellScript startAgent',
  ]);
  for (const { inputs } of document.mainSteps) expect(Number(inputs.timeoutSeconds)).toBeLessThanOrEqual(600);
  expect(Buffer.byteLength(JSON.stringify(document))).toBeLessThan(40 * 1024);
});

it('uses its parameters only quoted, and every parameter of it', () => {
  const scripts = scriptsOf(document).join('\n');
  const used = [...scripts.matchAll(/(.?)\{\{ *(\w+) *\}\}(.?)/g)];
  expect(new Set(used.map(([, , name]) => name))).toEqual(new Set(Object.keys(document.parameters)));
  expect(used.filter(([, before, , after]) => before !== "'" || after !== "'")).toEqual([]);
});

describe('parameters', () => {
  const SIGNED =
    'https://cdk-hnb659fds-assets-000000000000-eu-west-1.s3.eu-west-1.amazonaws.com/0a.cjs?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIA%2F20261123%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Security-Token=IQoJ%2B%3D&X-Amz-Signature=0f';
  const GOOD: Record<string, string[]> = {
    sessionId: ['digits-2026_11-23', 'a'],
    attempt: ['1', '12'],
    bucket: ['runctl-controlplanestoragebucketb969ea7b-1x2y3z'],
    region: ['eu-west-1', 'us-gov-east-1'],
    agentUrl: [SIGNED, 'http://127.0.0.1:4566/assets/0a.cjs?X-Amz-Expires=3600'],
    nodeUrl: [SIGNED],
    agentSha256: ['0'.repeat(64)],
    nodeSha256: ['f'.repeat(64)],
    logGroup: ['Runctl-ControlPlaneTrainingLogs3A-abc', '/runctl/training'],
  };
  const BAD = ["'", '"', '`', '$', '\n', ' ', ';', '\\', '(', '{'];

  it('take what they are sent, and nothing that could end a quote or a command', () => {
    expect(Object.keys(GOOD).sort()).toEqual(Object.keys(document.parameters).sort());
    for (const [name, { type, allowedPattern }] of Object.entries(document.parameters)) {
      expect(type).toBe('String');
      const pattern = new RegExp(allowedPattern);
      for (const value of GOOD[name] ?? []) {
        expect(value).toMatch(pattern);
        for (const bad of BAD) expect(`${value}${bad}`).not.toMatch(pattern);
      }
      expect('').not.toMatch(pattern);
    }
  });

  it('are all required but the log group, which is the stack’s', () => {
    const optional = Object.entries(document.parameters).filter(([, parameter]) => parameter.default !== undefined);
    expect(optional).toEqual([['logGroup', expect.objectContaining({ default: { Ref: expect.any(String) } })]]);
  });
});
