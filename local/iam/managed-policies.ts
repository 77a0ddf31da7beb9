/** AWS's own policies that templates commonly name, as AWS publishes them. */
const DOCUMENTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  // https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaBasicExecutionRole.html
  'service-role/AWSLambdaBasicExecutionRole': {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: '*',
      },
    ],
  },
};

/** What a policy of AWS's says; undefined for one that is not known here. */
export function managedPolicy(policyArn: string): Readonly<Record<string, unknown>> | undefined {
  const name = /^arn:aws:iam::aws:policy\/(.+)$/.exec(policyArn)?.[1] ?? '';
  return Object.hasOwn(DOCUMENTS, name) ? DOCUMENTS[name] : undefined;
}
