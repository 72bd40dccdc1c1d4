import { useEffect, useRef, useState } from 'react';
import { Input } from 'antd';
import { useTexts } from '../i18n/texts';
import { texts } from './texts';

/** How long typing may pause, in ms, before what was typed is looked for. */
const pause = 250;
/** As SearchMedia has it. */
const longest = 64;

/** Looks for what is typed while it is typed; not for half a character of an input method. */
export function SearchBox({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const t = useTexts(texts);
  const [text, setText] = useState(value);
  const [composing, setComposing] = useState(false);
  const told = useRef(value);
  useEffect(() => {
    // The address was changed by something else, such as the button that clears the filters.
    if (value !== told.current) {
      told.current = value;
      setText(value);
    }
  }, [value]);
  useEffect(() => {
    if (composing || text === told.current) return undefined;
    const timer = setTimeout(() => {
      told.current = text;
      onChange(text);
    }, pause);
    return () => clearTimeout(timer);
  }, [text, composing, onChange]);
  return (
    <Input.Search
      allowClear
      maxLength={longest}
      value={text}
      placeholder={t.search}
      aria-label={t.search}
      style={{ flex: '1 1 240px', maxWidth: 460 }}
      onChange={(e) => setText(e.target.value)}
      onCompositionStart={() => setComposing(true)}
      onCompositionEnd={() => setComposing(false)}
    />
  );
}
