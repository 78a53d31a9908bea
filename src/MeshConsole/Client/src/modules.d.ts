declare module 'elkjs/lib/elk-worker.min.js';

interface Window {
  /** The Blazor script's own functions, there once a circuit has started. */
  Blazor?: {
    navigateTo?(url: string, options?: { replaceHistoryEntry?: boolean }): void;
    reconnect?: () => Promise<boolean>;
  };
  /** Functions that components call by name; nothing here needs a reference to an element of a circuit. */
  meshConsole?: { closeDialog(id: string): void; reveal(id: string): void };
  meshConsoleTheme?: { get(): import('./themeChoice').ThemeChoice; set(choice: import('./themeChoice').ThemeChoice): void };
}
