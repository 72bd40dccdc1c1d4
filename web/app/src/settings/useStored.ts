import { useEffect, useState } from 'react';
import type { FormInstance } from 'antd';

/**
 * Keeps a form with what is stored: while nobody has typed it follows what others change, and after saving it is as new. Returns whether
 * somebody else has changed what is being typed over, and what takes their values.
 */
export function useStored<V extends object>(form: FormInstance<V>, stored: V): { changed: boolean; take: () => void; saved: () => void } {
  const text = JSON.stringify(stored);
  // What the fields began with.
  const [known, setKnown] = useState(text);
  const take = () => {
    form.setFields(Object.entries(JSON.parse(text) as V).map(([name, value]) => ({ name: name as never, value, touched: false, errors: [] })));
    setKnown(text);
  };
  // Saving asks for what is stored, which is what stands in the fields: nobody is to be warned of oneself.
  const saved = () => form.setFields(Object.keys(stored).map((name) => ({ name: name as never, touched: false })));
  const changed = text !== known;
  const typed = changed && form.isFieldsTouched();
  useEffect(() => {
    if (changed && !typed) take();
  });
  return { changed: typed, take, saved };
}
