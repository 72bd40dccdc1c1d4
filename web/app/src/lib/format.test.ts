import { expect, it } from 'vitest';
import { visible } from '../components/Name';
import { bitrate, bytes, duration, streamPath } from './format';

it('writes sizes', () => {
  expect([0, 999, 1000, 1536, 123456789, 5e15].map(bytes)).toEqual(['0 B', '999 B', '1.0 KB', '1.5 KB', '123 MB', '5.0 PB']);
});
it('writes rates', () => {
  expect([0, 128_000, 4_200_000, 250e6].map(bitrate)).toEqual(['0 kbit/s', '128 kbit/s', '4.2 Mbit/s', '250 Mbit/s']);
});
it('writes durations', () => {
  expect([-1, 0, 59.9, 60, 3723].map(duration)).toEqual(['0:00', '0:00', '0:59', '1:00', '1:02:03']);
});
it('escapes streams', () => {
  expect(streamPath('a/b c', 'x?<y>/')).toBe('a/b%20c/x%3F%3Cy%3E%2F');
});
it('shows signs that nobody sees', () => {
  expect(visible('a\u202eb\u0000<img>"\u200f')).toBe('a\\u202eb\\u0000<img>"\\u200f');
});
