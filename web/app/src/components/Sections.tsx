import type { ReactNode } from 'react';
import { Grid, Select, Tabs } from 'antd';

interface Props {
  items: { key: string; label: string; /** Beside the label, such as how many there are. */ mark?: ReactNode }[];
  active: string;
  onChange: (key: string) => void;
  /** What is chosen from, for those who cannot see it. */
  label: string;
  children: ReactNode;
}

/** The sections of a page: tabs, or where there is no room for them something to choose from. What is shown, and typed there, outlives the change. */
export function Sections({ items, active, onChange, label, children }: Props) {
  const wide = Grid.useBreakpoint().md ?? true;
  const labels = items.map(({ key, label: text, mark }) => ({ key, value: key, label: mark ? <>{text} {mark}</> : text }));
  const choice = () => <Select aria-label={label} style={{ width: '100%', marginBottom: 16 }} value={active} onChange={onChange} options={labels.map(({ value, label: text }) => ({ value, label: text }))} />;
  return (
    <Tabs
      activeKey={active}
      onChange={onChange}
      items={labels.map(({ key, label: text }) => ({ key, label: text, children: key === active ? children : null }))}
      {...(wide ? {} : { renderTabBar: choice })}
    />
  );
}
