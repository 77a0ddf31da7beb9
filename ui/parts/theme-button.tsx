import { useState } from 'preact/hooks';
import { setTheme, THEMES, type Theme, theme } from '../theme';

const ICONS: Record<Theme, string> = {
  auto: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
  light: 'M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM12 1v3M12 20v3M1 12h3M20 12h3M4 4l2 2M18 18l2 2M4 20l2-2M18 6l2-2',
  dark: 'M20 14.500A8.500 8.500 0 1 1 9.500 4a7 7 0 0 0 10.500 10.500z',
};

/** Goes from one to the next. */
export function ThemeButton() {
  const [current, setCurrent] = useState(theme());
  const next = THEMES[(THEMES.indexOf(current) + 1) % THEMES.length] ?? 'auto';
  const change = () => {
    setTheme(next);
    setCurrent(next);
  };
  return (
    <button
      type="button"
      class="icon-button"
      onClick={change}
      aria-label={`Colours: ${current}. Change to ${next}`}
      title={`Colours: ${current}`}
    >
      <svg width="18" height="18" viewBox="0 0 24 24" aria-hidden="true">
        <path
          d={ICONS[current]}
          fill={current === 'light' ? 'none' : 'currentColor'}
          fill-opacity={current === 'auto' ? 0.25 : 1}
          stroke="currentColor"
          stroke-width="1.8"
          stroke-linecap="round"
        />
      </svg>
    </button>
  );
}
