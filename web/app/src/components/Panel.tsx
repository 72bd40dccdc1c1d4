import type { CSSProperties, ReactNode } from 'react';
import { theme } from 'antd';

interface Props {
  title?: ReactNode;
  /** At the end of the line of the title. */
  extra?: ReactNode;
  padding?: number;
  style?: CSSProperties;
  children: ReactNode;
}

/** A card for the first pages: that of antd brings tabs, menus and more with it, which they do not need. */
export function Panel({ title, extra, padding = 12, style, children }: Props) {
  const { token } = theme.useToken();
  return (
    <section className="panel" style={{ background: token.colorBgContainer, border: `1px solid ${token.colorBorderSecondary}`, borderRadius: token.borderRadiusLG, ...style }}>
      {title && (
        <header className="panel-title" style={{ borderBottom: `1px solid ${token.colorBorderSecondary}` }}>
          <div style={{ minWidth: 0, flex: 1 }}>{title}</div>
          {extra && <div style={{ fontWeight: 400 }}>{extra}</div>}
        </header>
      )}
      <div style={{ padding }}>{children}</div>
    </section>
  );
}
