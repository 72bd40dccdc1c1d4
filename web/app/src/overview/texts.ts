import type { PageTexts } from '../i18n/texts';

interface Texts {
  last: string;
  all: string;
  ended: (why: string) => string;
}

export const texts: PageTexts<Texts> = {
  en: { last: 'Last recordings', all: 'All recordings', ended: (why) => `Ended: ${why}` },
  zh: { last: '最近录制', all: '全部录制', ended: (why) => `结束原因：${why}` },
};
