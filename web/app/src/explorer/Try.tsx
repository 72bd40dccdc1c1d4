import { useEffect, useRef, useState } from 'react';
import { Button, Card, Flex, Tabs, Tag, theme, Typography } from 'antd';
import { useMutation } from '@tanstack/react-query';
import { Link } from 'react-router';
import { call, type ApiError } from '../api/client';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { ownHost } from '../lib/host';
import { curl, goSDK, nodeSDK, parametersOf, type Action, type Input, type Structure } from './describe';
import { Fields } from './Fields';
import { texts } from './texts';

/** One action: its fields, and beside them the call in other programs, the button that makes it, and its answer. */
export function Try({ action, structures }: { action: Action; structures: Map<string, Structure> }) {
  const t = useTexts(texts);
  const { token } = theme.useToken();
  const [input, setInput] = useState<Record<string, Input>>({});
  const parameters = parametersOf(action.Parameters, input, structures);
  const run = useMutation<unknown, ApiError>({ mutationFn: () => call(action.Product, action.Action, parameters) });
  const answer = useRef<HTMLDivElement>(null);
  // On a phone it stands far below the button that stays in sight.
  useEffect(() => {
    if (run.submittedAt && !run.isPending) answer.current?.scrollIntoView({ block: 'nearest' });
  }, [run.submittedAt, run.isPending]);
  return (
    <div className="explorer-try">
      <Card
        size="small"
        title={
          <Flex gap={8} align="center" wrap style={{ padding: '6px 0' }}>
            <span>{action.Action}</span>
            <Tag>{`${action.Product} ${action.Version}`}</Tag>
            {action.Changes && <Tag color="warning">{t.changes}</Tag>}
          </Flex>
        }
      >
        <Typography.Paragraph>{action.Doc}</Typography.Paragraph>
        {action.Parameters.length ? (
          <Fields fields={action.Parameters} structures={structures} value={input} onChange={setInput} />
        ) : (
          <Typography.Text type="secondary">{t.none}</Typography.Text>
        )}
      </Card>
      <div className="explorer-side">
        <div className="explorer-call" style={{ background: token.colorBgLayout }}>
          <Button type="primary" block danger={action.Changes} loading={run.isPending} onClick={() => run.mutate()}>
            {t.run}
          </Button>
        </div>
        {(run.data !== undefined || run.error) && (
          <div ref={answer}>
            <Card size="small" title={<span role="status">{t.answer}</span>}>
              {run.error ? <Failure error={run.error} /> : <Code text={JSON.stringify(run.data, null, 2)} />}
            </Card>
          </div>
        )}
        <Programs action={action} parameters={parameters} />
      </div>
    </div>
  );
}

/** The call in other programs, and where they have their key from. */
function Programs({ action, parameters }: { action: Action; parameters: Record<string, unknown> }) {
  const t = useTexts(texts);
  const [before, link, after] = t.key;
  const scheme = location.protocol.replace(':', '');
  const code = [
    { key: 'curl', label: 'curl', text: curl(action, parameters, location.origin), hint: scheme === 'http' && ownHost() ? t.plain : '' },
    { key: 'go', label: 'Go SDK', text: goSDK(action, parameters, location.host, scheme), hint: '' },
    { key: 'node', label: 'Node SDK', text: nodeSDK(action, parameters, location.host, scheme), hint: '' },
  ];
  return (
    <Card size="small" title={t.code}>
      <Typography.Text type="secondary" style={{ fontSize: 13 }}>
        {before}
        <Link to="/settings/keys">{link}</Link>
        {after}
      </Typography.Text>
      <Tabs
        items={code.map(({ key, label, text, hint }) => ({
          key,
          label,
          children: (
            <>
              {hint && <Typography.Paragraph type="secondary" style={{ fontSize: 13 }}>{hint}</Typography.Paragraph>}
              <Code text={text} />
            </>
          ),
        }))}
      />
    </Card>
  );
}

function Code({ text }: { text: string }) {
  return (
    <Typography.Paragraph copyable={{ text }} style={{ marginBottom: 0 }}>
      <pre style={{ margin: 0, maxHeight: 'min(480px, 50vh)', overflow: 'auto', whiteSpace: 'pre-wrap' }} tabIndex={0}>
        {text}
      </pre>
    </Typography.Paragraph>
  );
}
