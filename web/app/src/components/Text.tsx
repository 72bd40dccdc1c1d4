import type { ReactNode } from 'react';
import { theme } from 'antd';

/** The heading of a part of a page. */
export function Heading({ children }: { children: ReactNode }) {
  return <h2 style={{ fontSize: 18, fontWeight: 600, margin: '24px 0 12px' }}>{children}</h2>;
}

/** What is said aside. */
export function Aside({ children }: { children: ReactNode }) {
  const { token } = theme.useToken();
  return <span style={{ color: token.colorTextDescription }}>{children}</span>;
}
