import { Alert, Button, Flex, Form, Input, Typography } from 'antd';
import { useTexts } from '../i18n/texts';
import { isLoopback } from '../lib/host';
import type { StreamAddresses } from './model';
import { texts } from './texts';

interface Props {
  host: string;
  onChange: (host: string) => void;
  /** What the server answered last. */
  answer: StreamAddresses | undefined;
}

/** Asks by which host the server is reached, offers those it has, and warns of one that leads each machine to itself. */
export function HostField({ host, onChange, answer }: Props) {
  const t = useTexts(texts);
  const hosts = answer?.Hosts ?? [];
  const used = answer ? hostOf(answer) : '';
  return (
    <>
      <Form layout="vertical" component="div">
        <Form.Item label={t.host} htmlFor="stream-host" tooltip={t.hostHint} style={{ marginBottom: 12 }}>
          <Input id="stream-host" list="stream-hosts" allowClear spellCheck={false} placeholder={used ? t.hostAutoIs(used) : t.hostAuto} value={host} onChange={(e) => onChange(e.target.value)} />
        </Form.Item>
        <datalist id="stream-hosts">
          {hosts.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </Form>
      {isLoopback(used) && (
        <Alert
          type="warning"
          showIcon
          title={t.onlyHere}
          description={
            hosts.length ? (
              <Flex gap={8} wrap align="center">
                <Typography.Text>{t.otherHosts}</Typography.Text>
                {hosts.map((name) => (
                  <Button key={name} size="small" onClick={() => onChange(name)}>
                    {name}
                  </Button>
                ))}
              </Flex>
            ) : (
              t.noHosts
            )
          }
          style={{ marginBottom: 12 }}
        />
      )}
    </>
  );
}

/** The host of the addresses to push to. */
export function hostOf(answer: StreamAddresses): string {
  const url = answer.AddressSet.find((a) => a.Purpose === 'push')?.Url ?? '';
  return url.match(/^\w+:\/\/(\[[^\]]*\]|[^/:?]+)/)?.[1] ?? '';
}
