import { useEffect, useRef, type CSSProperties, type ReactNode } from 'react';
import { Flex } from 'antd';
import { useLocation, useNavigationType } from 'react-router';
import { arrive } from './arrive';

interface Props {
  title: string;
  /** Buttons beside the title. */
  extra?: ReactNode;
  children?: ReactNode;
}

/** Names of 250 letters would fill a phone. */
const cut: CSSProperties = { display: '-webkit-box', WebkitBoxOrient: 'vertical', WebkitLineClamp: 3, overflow: 'hidden' };

/** The frame of a page: its title, in the window too, and what can be done there. */
export function Page({ title, extra, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { pathname } = useLocation();
  const back = useNavigationType() === 'POP';
  useEffect(() => {
    document.title = `${title} · Aircheck`;
  }, [title]);
  useEffect(() => arrive(pathname, back, heading.current), [pathname, back]);
  return (
    <>
      <Flex wrap align="center" justify="space-between" gap={12} style={{ marginBottom: 16 }}>
        <h1 ref={heading} tabIndex={-1} {...(title.length > 60 ? { title } : {})} style={{ ...cut, margin: 0, fontSize: 24, fontWeight: 600, lineHeight: 1.3, minWidth: 0, outline: 'none' }}>{title}</h1>
        {extra}
      </Flex>
      {children}
    </>
  );
}
