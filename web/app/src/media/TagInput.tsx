import { useState } from 'react';
import { Select } from 'antd';

/** As ModifyMediaInfo has it. */
const longest = 32;
const most = 16;

interface Props {
  id: string;
  value: string[];
  change: (tags: string[]) => void;
  /** Tags that are known, to choose from. */
  known?: string[];
  placeholder?: string;
  /** On one line: those for which there is no room are counted. */
  short?: boolean;
}

/** What was typed, as tags can be: each once, cut by whole characters; exported for tests. */
export const asTags = (typed: string[]): string[] => [...new Set(typed.map((tag) => [...tag.trim()].slice(0, longest).join('').trim()).filter(Boolean))].slice(0, most);

/** Tags to be typed, or chosen from those that are known; the list is in nobody's way once something was. */
export function TagInput({ id, value, change, known = [], placeholder, short = false }: Props) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const options = known.filter((tag) => !value.includes(tag)).map((tag) => ({ value: tag }));
  const fits = options.some((o) => o.value.toLowerCase().includes(text.trim().toLowerCase()));
  return (
    <Select
      id={id}
      mode="tags"
      {...(short ? { maxTagCount: 'responsive' as const } : {})}
      maxCount={most}
      suffixIcon={null}
      placeholder={placeholder}
      tokenSeparators={[',', '，']}
      open={open && fits}
      onOpenChange={setOpen}
      searchValue={text}
      onSearch={(typed) => {
        setText(typed);
        setOpen(true);
      }}
      options={options}
      value={value}
      onChange={(typed: string[]) => {
        change(asTags(typed));
        setText('');
        setOpen(false);
      }}
    />
  );
}
