import { Flex, Grid, Input, Segmented, Select } from 'antd';
import { versions } from '../api/client';
import { useAction } from '../api/hooks';
import { visible } from '../components/Name';
import type { Description } from '../explorer/describe';
import { useTexts } from '../i18n/texts';
import type { AccessKey } from './AccessKeys';
import { accountTexts } from './accountTexts';
import { spans, type AuditFilters } from './auditFilters';

/** What is to be shown of the audit log. */
export function AuditFilterBar({ filters: f, change }: { filters: AuditFilters; change: (to: Partial<AuditFilters>) => void }) {
  const t = useTexts(accountTexts);
  // On a phone they fill their lines.
  const wide = Grid.useBreakpoint().md ?? true;
  const size = (width: number) => ({ flex: `1 1 ${width - (wide ? 0 : 40)}px`, maxWidth: wide ? 260 : '100%' });
  const { data: keys } = useAction<{ AccessKeys: AccessKey[] }>('keys', 'cam', 'ListAccessKeys');
  const { data: described } = useAction<Description>('description', 'live', 'DescribeActions');
  const whos = [{ value: 'console', label: t.byConsole }, ...(keys?.AccessKeys ?? []).map((k) => ({ value: k.AccessKeyId, label: visible(k.Description) || (k.BuiltIn ? t.builtIn : k.AccessKeyId) }))];
  // A key that was deleted can still be looked for.
  if (f.who && !whos.some((w) => w.value === f.who)) whos.push({ value: f.who, label: f.who });
  const actions = [
    ...Object.entries(t.events).map(([value, label]) => ({ value, label })),
    ...(described?.ActionSet ?? []).filter((a) => a.Changes).map((a) => ({ value: a.Action, label: a.Action })),
  ];
  return (
    <Flex gap={8} wrap role="search">
      <Select aria-label={t.who} style={size(170)} value={f.who} onChange={(who) => change({ who })} options={[{ value: '', label: t.anybody }, ...whos]} />
      <Select showSearch aria-label={t.what} style={size(220)} value={f.action} onChange={(action) => change({ action })} options={[{ value: '', label: t.anyWhat }, ...actions]} />
      <Select aria-label={t.where} style={size(130)} value={f.product} onChange={(product) => change({ product })} options={[{ value: '', label: t.everywhere }, ...[...Object.keys(versions), 'console'].filter((p) => p !== 'cloudaudit').map((value) => ({ value, label: value }))]} />
      <Select aria-label={t.result} style={size(120)} value={f.result} onChange={(result) => change({ result })} options={[{ value: '', label: t.anyResult }, { value: 'Done', label: t.done }, { value: 'Failed', label: t.failed }]} />
      <Segmented aria-label={t.span} value={f.days} onChange={(days) => change({ days })} options={spans.map((n) => ({ value: n, label: t.last(n) }))} />
      <Input.Search key={f.request} allowClear defaultValue={f.request} placeholder={t.requestIdFind} aria-label={t.requestIdFind} style={size(200)} onSearch={(request) => change({ request: request.trim() })} />
    </Flex>
  );
}
