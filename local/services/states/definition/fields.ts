import type { QueryLanguage, StateType } from './types';

const COMMON = ['Type', 'Comment', 'QueryLanguage'];
const FLOW = ['Next', 'End'];
const ERRORS = ['Retry', 'Catch'];

/** Fields of each type in both languages. */
const ANY: Readonly<Record<StateType, readonly string[]>> = {
  Task: [...FLOW, ...ERRORS, 'Assign', 'Resource', 'TimeoutSeconds', 'HeartbeatSeconds', 'Credentials'],
  Choice: ['Choices', 'Default', 'Assign'],
  Wait: [...FLOW, 'Assign', 'Seconds', 'Timestamp'],
  Pass: [...FLOW, 'Assign'],
  Parallel: [...FLOW, ...ERRORS, 'Assign', 'Branches'],
  Map: [
    ...FLOW,
    ...ERRORS,
    'Assign',
    'ItemProcessor',
    'Iterator',
    'ItemSelector',
    'MaxConcurrency',
    'Label',
    'ItemReader',
    'ItemBatcher',
    'ResultWriter',
    'ToleratedFailureCount',
    'ToleratedFailurePercentage',
  ],
  Succeed: [],
  Fail: ['Error', 'Cause'],
};

const JSONATA: Readonly<Record<StateType, readonly string[]>> = {
  Task: ['Arguments', 'Output'],
  Choice: ['Output'],
  Wait: ['Output'],
  Pass: ['Output'],
  Parallel: ['Arguments', 'Output'],
  Map: ['Items', 'Output'],
  Succeed: ['Output'],
  Fail: [],
};

const IN_OUT = ['InputPath', 'OutputPath'];
const RESULT = ['Parameters', 'ResultSelector', 'ResultPath'];
const JSONPATH: Readonly<Record<StateType, readonly string[]>> = {
  Task: [...IN_OUT, ...RESULT, 'TimeoutSecondsPath', 'HeartbeatSecondsPath'],
  Choice: IN_OUT,
  Wait: [...IN_OUT, 'SecondsPath', 'TimestampPath'],
  Pass: [...IN_OUT, 'Parameters', 'Result', 'ResultPath'],
  Parallel: [...IN_OUT, ...RESULT],
  Map: [
    ...IN_OUT,
    ...RESULT,
    'ItemsPath',
    'MaxConcurrencyPath',
    'ToleratedFailureCountPath',
    'ToleratedFailurePercentagePath',
  ],
  Succeed: IN_OUT,
  Fail: ['ErrorPath', 'CausePath'],
};

const EVERY: Readonly<Record<QueryLanguage, Readonly<Record<StateType, readonly string[]>>>> = {
  JSONata: JSONATA,
  JSONPath: JSONPATH,
};

/** Fields that every state of a type must have. */
export const REQUIRED: Readonly<Record<StateType, readonly string[]>> = {
  Task: ['Resource'],
  Choice: ['Choices'],
  Wait: [],
  Pass: [],
  Parallel: ['Branches'],
  Map: [],
  Succeed: [],
  Fail: [],
};

/** Whether a field may stand in a state of this type and language; `other` when only the other language has it. */
export function fieldStanding(type: StateType, language: QueryLanguage, field: string): 'fine' | 'other' | 'unknown' {
  if (COMMON.includes(field) || ANY[type].includes(field) || EVERY[language][type].includes(field)) return 'fine';
  const other = language === 'JSONata' ? 'JSONPath' : 'JSONata';
  return EVERY[other][type].includes(field) ? 'other' : 'unknown';
}

/** Fields of a state machine, and of a branch or item processor. */
export const PROGRAM_FIELDS = ['Comment', 'StartAt', 'States', 'QueryLanguage', 'Version', 'TimeoutSeconds'];
export const INNER_PROGRAM_FIELDS = ['Comment', 'StartAt', 'States', 'ProcessorConfig'];

/** Fields of a distributed Map, which the interpreter does not have. */
export const DISTRIBUTED_FIELDS = [
  'ItemReader',
  'ItemBatcher',
  'ResultWriter',
  'Label',
  'ToleratedFailureCountPath',
  'ToleratedFailurePercentagePath',
] as const;
