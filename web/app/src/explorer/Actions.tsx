import { useEffect, useRef, useState } from 'react';
import { Card, ConfigProvider, Grid, Input, Menu, Select } from 'antd';
import { useNavigate } from 'react-router';
import { versions, type Product } from '../api/client';
import { useTexts } from '../i18n/texts';
import type { Action } from './describe';
import { texts } from './texts';

/** All actions to choose from: a list, or where an action is shown and there is no room beside it, a field that opens one. */
export function Actions({ all, chosen }: { all: Action[]; chosen: Action | undefined }) {
  const t = useTexts(texts);
  const navigate = useNavigate();
  const wide = Grid.useBreakpoint().lg ?? true;
  const [filter, setFilter] = useState('');
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const item = list.current?.querySelector<HTMLElement>('.ant-menu-item-selected');
    if (list.current && item) list.current.scrollTop += item.getBoundingClientRect().top - list.current.getBoundingClientRect().top - 120;
    // Once: what one clicks at must not move away.
  }, []);
  const key = (a: Action) => `${a.Product}/${a.Action}`;
  const go = (to: string) => void navigate(`/explorer/${to}`);
  const groups = (of: Action[]) =>
    (Object.keys(versions) as Product[]).map((product) => ({ product, own: of.filter((a) => a.Product === product) })).filter(({ own }) => own.length);
  if (chosen && !wide) {
    return (
      <Select
        showSearch
        aria-label={t.action}
        value={key(chosen)}
        onChange={go}
        options={groups(all).map(({ product, own }) => ({ label: product, options: own.map((a) => ({ value: key(a), label: a.Action })) }))}
      />
    );
  }
  const shown = all.filter((a) => a.Action.toLowerCase().includes(filter.toLowerCase()));
  return (
    <Card size="small" className="explorer-list">
      <Input.Search allowClear placeholder={t.find} aria-label={t.find} value={filter} onChange={(e) => setFilter(e.target.value)} style={{ marginBottom: 8 }} />
      <div ref={list} style={{ maxHeight: wide ? 'calc(100vh - 110px)' : undefined, overflow: 'auto' }}>
        <ConfigProvider theme={{ components: { Menu: { itemHeight: wide ? 32 : 40 } } }}>
          <Menu
            mode="inline"
            inlineIndent={8}
            style={{ borderInlineEnd: 0, fontSize: 13 }}
            selectedKeys={chosen ? [key(chosen)] : []}
            onClick={(item) => go(item.key)}
            items={groups(shown).map(({ product, own }) => ({ type: 'group' as const, key: product, label: product, children: own.map((a) => ({ key: key(a), label: a.Action })) }))}
          />
        </ConfigProvider>
      </div>
    </Card>
  );
}
