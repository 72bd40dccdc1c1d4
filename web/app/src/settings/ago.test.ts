import { expect, it } from 'vitest';
import { accountTexts } from './accountTexts';
import { ago, agentOf } from './ago';

it('says how long ago something was', () => {
  const t = accountTexts.en;
  expect([-5000, 0, 59_999, 60_000, 3_599_999, 3_600_000, 86_400_000, 200_000_000].map((ms) => ago(ms, t))).toEqual(['just now', 'just now', 'just now', '1 min ago', '59 min ago', '1 h ago', '1 day ago', '2 days ago']);
  expect(ago(7_200_000, accountTexts.zh)).toBe('2 小时前');
});

it('names browsers that claim to be others as well', () => {
  const mozilla = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
  expect(agentOf(mozilla)).toEqual({ browser: 'Chrome', system: 'Windows' });
  expect(agentOf(`${mozilla} Edg/140.0.0.0`)).toEqual({ browser: 'Edge', system: 'Windows' });
  expect(agentOf('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1')).toEqual({ browser: 'Safari', system: 'iOS' });
  expect(agentOf('Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0')).toEqual({ browser: 'Firefox', system: 'Linux' });
  expect(agentOf('curl/8.5.0')).toEqual({ browser: 'curl', system: '' });
  expect(agentOf('')).toEqual({ browser: '', system: '' });
});
