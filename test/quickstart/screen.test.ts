import { Screen } from '../../scripts/quickstart/screen';
import { runView } from './views';

function output(isTTY: boolean, columns = 200) {
  const written: string[] = [];
  return { written, isTTY, columns, write: (text: string | Uint8Array) => written.push(String(text)) > 0 };
}

describe('Screen', () => {
  it('goes back up by as many lines as it drew before', () => {
    const tty = output(true);
    const screen = new Screen(tty, false);
    screen.show(runView());
    screen.show(runView());

    const drawnLines = (tty.written[0]?.match(/\n/g) ?? []).length;
    expect(tty.written[0]?.startsWith('\r')).toBe(true);
    expect(tty.written[1]?.startsWith(`\x1b[${drawnLines}A\r`)).toBe(true);
  });

  it('cuts lines that would wrap', () => {
    const tty = output(true, 40);
    new Screen(tty, false).show(runView());

    for (const line of tty.written.join('').replaceAll('\x1b[K', '').replaceAll('\x1b[J', '').split('\n')) {
      expect(line.replace('\r', '').length).toBeLessThan(40);
    }
  });

  it('writes plain lines without any control character when it is not a terminal', () => {
    const pipe = output(false);
    new Screen(pipe).show(runView());

    expect(pipe.written.length).toBeGreaterThan(2);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(pipe.written.join('')).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
  });
});
