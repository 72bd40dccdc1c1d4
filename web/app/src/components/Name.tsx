import { Tooltip } from 'antd';

/** A name that a publisher chose: text of any direction, cut at the end of the line where it is long. */
export function Name({ children, strong = false }: { children: string; strong?: boolean }) {
  const text = (
    <span className="name" style={strong ? { fontWeight: 600 } : undefined}>
      {visible(children)}
    </span>
  );
  return children.length > 40 ? <Tooltip title={<bdi>{visible(children.slice(0, 500))}</bdi>}>{text}</Tooltip> : text;
}

/** Shows marks that change the direction of text, and other signs that nobody sees, by their numbers; exported for tests. */
export function visible(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
