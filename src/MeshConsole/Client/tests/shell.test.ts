import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageText, freshness } from '../src/age';
import { chordMilliseconds, Shortcuts, type Press } from '../src/shortcuts';
import { readThemeChoice, resolveTheme } from '../src/themeChoice';

const press = (key: string, more: Partial<Press> = {}): Press => ({ key, ctrl: false, meta: false, alt: false, typing: false, ...more });

test('an age is one whole number and its unit', () => {
  assert.equal(ageText(-3), 'just now');
  assert.equal(ageText(0.9), 'just now');
  assert.equal(ageText(4.7), '4\u202fs ago');
  assert.equal(ageText(60), '1\u202fmin ago');
  assert.equal(ageText(3599), '59\u202fmin ago');
  assert.equal(ageText(7200), '2\u202fh ago');
  assert.equal(ageText(47 * 3600), '47\u202fh ago');
  assert.equal(ageText(49 * 3600), '2\u202fd ago');
});

test('an age turns amber past two refreshes and red past four', () => {
  assert.equal(freshness(30, 15), 'fresh');
  assert.equal(freshness(31, 15), 'aging');
  assert.equal(freshness(60, 15), 'aging');
  assert.equal(freshness(61, 15), 'old');
  assert.equal(freshness(9999, 0), 'fresh');
});

test('g and a letter within the time is one shortcut, later it is not', () => {
  const shortcuts = new Shortcuts();
  assert.equal(shortcuts.read(press('g'), 0), null);
  assert.deepEqual(shortcuts.read(press('t'), chordMilliseconds - 1), { kind: 'go', letter: 't' });
  assert.equal(shortcuts.read(press('t'), chordMilliseconds), null);
  shortcuts.read(press('g'), 5000);
  assert.equal(shortcuts.read(press('o'), 5000 + chordMilliseconds), null);
});

test('letters in a field are text, but search and close work everywhere', () => {
  const shortcuts = new Shortcuts();
  assert.equal(shortcuts.read(press('/', { typing: true }), 0), null);
  assert.equal(shortcuts.read(press('?', { typing: true }), 0), null);
  assert.deepEqual(shortcuts.read(press('k', { ctrl: true, typing: true }), 0), { kind: 'search' });
  assert.deepEqual(shortcuts.read(press('K', { meta: true }), 0), { kind: 'search' });
  assert.deepEqual(shortcuts.read(press('Escape', { typing: true }), 0), { kind: 'close' });
});

test('a browser shortcut is left alone', () => {
  const shortcuts = new Shortcuts();
  assert.equal(shortcuts.read(press('g', { ctrl: true }), 0), null);
  assert.equal(shortcuts.read(press('t'), 1), null);
  assert.equal(shortcuts.read(press('/', { alt: true }), 2), null);
});

test('a stored theme that makes no sense means the system decides', () => {
  assert.equal(readThemeChoice('<b>'), 'system');
  assert.equal(readThemeChoice(null), 'system');
  assert.equal(readThemeChoice('dark'), 'dark');
  assert.equal(resolveTheme('system', true), 'dark');
  assert.equal(resolveTheme('light', true), 'light');
});
