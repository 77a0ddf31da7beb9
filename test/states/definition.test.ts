import { FUNCTION, jsonata, jsonpath, ROLE, World } from './support';

const pass = { Type: 'Pass', End: true };
const map = (more: object, inner: object = pass) => ({
  Type: 'Map',
  ItemProcessor: { StartAt: 'P', States: { P: inner } },
  End: true,
  ...more,
});

/**
 * Definitions that AWS refuses, and its words: LocalStack recordings test_sfn_api, test_sfn_api_validation and issue
 * 11978; floci issues 2670, 2735, 2745, 2968 and pull request 2786 (measured in us-east-1).
 */
const REFUSED: Array<[name: string, definition: object, problem: string]> = [
  ['no states', { StartAt: 'A' }, 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'],
  ['nothing', {}, 'SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /'],
  [
    'a target that is not there, and a state that nothing leads to',
    jsonpath({ pass1: { Type: 'Pass', Next: 'pass3' }, pass2: pass }),
    "MISSING_TRANSITION_TARGET: Missing 'Next' target: pass3 at /States/pass1/Next, " +
      'MISSING_TRANSITION_TARGET: State "pass2" is not reachable. at /States/pass2',
  ],
  [
    'no end',
    jsonpath({ A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } }),
    'MISSING_END_STATE: Workflow has no terminal state at null',
  ],
  [
    'a field that the type does not have',
    jsonpath({ A: { ...pass, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'A' }] } }),
    "SCHEMA_VALIDATION_FAILED: Field 'Catch' is not supported at /States/A",
  ],
  [
    'a field that no machine has',
    { ...jsonpath({ A: pass }), Foo: 1 },
    "SCHEMA_VALIDATION_FAILED: Field 'Foo' is not supported at /",
  ],
  [
    'a query language of an item processor',
    jsonpath({
      M: { Type: 'Map', ItemProcessor: { QueryLanguage: 'JSONata', StartAt: 'P', States: { P: pass } }, End: true },
    }),
    "SCHEMA_VALIDATION_FAILED: Field 'QueryLanguage' is not supported at /States/M/ItemProcessor",
  ],
  [
    'a time-out on a Map',
    jsonpath({ M: map({ TimeoutSeconds: 5 }) }),
    "SCHEMA_VALIDATION_FAILED: Field 'TimeoutSeconds' is not supported at /States/M",
  ],
  [
    'a JSONata field in JSONPath',
    jsonpath({ A: { ...pass, Output: 1 } }),
    "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the " +
      "'JSONata' QueryLanguage at /States/A",
  ],
  [
    'the same inside a Map that says JSONata: only the machine counts',
    jsonpath({ M: map({ QueryLanguage: 'JSONata' }, { ...pass, Output: 1 }) }),
    "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the " +
      "'JSONata' QueryLanguage at /States/M/ItemProcessor/States/P",
  ],
  [
    'a JSONPath field in JSONata',
    jsonata({ A: { ...pass, InputPath: '$.x' } }),
    "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONata', but field 'InputPath' is only supported for the " +
      "'JSONPath' QueryLanguage at /States/A",
  ],
  [
    'a JSONPath state in a JSONata machine',
    jsonata({ A: { ...pass, QueryLanguage: 'JSONPath' } }),
    "SCHEMA_VALIDATION_FAILED: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/A",
  ],
  [
    'an expression that cannot be parsed',
    jsonata({ A: { ...pass, Output: '{% 1 + %}' } }),
    'INVALID_JSONATA_EXPRESSION: Unexpected end of expression at /States/A/Output',
  ],
  [
    'a name that comes from nowhere',
    jsonata({ A: { ...pass, Output: { v: '{% $states.input.a[b = 1] & phone.number %}' } } }),
    "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported. at /States/A/Output/v",
  ],
  [
    'a resource that nobody knows',
    jsonpath({ T: { Type: 'Task', Resource: 'arn:aws:nonsense', End: true } }),
    'SCHEMA_VALIDATION_FAILED: The resource provided arn:aws:nonsense is not recognized. The value is not a valid ' +
      'resource ARN, or the resource is not available in this region. at /States/T/Resource',
  ],
  [
    'an operation that the service does not offer',
    jsonpath({ Query: { Type: 'Task', Resource: 'arn:aws:states:::dynamodb:query', End: true } }),
    'SCHEMA_VALIDATION_FAILED: The resource provided arn:aws:states:::dynamodb:query is not recognized. The value is ' +
      'not a valid resource ARN, or the resource is not available in this region. at /States/Query/Resource',
  ],
  [
    'a time that is none',
    jsonpath({ W: { Type: 'Wait', Timestamp: '2016-12-05T21:29:29', End: true } }),
    'SCHEMA_VALIDATION_FAILED: String does not match RFC3339 timestamp at /States/W/Timestamp',
  ],
  [
    'an intrinsic function that cannot be parsed',
    jsonpath({ S: { ...pass, Parameters: { 'parsed.$': `States.Format('"\\"{}', 1)` } } }),
    "SCHEMA_VALIDATION_FAILED: The value for the field 'parsed.$' must be a valid JSONPath or a valid intrinsic " +
      'function call at /States/S/Parameters',
  ],
  [
    'credentials without a role',
    jsonpath({ T: { Type: 'Task', Resource: FUNCTION, Credentials: {}, End: true } }),
    "SCHEMA_VALIDATION_FAILED: The field 'RoleArn' is required but was missing at /States/T/Credentials",
  ],
  [
    'a rule that leads nowhere',
    jsonpath({ C: { Type: 'Choice', Choices: [{ Variable: '$', IsNull: true }], Default: 'A' }, A: pass }),
    'SCHEMA_VALIDATION_FAILED: These fields are required: [Next] at /States/C/Choices[0]',
  ],
];

describe('CreateStateMachine', () => {
  it.each(REFUSED)('refuses %s', async (_name, definition, problem) => {
    const world = new World();
    const input = { name: 'm', roleArn: ROLE, definition: JSON.stringify(definition) };
    await expect(world.call('CreateStateMachine', input)).rejects.toMatchObject({
      name: 'InvalidDefinition',
      message: `Invalid State Machine Definition: '${problem}'`,
    });
  });

  it('accepts names inside predicates, functions and objects, where they have a context', async () => {
    const world = new World();
    const Output = "{% $states.input.a[b > 1].{ 'c': d } ~> $map(function($v) { $v.e }) %}";
    const input = { name: 'm', roleArn: ROLE, definition: JSON.stringify(jsonata({ A: { ...pass, Output } })) };
    await expect(world.call('CreateStateMachine', input)).resolves.toBeDefined();
  });

  it.each([
    [
      'distributed Map',
      jsonpath({
        M: {
          Type: 'Map',
          End: true,
          ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, StartAt: 'P', States: { P: pass } },
        },
      }),
    ],
    ['Credentials', jsonpath({ T: { Type: 'Task', Resource: FUNCTION, Credentials: { RoleArn: ROLE }, End: true } })],
    [
      'activity',
      jsonpath({ T: { Type: 'Task', Resource: 'arn:aws:states:us-east-1:111111111111:activity:a', End: true } }),
    ],
  ])('says that it cannot run: %s', async (words, definition) => {
    const world = new World();
    const input = { name: 'm', roleArn: ROLE, definition: JSON.stringify(definition) };
    await expect(world.call('CreateStateMachine', input)).rejects.toMatchObject({
      name: 'LocalUnsupported',
      message: expect.stringContaining(words),
    });
  });
});

describe('ValidateStateMachineDefinition', () => {
  const validate = (definition: string, more: object = {}) =>
    new World().call('ValidateStateMachineDefinition', { definition, ...more });

  it('finds nothing in a sound definition', async () => {
    expect(await validate(JSON.stringify(jsonpath({ A: pass })))).toEqual({
      result: 'OK',
      diagnostics: [],
      truncated: false,
    });
  });

  it('locates what it finds, up to maxResults', async () => {
    const definition = JSON.stringify({ StartAt: 'A', States: { A: { Type: 'Pass', Foo: 1, Bar: 2, End: true } } });
    expect(await validate(definition, { maxResults: 1 })).toEqual({
      result: 'FAIL',
      truncated: true,
      diagnostics: [
        {
          severity: 'ERROR',
          code: 'SCHEMA_VALIDATION_FAILED',
          message: "Field 'Foo' is not supported",
          location: '/States/A',
        },
      ],
    });
  });

  it('says what is no JSON', async () => {
    // LocalStack recording test_validate_state_machine_definition_not_a_definition[NOT_A_DEF]
    const location = '[Source: (String)"not a definition"; line: 1, column: 4]';
    expect((await validate('not a definition')).diagnostics).toEqual([
      {
        severity: 'ERROR',
        code: 'INVALID_JSON_DESCRIPTION',
        location,
        message:
          "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at " +
          location,
      },
    ]);
    expect((await validate('')).diagnostics).toMatchObject([{ message: 'Definition must be a valid JSON object' }]);
  });
});
