/** What a target is given: the event, a part of it, or something made of it. */
import type { InputTransformer, Target } from '@aws-sdk/client-eventbridge';
import { JSONPath } from 'jsonpath-plus';
import type { FullEvent } from './full-event';

/** The text that the target receives, JSON unless a template says otherwise. */
export function targetInput(
  target: Target,
  event: FullEvent,
  rule: { arn: string; name: string; nowMs: number },
): string {
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath !== undefined) return JSON.stringify(select(event, target.InputPath) ?? null);
  if (target.InputTransformer) return transform(target.InputTransformer, event, rule);
  return JSON.stringify(event);
}

function transform(
  { InputPathsMap = {}, InputTemplate = '' }: InputTransformer,
  event: FullEvent,
  rule: { arn: string; name: string; nowMs: number },
): string {
  const { detail: _, ...envelope } = event;
  const values: Record<string, unknown> = {
    'aws.events.event': envelope,
    'aws.events.event.json': event,
    'aws.events.event.ingestion-time': new Date(rule.nowMs).toISOString(),
    'aws.events.rule-arn': rule.arn,
    'aws.events.rule-name': rule.name,
  };
  for (const [name, path] of Object.entries(InputPathsMap)) values[name] = select(event, path);
  let isInString = false;
  // Texts within a JSON string are spliced into it; everything else stands as JSON of its own.
  return InputTemplate.replace(/\\.|"|<([\w.-]+)>/g, (found, name: string | undefined) => {
    if (found === '"') isInString = !isInString;
    if (name === undefined || !Object.hasOwn(values, name)) return found;
    const json = JSON.stringify(values[name] ?? '');
    if (!isInString) return json;
    return typeof (values[name] ?? '') === 'string' ? json.slice(1, -1) : JSON.stringify(json).slice(1, -1);
  });
}

function select(event: FullEvent, path: string): unknown {
  return JSONPath({ path, json: event, wrap: false, eval: false });
}
