import type { RoleGrant } from '../../local/iam/grant-log';
import { judge, type Reason } from '../../scripts/iam-coverage/judge';

const grant = (role: string, action: string, uses: number, resource = '*'): RoleGrant => ({
  role,
  action,
  resource,
  condition: '{}',
  uses,
});
const reason = (unusedBy: Reason['unusedBy'], ...actions: string[]): Reason => ({ actions, unusedBy, because: 'so' });

describe('coverage of rights', () => {
  it('names what is granted, unused and unexplained', () => {
    const unused = grant('A', 'sns:Publish', 0);
    const grants = [grant('A', 'sqs:SendMessage', 3), unused, grant('B', 'ec2:RunInstances', 0)];
    expect(judge(grants, [reason('everybody', 'ec2:RunInstances')])).toEqual({
      unexplained: [unused],
      wrongReasons: [],
    });
  });

  it.each([
    ['for what is granted to nobody', [], 'everybody', 'granted to nobody'],
    ['for what everybody used', [grant('A', 'a:B', 1)], 'some', 'used by everybody'],
    ['for what only some use, where nobody does', [grant('A', 'a:B', 0)], 'some', 'used by nobody'],
    [
      'for what nobody uses, where somebody does',
      [grant('A', 'a:B', 1), grant('C', 'a:B', 0)],
      'everybody',
      'was used by A',
    ],
  ] as [string, RoleGrant[], Reason['unusedBy'], string][])(
    'finds a reason wrong %s',
    (_title, grants, unusedBy, problem) => {
      const { wrongReasons } = judge(grants, [reason(unusedBy, 'a:B')]);
      expect(wrongReasons).toEqual([expect.stringContaining(problem)]);
    },
  );

  it('takes a reason for what is used in some runs only, whether it was or not', () => {
    for (const uses of [0, 1]) {
      expect(judge([grant('A', 'a:B', uses)], [reason('sometimes', 'a:B')])).toEqual({
        unexplained: [],
        wrongReasons: [],
      });
    }
  });

  it('takes a reason for some roles, and says for which it is wrong', () => {
    const grants = [grant('PlanRole', 'a:B', 0), grant('OtherRole', 'a:B', 0)];
    const ofPlan = { ...reason('everybody', 'a:B'), roles: /PlanRole/ };
    expect(judge(grants, [ofPlan])).toEqual({ unexplained: [grants[1]], wrongReasons: [] });
    expect(judge([grant('PlanRole', 'a:B', 1)], [ofPlan]).wrongReasons).toEqual([
      'a:B of PlanRole has a reason and was used by everybody who has it',
    ]);
  });

  it('takes a reason for some resources of an action', () => {
    const other = grant('A', 's3:GetObject', 0, 'arn:aws:s3:::b/x');
    const grants = [grant('A', 's3:GetObject', 0, 'arn:aws:s3:::assets/1'), other];
    const assets = { ...reason('everybody', 's3:GetObject'), resource: /:assets\// };
    expect(judge(grants, [assets])).toEqual({ unexplained: [other], wrongReasons: [] });
  });
});
