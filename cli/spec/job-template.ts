/** The text of a first job.json. Pure. */
export interface JobAnswers {
  name: string;
  /** null: not known. */
  owner: string | null;
  command: string;
  /** Folder, file or s3:// address; null: none. */
  code: string | null;
  data: string | null;
  instanceTypes: readonly string[];
  maxHours: number;
  maxUsd: number | null;
  checkpointPattern: string;
  resumeArg: string | null;
}

/** With comments, unless `isPlain`: then it is JSON that `aws stepfunctions start-execution` takes as it is. */
export function jobTemplate(answers: JobAnswers, isPlain: boolean): string {
  const text = lines(answers)
    .filter((line) => !isPlain || !line.trimStart().startsWith('//'))
    .join('\n');
  return `${text}\n`;
}

function lines(answers: JobAnswers): string[] {
  const { name, owner, command, code, data, instanceTypes, maxHours, maxUsd, checkpointPattern, resumeArg } = answers;
  const json = JSON.stringify;
  return [
    '{',
    '  "$schema": "./job.schema.json",',
    `  "name": ${json(name)},`,
    ...(owner === null ? [] : ['  // Whose costs these are, and whose budget.', `  "owner": ${json(owner)},`]),
    '  // Run by bash in the folder of your code.',
    `  "command": ${json(command)},`,
    '  // A folder here is uploaded on submit (what .gitignore names stays); or s3://bucket/code.tar.gz.',
    `  "code": ${json(code)},`,
    '  // A file or folder here, or s3://bucket/prefix/. Your script finds it in $RUNCTL_DATA_DIR.',
    `  "data": ${json(data)},`,
    '  "checkpoints": {',
    '    // Write them into $RUNCTL_CHECKPOINT_DIR. After an interruption the newest whole one is given back:',
    '    // its path is in $RUNCTL_RESUME_FROM, and resumeArg is added to the command.',
    `    "pattern": ${json(checkpointPattern)},`,
    `    "resumeArg": ${json(resumeArg)}`,
    '  },',
    '  "resources": {',
    '    // Any of these will do: the more there are, the fewer interruptions.',
    `    "instanceTypes": ${json(instanceTypes).replaceAll(',', ', ')}`,
    '  },',
    '  "limits": {',
    '    // Over all attempts together. A limit that is reached ends the job with a checkpoint, to be resumed.',
    `    "maxHours": ${json(maxHours)},`,
    `    "maxUsd": ${json(maxUsd)}`,
    '  }',
    '}',
  ];
}
