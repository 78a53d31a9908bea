export type ThemeChoice = 'light' | 'dark' | 'system';

export const themeStorageKey = 'meshconsole.theme';

/** What was stored, or the system's choice for anything else. */
export function readThemeChoice(stored: string | null): ThemeChoice {
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

export function resolveTheme(choice: ThemeChoice, systemIsDark: boolean): 'light' | 'dark' {
  return choice === 'system' ? (systemIsDark ? 'dark' : 'light') : choice;
}
