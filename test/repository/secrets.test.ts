/** No credential is in the repository: neither of this project nor of whoever worked on it. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../lib/project-root';

const SECRETS: Readonly<Record<string, RegExp>> = {
  // AWS's own examples end in EXAMPLE.
  'AWS access key': /\b(?:AKIA|ASIA)(?![A-Z0-9]*EXAMPLE)[A-Z0-9]{16}\b/,
  'AWS secret key': /aws_?secret_?(?:access_?)?key["']?\s*[:=]\s*["']?(?![A-Za-z0-9/+]*EXAMPLE)[A-Za-z0-9/+]{40}\b/i,
  'private key': /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/,
  'GitHub token': /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})/,
  'GitLab token': /\bglpat-[\w-]{20,}/,
  'Slack token': /\bxox[abeoprs]-[A-Za-z0-9-]{20,}/,
  'Slack webhook': /hooks\.slack\.com\/services\/T[A-Z0-9]{8,}\/B[A-Z0-9]{8,}\/[A-Za-z0-9]{20,}/,
  'npm token': /\bnpm_[A-Za-z0-9]{36}\b|_auth(?:Token)?\s*=\s*[^\s$]{8,}/,
  'PyPI token': /\bpypi-[A-Za-z0-9_-]{60,}/,
  'Google key': /\bAIza[A-Za-z0-9_-]{35}\b/,
  'OpenAI or Anthropic key': /\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}/,
  'Hugging Face token': /\bhf_[A-Za-z0-9]{34,}\b/,
  'Stripe key': /\b[rs]k_live_[A-Za-z0-9]{20,}/,
  'JSON web token': /\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{15,}/,
  'password in an address': /\bhttps?:\/\/[^\s/:@'"`$<>{}]+:[^\s/:@'"`$<>{}]{6,}@[\w.-]+/,
};

const LARGEST_BYTES = 5 * 2 ** 20;

const namesOf = (text: string) => Object.keys(SECRETS).filter((name) => SECRETS[name]?.test(text));

function trackedFiles(): string[] {
  return execFileSync('git', ['ls-files', '-z'], { cwd: PROJECT_ROOT, encoding: 'utf8' }).split('\0').filter(Boolean);
}

const isCheckout = existsSync(join(PROJECT_ROOT, '.git'));
const itInCheckout = isCheckout ? it : it.skip;

describe('the repository', () => {
  itInCheckout('holds no secret', () => {
    const found = trackedFiles().flatMap((path) => {
      const full = join(PROJECT_ROOT, path);
      // Deleted, and not committed yet.
      if (!existsSync(full) || statSync(full).size > LARGEST_BYTES) return [];
      return namesOf(readFileSync(full, 'latin1')).map((name) => `${path}: ${name}`);
    });
    expect(found).toEqual([]);
  });

  itInCheckout('holds no file that is made to hold secrets', () => {
    const names =
      /(^|\/)(\.env(\..+)?|credentials|id_(rsa|dsa|ecdsa|ed25519)|.*\.(pem|p12|pfx|jks|keystore)|\.netrc|\.pypirc)$/;
    expect(trackedFiles().filter((path) => names.test(path))).toEqual([]);
  });

  // In two parts, or this file would not pass.
  it.each([
    ['AWS access key', 'AKIA', 'Z7Q2M4N6B8V0C1X3'],
    ['AWS secret key', 'aws_secret_access_key = ', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzzzz'],
    ['private key', '-----BEGIN RSA ', 'PRIVATE KEY-----'],
    ['GitHub token', 'ghp_', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'],
    ['GitLab token', 'glpat-', 'a1B2c3D4e5F6g7H8i9J0'],
    ['Slack token', 'xoxb-', '123456789012-a1B2c3D4e5F6g7H8'],
    ['Slack webhook', 'https://hooks.slack.com/services/', 'T01234567/B01234567/a1B2c3D4e5F6g7H8i9J0k1L2'],
    ['npm token', '//registry.npmjs.org/:_authToken=', 'a1B2c3D4e5F6g7H8'],
    ['OpenAI or Anthropic key', 'sk-', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'],
    ['Hugging Face token', 'hf_', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'],
    ['password in an address', 'https://ana:', 'hunter22@example.com'],
  ])('would be told of an %s', (name, begin, end) => {
    expect(namesOf(`x = "${begin}${end}"\n`)).toContain(name);
  });
});
