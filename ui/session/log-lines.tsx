/** Lines of a log: only those in sight are in the document, so that fifty thousand are no trouble. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface Props {
  lines: readonly string[];
  /** Indices of those to show; undefined: all. */
  shown: readonly number[] | undefined;
  firstNumber: number;
  /** To be marked. */
  text: string;
  /** Index of the line to be in sight. */
  current: number | undefined;
  isFollowing: boolean;
  stopFollowing: () => void;
}

/** As in the style sheet. */
const LINE_PX = 19;
const SPARE_LINES = 30;

export function LogLines({ lines, shown, firstNumber, text, current, isFollowing, stopFollowing }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const total = shown?.length ?? lines.length;
  useEffect(() => {
    if (!box.current) return;
    const observer = new ResizeObserver(([entry]) => setHeight(entry?.contentRect.height ?? 600));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (isFollowing && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [total, isFollowing, height]);
  useLayoutEffect(() => {
    const at = current === undefined ? -1 : shown ? shown.indexOf(current) : current;
    if (at >= 0 && !isFollowing && box.current) box.current.scrollTop = at * LINE_PX - height / 2;
  }, [current, shown === undefined]);
  const scroll = () => {
    const { current: element } = box;
    if (!element) return;
    const isAtEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - LINE_PX;
    // Whoever scrolls up wants to read.
    if (isFollowing && !isAtEnd && element.scrollTop < top) stopFollowing();
    setTop(element.scrollTop);
  };
  const from = Math.max(0, Math.floor(top / LINE_PX) - SPARE_LINES);
  const to = Math.min(total, Math.ceil((top + height) / LINE_PX) + SPARE_LINES);
  const indices = Array.from(
    { length: Math.max(0, to - from) },
    (_, offset) => shown?.[from + offset] ?? from + offset,
  );
  const digits = String(firstNumber + lines.length).length;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled by keys
    <div ref={box} class="log" role="log" aria-label="Log" aria-live="off" tabIndex={0} onScroll={scroll}>
      <div class="log-whole" style={{ height: `${total * LINE_PX}px` }}>
        <div class="log-part" style={{ transform: `translateY(${from * LINE_PX}px)` }}>
          {indices.map((index) => (
            <div key={index} class={index === current ? 'log-line current' : 'log-line'}>
              <span class="log-number" style={{ width: `${digits}ch` }}>
                {firstNumber + index}
              </span>
              <span>{marked(lines[index] ?? '', text)}</span>
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

function marked(line: string, text: string): preact.ComponentChildren {
  const at = text === '' ? -1 : line.toLowerCase().indexOf(text.toLowerCase());
  if (at < 0) return line;
  const end = at + text.length;
  return (
    <>
      {line.slice(0, at)}
      <mark>{line.slice(at, end)}</mark>
      {marked(line.slice(end), text)}
    </>
  );
}
