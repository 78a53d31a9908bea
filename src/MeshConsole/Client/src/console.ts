// What the shell does in the browser without asking the server: shortcuts, ages, copying, focus, the reconnect dialog.
// It finds its elements by data attributes and clicks them; what a click means is said in the components.
import { ageText, freshness } from './age';
import './chart';
import { Shortcuts } from './shortcuts';
import type { ThemeChoice } from './themeChoice';

const shortcuts = new Shortcuts();
let serverAheadMs = 0;

/** How long after a key the focus is taken to have been lost by what the key brought about. */
const lostFocusMs = 5000;

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function click(selector: string): boolean {
  const found = [...document.querySelectorAll<HTMLElement>(selector)].filter(element => element.checkVisibility?.() ?? true).at(-1);
  found?.click();
  return found !== undefined;
}

function moveRow(step: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>('main [data-row]')];
  if (rows.length === 0) return false;
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
  return true;
}

document.addEventListener('keydown', event => {
  const typing = isTyping(event.target);
  const shortcut = shortcuts.read(
    { key: event.key, ctrl: event.ctrlKey, meta: event.metaKey, alt: event.altKey, typing },
    performance.now(),
  );

  // In a table the arrow keys walk over the rows.
  if (!typing && (event.key === 'ArrowDown' || event.key === 'ArrowUp') && (event.target as HTMLElement).matches?.('[data-row]')) {
    if (moveRow(event.key === 'ArrowDown' ? 1 : -1)) event.preventDefault();
    return;
  }

  // In a list of suggestions the arrow keys choose; the caret of the field stays where it is.
  if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && (event.target as HTMLElement).matches?.('[role=combobox][data-suggests]')) {
    event.preventDefault();
    return;
  }

  let handled = false;
  switch (shortcut?.kind) {
    case 'search':
      handled = click('[data-shortcut=search]');
      break;
    case 'help':
      handled = click('[data-shortcut=help]');
      break;
    case 'go':
      handled = click(`a[data-go="${shortcut.letter}"]`);
      break;
    case 'row':
      handled = moveRow(shortcut.step);
      break;
    case 'close':
      // Open dialogs and popovers close by themselves; only a panel needs help.
      if (!document.querySelector('dialog[open]') && !document.querySelector(':popover-open') && !(typing && (event.target as HTMLInputElement).value)) {
        handled = click('[data-close-panel]');
      }
      break;
  }
  if (handled) event.preventDefault();
});

// What a key has pressed may go away with what it brought about: a page that was left, a button whose work is done. Whoever
// uses the keyboard then goes on in the page and not at the beginning of the document.
let [keyPressedAt, pressedAt] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
document.addEventListener('keydown', () => { keyPressedAt = pressedAt = performance.now(); }, true);
document.addEventListener('pointerdown', () => { [keyPressedAt, pressedAt] = [Number.NEGATIVE_INFINITY, performance.now()]; }, true);
new MutationObserver(changes => {
  // A question that a press has opened is answered where it stands: it has the focus as soon as it is there.
  const asking = performance.now() - pressedAt < lostFocusMs ? takerOf(changes) : null;
  if (asking) asking.focus();
  else if (document.activeElement === document.body && performance.now() - keyPressedAt < lostFocusMs && !document.querySelector('dialog[open]')) focusMain();
}).observe(document.documentElement, { subtree: true, childList: true });

function takerOf(changes: MutationRecord[]): HTMLElement | null {
  for (const change of changes) {
    for (const node of change.addedNodes) {
      if (!(node instanceof HTMLElement) || !node.isConnected) continue;
      const taker = node.matches('[data-takes-focus]') ? node : node.querySelector<HTMLElement>('[data-takes-focus]');
      if (taker) return taker;
    }
  }
  return null;
}

function focusMain(): void {
  document.getElementById('main')?.focus({ preventScroll: true });
}

document.addEventListener('click', async event => {
  const target = event.target as Element;
  const copy = target.closest<HTMLElement>('[data-copy]');
  if (copy) {
    event.preventDefault();
    event.stopPropagation();
    try {
      await navigator.clipboard.writeText(copy.dataset['copy'] ?? '');
      say('Copied');
      copy.classList.add('copied');
      setTimeout(() => copy.classList.remove('copied'), 1200);
    } catch {
      say('The browser did not allow copying');
    }
    return;
  }

  if (target.closest('[data-skip]')) {
    event.preventDefault();
    focusMain();
    return;
  }

  if (target.closest('[data-reconnect]')) {
    const back = await window.Blazor?.reconnect?.().catch(() => false);
    if (back === false) location.reload();
    return;
  }

  const opener = target.closest<HTMLElement>('[data-opens]');
  if (opener) {
    openDialog(opener.dataset['opens'] ?? '');
    return;
  }

  const choice = target.closest<HTMLElement>('[data-theme-choice]');
  if (choice) {
    window.meshConsoleTheme?.set(choice.dataset['themeChoice'] as ThemeChoice);
    showThemeChoice();
    choice.closest<HTMLElement>('[popover]')?.hidePopover();
    return;
  }

  // A click beside an open dialog closes it, as does anything that says so.
  const dialog = target.closest('dialog');
  if (dialog?.open && (target === dialog || target.closest('[data-closes]'))) {
    dialog.close();
    return;
  }

  if (target.closest('[data-reload]')) {
    location.reload();
    return;
  }

  // A link inside a popover does its work and the popover goes away.
  const link = target.closest('[popover] a[href]');
  (link?.closest('[popover]') as HTMLElement | null | undefined)?.hidePopover();
}, true);

function openDialog(id: string): void {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement) || dialog.open) return;
  dialog.showModal();
  dialog.querySelector<HTMLInputElement>('[autofocus]')?.select();
}

function showThemeChoice(): void {
  const chosen = window.meshConsoleTheme?.get() ?? 'system';
  for (const button of document.querySelectorAll<HTMLElement>('[data-theme-choice]')) {
    button.setAttribute('aria-checked', String(button.dataset['themeChoice'] === chosen));
  }
}

/** Says something to a screen reader. */
function say(text: string): void {
  const live = document.getElementById('said');
  if (live) live.textContent = text;
}

// Absolute time in the reader's zone, written when it is about to be read.
function explainTime(event: Event): void {
  const time = (event.target as Element).closest?.<HTMLTimeElement>('time[datetime]');
  if (!time || time.dataset['explained'] === time.dateTime) return;
  const at = new Date(time.dateTime);
  if (Number.isNaN(at.getTime())) return;
  time.dataset['explained'] = time.dateTime;
  time.title = `${at.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' })} (${at.toISOString().replace(/\.\d+Z$/, 'Z')})`;
}
document.addEventListener('mouseover', explainTime, { passive: true });
document.addEventListener('focusin', explainTime);

// Ages grow by themselves: no message from the server is needed for a second to pass.
function tick(): void {
  const now = Date.now() + serverAheadMs;
  for (const element of document.querySelectorAll<HTMLTimeElement>('time[data-age]')) {
    const seconds = (now - Date.parse(element.dateTime)) / 1000;
    if (Number.isNaN(seconds)) continue;
    const text = ageText(seconds);
    const node = element.firstChild;
    if (node instanceof Text) {
      if (node.data !== text) node.data = text;
    } else {
      element.textContent = text;
    }
    const refresh = Number(element.dataset['age']);
    if (refresh > 0) element.dataset['freshness'] = freshness(seconds, refresh);
  }
}
setInterval(() => { if (!document.hidden) tick(); }, 1000);
document.addEventListener('visibilitychange', () => { if (!document.hidden) tick(); });

// The server that comes back without our circuit refuses it. The page's state is in its address, so a reload loses nothing.
const reconnect = document.getElementById('components-reconnect-modal');
if (reconnect) {
  new MutationObserver(() => {
    if (!reconnect.classList.contains('components-reconnect-rejected')) return;
    const last = Number(sessionStorage.getItem('meshconsole.reloadedAt') ?? 0);
    if (Date.now() - last < 10_000) return;
    sessionStorage.setItem('meshconsole.reloadedAt', String(Date.now()));
    location.reload();
  }).observe(reconnect, { attributes: true, attributeFilter: ['class'] });
}

/** Called once per circuit. @param serverNow milliseconds since 1970 on the server. @returns the IANA name of the reader's time zone. */
export function start(serverNow: number): string {
  serverAheadMs = serverNow - Date.now();
  tick();
  showThemeChoice();
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

let focusBefore: HTMLElement | null = null;
let entered: HTMLElement | null = null;

/**
 * Moves the focus into a panel that the reader has just opened, and remembers where it was.
 * @param panel null when it was closed again before this call came.
 */
export function enterPanel(panel: HTMLElement | null): void {
  if (panel === null) return;
  const active = document.activeElement;
  entered = panel;
  // A row that has grown is shown with the row above it; what stands beside the page is in sight already.
  if (panel.classList.contains('panel-inline')) panel.scrollIntoView({ block: 'start' });
  if (active instanceof HTMLElement && active !== document.body && !panel.contains(active)) {
    focusBefore = active;
    panel.focus({ preventScroll: true });
  }
}

/** Shows what has got the focus back once the page has the room of the panel: before that it is somewhere else. */
function showWhenGone(back: HTMLElement, panel: HTMLElement | null, frames = 120): void {
  if (document.activeElement !== back) return;
  if (panel?.isConnected && frames > 0) requestAnimationFrame(() => showWhenGone(back, panel, frames - 1));
  else back.scrollIntoView({ block: 'nearest' });
}

/** Gives the focus back after a panel was closed, unless the reader has moved on. It may be called before the panel is gone from the page. */
export function leavePanel(): void {
  const active = document.activeElement;
  const lost = active === null || active === document.body || active.id === 'main' || entered?.contains(active);
  if (lost && focusBefore?.isConnected) {
    focusBefore.focus({ preventScroll: true });
    showWhenGone(focusBefore, entered);
  }
  focusBefore = null;
  entered = null;
}

window.meshConsole = {
  closeDialog(id) {
    const dialog = document.getElementById(id);
    if (!(dialog instanceof HTMLDialogElement)) return;
    dialog.close();

    // The browser gives the focus back to what had it. Where nothing had, the reader goes on in the page, and what a choice
    // opens there can take the focus: what is left in the closed dialog is lost a moment later.
    const active = document.activeElement;
    if (active === null || active === document.body || dialog.contains(active)) focusMain();
  },
  reveal(id) {
    document.getElementById(id)?.scrollIntoView({ block: 'nearest' });
  },
};
