import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import en from './en';

export type Language = 'en' | 'zh';
const key = 'aircheck.language';

/** The language chosen before, or that of the browser. */
export function language(): Language {
  const stored = localStorage.getItem(key);
  if (stored === 'en' || stored === 'zh') return stored;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/** Starts translation; English is always there, Chinese is fetched when it is wanted. */
export async function startTranslation(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: { en: { translation: en } },
    lng: 'en',
    fallbackLng: 'en',
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
  });
  if (language() === 'zh') await setLanguage('zh');
  document.documentElement.lang = language();
}

/** Changes the language and remembers it. */
export async function setLanguage(to: Language): Promise<void> {
  if (to === 'zh' && !i18next.hasResourceBundle('zh', 'translation')) {
    i18next.addResourceBundle('zh', 'translation', (await import('./zh')).default);
  }
  await i18next.changeLanguage(to);
  localStorage.setItem(key, to);
  document.documentElement.lang = to;
}
