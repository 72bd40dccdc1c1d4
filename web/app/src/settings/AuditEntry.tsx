import { Descriptions, Drawer, Flex, Grid, Typography } from 'antd';
import dayjs from 'dayjs';
import { Code } from '../callbacks/Exchange';
import { visible } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { accountTexts } from './accountTexts';
import { laidOut, pairs, taskOf, type AuditEvent } from './auditFilters';

/** All there is of an entry. */
export function AuditEntry({ of: e, name, close }: { of: AuditEvent | undefined; name: string; close: () => void }) {
  const t = useTexts(accountTexts);
  const wide = Grid.useBreakpoint().md ?? true;
  const part = (title: string, text: string) =>
    laidOut(text) && (
      <Flex vertical gap={4}>
        <Typography.Text strong>{title}</Typography.Text>
        <Code text={laidOut(text)} />
      </Flex>
    );
  return (
    <Drawer open={Boolean(e)} onClose={close} size={wide ? 640 : '100%'} title={name} destroyOnHidden>
      {e && (
        <Flex vertical gap={16} tabIndex={0}>
          <Descriptions
            size="small"
            column={1}
            items={[
              { key: 'when', label: t.when, children: dayjs.unix(Number(e.EventTime)).format('YYYY-MM-DD HH:mm:ss') },
              { key: 'who', label: t.who, children: e.SecretId ? <Typography.Text copyable style={{ overflowWrap: 'anywhere' }}>{e.SecretId}</Typography.Text> : t.byConsole },
              { key: 'scheme', label: t.scheme, children: t.schemes[e.Scheme] ?? e.Scheme },
              { key: 'from', label: t.from, children: e.SourceIPAddress },
              { key: 'agent', label: t.agent, children: e.UserAgent ? <span className="name" style={{ overflowWrap: 'anywhere' }}>{visible(e.UserAgent)}</span> : t.nothing },
              { key: 'where', label: t.where, children: e.EventSource },
              { key: 'result', label: t.result, children: e.ApiErrorCode ? (t.codes[e.ApiErrorCode] ?? e.ApiErrorCode) : (taskOf(e) ? `${t.begun}: ${taskOf(e)}` : t.done) },
              ...(e.RequestID ? [{ key: 'id', label: t.requestId, children: <Typography.Text copyable style={{ overflowWrap: 'anywhere' }}>{e.RequestID}</Typography.Text> }] : []),
            ]}
          />
          {pairs(e.RequestParameters) && (
            <Flex vertical gap={4}>
              <Typography.Text strong>{t.params}</Typography.Text>
              <Descriptions size="small" column={1} bordered styles={{ label: { width: '35%' } }} items={pairs(e.RequestParameters)!.map(([name, value]) => ({ key: name, label: visible(name), children: <span style={{ overflowWrap: 'anywhere' }}>{visible(value)}</span> }))} />
            </Flex>
          )}
          {part(`${t.params} (JSON)`, e.RequestParameters)}
          {part(t.answer, e.ResponseElements)}
        </Flex>
      )}
    </Drawer>
  );
}
