import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { ConfigProvider, theme } from 'antd';
import { useTranslation } from 'react-i18next';

export type Mode = 'system' | 'light' | 'dark';
const key = 'aircheck.theme';

const Context = createContext<{ mode: Mode; dark: boolean; setMode: (mode: Mode) => void }>({ mode: 'system', dark: false, setMode: () => undefined });

function stored(): Mode {
  const value = localStorage.getItem(key);
  return value === 'light' || value === 'dark' ? value : 'system';
}

/** Whether a media query holds at the moment. */
function useMedia(text: string): boolean {
  const query = useMemo(() => window.matchMedia(text), [text]);
  const [matches, setMatches] = useState(query.matches);
  useEffect(() => {
    const listen = (event: MediaQueryListEvent) => setMatches(event.matches);
    query.addEventListener('change', listen);
    return () => query.removeEventListener('change', listen);
  }, [query]);
  return matches;
}

// Text has at least 4.5 times the light of what it stands on, or that of it (WCAG 2, AA): white on the accent, the accent on the page, states on
// their tints, and what is said aside; also while one points at it. On dark no one colour does the first two.
const readable = (dark: boolean) => ({
  colorPrimary: '#c23a20',
  ...(dark
    ? {
        colorBgLayout: '#0b0c0f', colorBgContainer: '#15171c', colorBgElevated: '#1d2026',
        colorLink: '#69a8ff', colorLinkHover: '#91c1ff', colorLinkActive: '#91c1ff', colorTextDescription: 'rgba(255, 255, 255, 0.6)', colorTextPlaceholder: 'rgba(255, 255, 255, 0.5)', colorTextTertiary: 'rgba(255, 255, 255, 0.55)',
        colorError: '#ff7476', colorInfo: '#69a8ff', colorSuccess: '#5fd126', colorWarning: '#ffb629',
      }
    : {
        colorPrimaryHover: '#a8301a', colorLink: '#0958d9', colorLinkHover: '#003eb3', colorTextDescription: 'rgba(0, 0, 0, 0.6)', colorTextPlaceholder: 'rgba(0, 0, 0, 0.56)', colorTextTertiary: 'rgba(0, 0, 0, 0.58)',
        colorError: '#c8161d', colorInfo: '#0958d9', colorSuccess: '#2b7a0b', colorWarning: '#8f5a00',
        // What antd would mix of the dark shades of states looks muddy: these are those of its own light ones.
        colorSuccessBg: '#f6ffed', colorSuccessBorder: '#b7eb8f', colorWarningBg: '#fffbe6', colorWarningBorder: '#ffe58f',
        colorErrorBg: '#fff2f0', colorErrorBorder: '#ffccc7', colorInfoBg: '#e6f4ff', colorInfoBorder: '#91caff',
      }),
});

const accent = (dark: boolean, ...tokens: string[]) => Object.fromEntries(dark ? tokens.map((name) => [name, '#ff8a6b']) : []);

/** Colours, light or dark, and the language of the components. */
export function Theme({ children }: { children: ReactNode }) {
  const { i18n } = useTranslation();
  const [mode, setMode] = useState(stored);
  const system = useMedia('(prefers-color-scheme: dark)');
  const still = useMedia('(prefers-reduced-motion: reduce)');
  const dark = mode === 'dark' || (mode === 'system' && system);
  useEffect(() => {
    document.documentElement.style.colorScheme = dark ? 'dark' : 'light';
  }, [dark]);
  const [locale, setLocale] = useState<object>();
  useEffect(() => {
    let gone = false;
    const load = i18n.language === 'zh' ? import('antd/locale/zh_CN') : import('antd/locale/en_US');
    void load.then((found) => !gone && setLocale(found.default));
    return () => {
      gone = true;
    };
  }, [i18n.language]);
  const value = useMemo(
    () => ({
      mode,
      dark,
      setMode: (to: Mode) => {
        localStorage.setItem(key, to);
        setMode(to);
      },
    }),
    [mode, dark],
  );
  return (
    <Context value={value}>
      <ConfigProvider
        // A button is called what stands on it: no space between two signs.
        button={{ autoInsertSpace: false }}
        {...(locale ? { locale: locale as never } : {})}
        theme={{
          algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm,
          token: { ...readable(dark), borderRadius: 6, fontSize: 14, motion: !still },
          components: { Button: { ...accent(dark, 'defaultHoverColor', 'defaultHoverBorderColor', 'defaultActiveColor', 'defaultActiveBorderColor'), ...(dark ? { dangerColor: '#1a0506' } : {}) }, Menu: accent(dark, 'itemSelectedColor'), Tabs: accent(dark, 'itemSelectedColor', 'itemHoverColor', 'itemActiveColor'), Pagination: accent(dark, 'itemActiveColor'), Descriptions: { labelColor: readable(dark).colorTextDescription } },
        }}
      >
        <Frame>{children}</Frame>
      </ConfigProvider>
    </Context>
  );
}

/** What stands behind and around all pages, in the colours of the theme. */
function Frame({ children }: { children: ReactNode }) {
  const { token } = theme.useToken();
  return (
    <div style={{ minHeight: '100vh', background: token.colorBgLayout, color: token.colorText, fontFamily: token.fontFamily, fontSize: token.fontSize, lineHeight: token.lineHeight }}>{children}</div>
  );
}

export const useMode = () => useContext(Context);
