import { Alert, Collapse, Descriptions, Flex, Tag, theme, Typography } from 'antd';
import { useTexts } from '../i18n/texts';
import { adviceOn, pretty, type Exchange as Data, type Header } from './api';
import { texts } from './texts';

/** How a try went, in a word: nothing but the status 200 is delivered. */
export function Outcome({ code }: { code: number }) {
  const t = useTexts(texts);
  if (code === 0) return <Tag color="success">{t.delivered} · HTTP 200</Tag>;
  return <Tag color="error">{code === 1 ? t.noAnswer : `HTTP ${code}`}</Tag>;
}

/** What was sent, what came back, and what to do where that was not 200. */
export function Exchange({ data }: { data: Data }) {
  const t = useTexts(texts);
  const advice = adviceOn(data);
  return (
    <Flex vertical gap={12}>
      {advice && <Alert type="warning" showIcon title={t.advice[advice]} description={data.ResultCode === 1 ? data.Response : undefined} />}
      <Descriptions
        size="small"
        column={1}
        items={[
          { key: 'to', label: t.to, children: <Typography.Text copyable className="name">{data.Url}</Typography.Text> },
          { key: 'result', label: t.result, children: <Outcome code={data.ResultCode} /> },
          { key: 'took', label: t.took, children: t.ms(data.Duration) },
        ]}
      />
      <Part title={t.request} headers={data.RequestHeader} body={data.Request} />
      {data.ResultCode !== 1 && <Part title={t.response} headers={data.ResponseHeader} body={data.Response} note={data.Response.length >= 1000 ? t.onlyBeginning : undefined} />}
    </Flex>
  );
}

function Part({ title, headers, body, note }: { title: string; headers: Header[]; body: string; note?: string | undefined }) {
  const t = useTexts(texts);
  const lines = headers.map(({ Name, Value }) => `${Name}: ${Value}`).join('\n');
  return (
    <Collapse
      size="small"
      defaultActiveKey={['body', 'headers']}
      items={[
        { key: 'headers', label: `${title}: ${t.headers}`, children: <Code text={lines || t.noHeaders} /> },
        { key: 'body', label: `${title}: ${t.body}`, children: <><Code text={pretty(body) || t.empty} />{note && <Typography.Text type="secondary">{note}</Typography.Text>}</> },
      ]}
    />
  );
}

/** Text as it is, which scrolls inside of its box; code keeps its lines. */
export function Code({ text, height = 320, lines = false }: { text: string; height?: number; lines?: boolean }) {
  const { token } = theme.useToken();
  return (
    <pre style={{ unicodeBidi: 'isolate', margin: 0, padding: '8px 12px', borderRadius: token.borderRadius, background: token.colorFillQuaternary, tabSize: 4, maxHeight: height, overflow: 'auto', whiteSpace: lines ? 'pre' : 'pre-wrap', overflowWrap: 'anywhere', fontSize: 12.5 }} tabIndex={0}>
      {text}
    </pre>
  );
}
