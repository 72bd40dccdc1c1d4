import { Tag } from 'antd';

/** The name of a format. */
export function FormatTag({ format }: { format: string }) {
  return <Tag style={{ marginInlineEnd: 0, minWidth: 44, textAlign: 'center' }}>{format.toUpperCase()}</Tag>;
}
