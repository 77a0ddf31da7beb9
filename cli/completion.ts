/** `runctl completion <shell>`: the library's scripts, and for bash what they take for granted. */
import tab from '@bomb.sh/tab';
import addCompletion from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import type { Output } from './context';

/**
 * The package bash-completion has this function, and macOS and small machines do not have that package. Read a second time, as when
 * .bashrc is, the script would complain of its read-only variables.
 */
const BEFORE_BASH = `declare -F __runctl_complete >/dev/null && return 0 2>/dev/null
declare -F _get_comp_words_by_ref >/dev/null || _get_comp_words_by_ref() {
    words=("\${COMP_WORDS[@]}") cword=$COMP_CWORD cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
}
`;

export function withCompletion(program: Command, { stdout }: { stdout: Output }): void {
  addCompletion(program, { completionCommandName: 'completion' });
  const command = program.commands.find((each) => each.name() === 'completion');
  command?.description('script that completes commands and options in your shell').action((shell: string) => {
    if (shell === 'bash') stdout.write(BEFORE_BASH);
    tab.setup(program.name(), program.name(), shell);
  });
}
