import { useState } from 'react';
import { Card, Flex, Input, Segmented, Select, Typography } from 'antd';
import { useSearchParams } from 'react-router';
import { usePushDomains } from '../api/domains';
import { useTexts } from '../i18n/texts';
import { longest, useHistory } from './history';
import { PushTable } from './PushTable';
import { texts } from './texts';

const pageSize = 20;
const spans = [1, 7, longest];

/** The pushes that are over, and why. What is looked for stands in the address. */
export function History() {
  const t = useTexts(texts);
  const [query, setQuery] = useSearchParams();
  const [typed, setTyped] = useState(query.get('find') ?? '');
  const domains = usePushDomains()?.names ?? [];
  const days = spans.find((n) => String(n) === query.get('days')) ?? 7;
  const page = Number(query.get('page')) || 1;
  const find = query.get('find') ?? '';
  const domain = query.get('domain') ?? '';
  const change = (part: Record<string, string>) => {
    const next = new URLSearchParams(query);
    next.delete('page');
    for (const [key, value] of Object.entries(part)) {
      if (value) next.set(key, value);
      else next.delete(key);
    }
    setQuery(next, { replace: true });
  };
  const found = useHistory(days, { PageNum: page, PageSize: pageSize, ...(find ? { StreamName: find } : {}), ...(domain ? { DomainName: domain } : {}) });
  return (
    <>
      <Flex gap={12} wrap style={{ marginBottom: 12 }}>
        <Input.Search
          allowClear
          placeholder={t.historyFind}
          aria-label={t.historyFind}
          value={typed}
          onChange={(e) => setTyped(e.target.value)}
          onSearch={(text) => change({ find: text.trim() })}
          style={{ maxWidth: 280 }}
        />
        {domains.length > 1 && (
          <Select
            allowClear
            placeholder={t.domain}
            aria-label={t.domain}
            value={domain || null}
            onChange={(value: string | null) => change({ domain: value ?? '' })}
            options={domains.map((value) => ({ value, label: value }))}
            style={{ minWidth: 180 }}
          />
        )}
        <Flex gap={8} align="center">
          <Typography.Text type="secondary">{t.last}</Typography.Text>
          <Segmented aria-label={t.last} value={days} onChange={(n) => change({ days: String(n) })} options={spans.map((n) => ({ value: n, label: t.days(n) }))} />
        </Flex>
      </Flex>
      <Card size="small" styles={{ body: { padding: 0 } }}>
        <PushTable found={found} names pageSize={pageSize} page={page} onPage={(n) => change({ page: n > 1 ? String(n) : '' })} />
      </Card>
    </>
  );
}
