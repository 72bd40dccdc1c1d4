import type { ReactNode } from 'react';
import { Tag, theme, type TagProps } from 'antd';

/** A coloured tag whose text is as legible as the text around it, which that of Tag is not. */
export function Mark({ color, children, ...rest }: { color: string; children: ReactNode } & Pick<TagProps, 'tabIndex'>) {
  const { token } = theme.useToken();
  return (
    <Tag color={color} variant="outlined" style={{ color: token.colorText, marginInlineEnd: 0 }} {...rest}>
      {children}
    </Tag>
  );
}
