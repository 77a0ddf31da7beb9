/** What a report of `npm audit --json` means for a project that ships bundles. Pure. */
import { z } from 'zod';

const reportSchema = z.object({
  vulnerabilities: z.record(
    z.string(),
    z.object({
      severity: z.enum(['info', 'low', 'moderate', 'high', 'critical']),
      /** Folders that it is installed in. */
      nodes: z.array(z.string()),
      via: z.array(z.union([z.string(), z.object({ title: z.string(), url: z.string() })])),
    }),
  ),
});

export interface Judgement {
  lines: string[];
  /** A shipped package has a high or critical finding. */
  isRefused: boolean;
}

/** `shipped`: folders of packages. A registry that gives no answer is said, and is no finding. */
export function judgeAudit(report: string, shipped: ReadonlySet<string>): Judgement {
  const parsed = reportSchema.safeParse(parseJson(report));
  if (!parsed.success)
    return { lines: [`NOT CHECKED: the registry gave no answer. ${reasonIn(report)}`.trim()], isRefused: false };
  const findings = Object.entries(parsed.data.vulnerabilities).map(([name, { severity, nodes, via }]) => {
    const isShipped = nodes.some((folder) => shipped.has(folder));
    const isGrave = severity === 'high' || severity === 'critical';
    const why = via.map((each) => (typeof each === 'string' ? `by ${each}` : `${each.title} ${each.url}`)).join('; ');
    return { isBad: isShipped && isGrave, line: `${severity}, ${isShipped ? 'shipped' : 'a tool'}: ${name}: ${why}` };
  });
  const bad = findings.filter(({ isBad }) => isBad).length;
  const others = findings.length - bad;
  return {
    lines: [
      ...findings.map(({ line }) => line),
      `${bad} high or critical in the ${shipped.size} packages that are shipped; ${others} other ${others === 1 ? 'finding' : 'findings'}`,
    ],
    isRefused: bad > 0,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonIn(report: string): string {
  const message = z.object({ message: z.string() }).safeParse(parseJson(report));
  return message.success ? message.data.message : '';
}
