import { useEffect, useState } from 'react';
import type { FormInstance } from 'antd';

/**
 * Keeps a form with what is stored: while nobody has typed it follows what others change, and after saving it is as new. Returns whether
 * somebody else has changed what is being typed over, what takes their values, and what is called when the form is sent: that returns what is
 * called when it is stored.
 */
export function useStored<V extends object>(form: FormInstance, stored: V): { changed: boolean; take: () => void; saving: () => () => void } {
  const names = Object.keys(stored) as (keyof V)[];
  const text = JSON.stringify(stored);
  // What the fields began with, and what was saved last: nobody is to be warned of oneself.
  const [known, setKnown] = useState(text);
  const [mine, setMine] = useState('');
  const take = () => {
    form.setFields(Object.entries(JSON.parse(text) as V).map(([name, value]) => ({ name, value, touched: false, errors: [] })));
    setKnown(text);
  };
  const saving = () => {
    const sent = form.getFieldsValue(true) as V;
    return () => {
      // What was typed since is not saved.
      const now = form.getFieldsValue(true) as V;
      form.setFields(names.filter((name) => Object.is(now[name], sent[name])).map((name) => ({ name, touched: false })));
      setMine(JSON.stringify(Object.fromEntries(names.map((name) => [name, sent[name]]))));
    };
  };
  const typed = text !== known && form.isFieldsTouched();
  const changed = typed && text !== mine;
  const follow = () => (typed ? setKnown(text) : take());
  useEffect(() => {
    if (text !== known && !changed) follow();
  });
  return { changed, take, saving };
}
