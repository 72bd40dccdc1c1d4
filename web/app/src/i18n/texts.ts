import { useTranslation } from 'react-i18next';

/** Texts of a page in both languages, which come with the page: texts, and functions for those with something to fill in. */
export interface PageTexts<T> {
  en: T;
  zh: T;
}

/** The texts of a page in the language that is chosen. */
export function useTexts<T>(texts: PageTexts<T>): T {
  const { i18n } = useTranslation();
  return i18n.language === 'zh' ? texts.zh : texts.en;
}
