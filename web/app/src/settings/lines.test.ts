import { expect, it } from 'vitest';
import { lines, notHost, notOrigin } from './lines';

it('takes lines apart', () => {
  expect(lines(' a.example.com\n\n*.b.example.com, a.example.com ')).toEqual(['a.example.com', '*.b.example.com']);
  expect(lines(' \n')).toEqual([]);
});

it('finds what is no host', () => {
  expect(notHost(['example.com', '*.example.com', 'localhost', '10.0.0.1', '::1'])).toBeUndefined();
  expect(notHost(['example.com', 'https://example.com'])).toBe('https://example.com');
  expect(notHost(['example.com/page'])).toBe('example.com/page');
  expect(notHost(['*'])).toBe('*');
});

it('finds what is no origin', () => {
  expect(notOrigin(['https://example.com', 'http://localhost:3000'])).toBeUndefined();
  expect(notOrigin(['example.com'])).toBe('example.com');
  expect(notOrigin(['https://example.com/'])).toBe('https://example.com/');
});
