/** Which of the rights that the template grants were used: what never is, is a right too many. */
import type { IamRegistry, Role } from '../template/iam-registry';
import type { Match } from './evaluate';
import { policyStatements, type Statement } from './policy';

/** One action on one resource, as a statement of a role's policy writes them. */
export interface RoleGrant {
  /** Logical id of the role in the template. */
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  /** The statement's, as JSON; `{}` without any. */
  readonly condition: string;
  readonly uses: number;
}

export class GrantLog {
  readonly #uses = new Map<string, number>();

  constructor(private readonly iam: Pick<IamRegistry, 'roles'>) {}

  note(roleName: string, matches: readonly Match[]): void {
    for (const { statement, action, resource } of matches) {
      const key = keyOf(roleName, statement, action, resource);
      this.#uses.set(key, (this.#uses.get(key) ?? 0) + 1);
    }
  }

  grants(): RoleGrant[] {
    return [...this.iam.roles.values()].flatMap((role) =>
      role.policies.flatMap(({ document }) =>
        policyStatements(document).flatMap((statement) => this.#grantsOf(role, statement)),
      ),
    );
  }

  #grantsOf({ name, logicalId }: Role, statement: Statement): RoleGrant[] {
    if (statement.effect !== 'Allow') return [];
    const texts = (patterns: Statement['actions'], isNot: boolean) =>
      isNot ? ['*'] : patterns.map(({ text }) => text);
    return texts(statement.actions, statement.isNotAction).flatMap((action) =>
      texts(statement.resources, statement.isNotResource).map((resource) => ({
        role: logicalId,
        action,
        resource,
        condition: statement.conditionText,
        uses: this.#uses.get(keyOf(name, statement, action, resource)) ?? 0,
      })),
    );
  }
}

const keyOf = (roleName: string, { conditionText }: Statement, action: string, resource: string) =>
  `${roleName} ${action} ${resource} ${conditionText}`;
