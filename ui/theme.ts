/** Light or dark: as the system has it, until somebody says otherwise. */
const KEY = 'runctl-theme';

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export function theme(): Theme {
  const kept = localStorage.getItem(KEY);
  return THEMES.find((each) => each === kept) ?? 'auto';
}

export function setTheme(wanted: Theme): void {
  localStorage.setItem(KEY, wanted);
  applyTheme();
  dispatchEvent(new Event('themechange'));
}

export function applyTheme(): void {
  document.documentElement.dataset['theme'] = theme();
}

/** Told when colours have changed, whoever changed them. Returns how to stop. */
export function onThemeChange(tell: () => void): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', tell);
  addEventListener('themechange', tell);
  return () => {
    dark.removeEventListener('change', tell);
    removeEventListener('themechange', tell);
  };
}

/** A custom property's colour as canvases take it: they do not know `light-dark()`. */
export function colorOf(property: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
