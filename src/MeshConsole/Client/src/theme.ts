// Loaded as a classic script in <head>, before the first paint: picks the stylesheet of the chosen theme.
import { type ThemeChoice, readThemeChoice, resolveTheme, themeStorageKey } from './themeChoice';

const dark = window.matchMedia('(prefers-color-scheme: dark)');

function read(): ThemeChoice {
  try {
    return readThemeChoice(localStorage.getItem(themeStorageKey));
  } catch {
    return 'system';
  }
}

function apply(choice: ThemeChoice): void {
  const theme = resolveTheme(choice, dark.matches);
  document.documentElement.dataset['theme'] = theme;
  for (const link of document.querySelectorAll<HTMLLinkElement>('link[data-for-theme]')) {
    link.media = link.dataset['forTheme'] === theme ? 'all' : 'not all';
  }
  document.dispatchEvent(new CustomEvent('meshconsole:theme', { detail: theme }));
}

let chosen = read();
apply(chosen);
dark.addEventListener('change', () => apply(chosen));

window.meshConsoleTheme = {
  get: () => chosen,
  set(choice) {
    chosen = readThemeChoice(choice);
    try {
      localStorage.setItem(themeStorageKey, chosen);
    } catch {
      // Storage may be switched off: the choice then lasts as long as the page.
    }
    apply(chosen);
  },
};
