import { AutoComplete, Col, Row, theme } from 'antd';
import { visible } from '../components/Name';
import { useLive } from '../api/live';
import { useDomains } from './data';
import type { RuleKey } from './types';

interface Props {
  value: RuleKey;
  onChange: (value: RuleKey) => void;
  labels: { domain: string; app: string; stream: string };
  /** Below each field, such as what is wrong with it. */
  help?: { domain?: string; app?: string; stream?: string };
  wrong?: { domain?: boolean; app?: boolean; stream?: boolean };
  /** Said of a domain that there is not yet. */
  newDomain?: string;
  /** A prefix for the ids of the fields. */
  id: string;
}

/** Domain, app and stream, with those that are live for the choosing: one of them fills in all three. */
export function StreamFields({ value, onChange, labels, help, wrong, newDomain, id }: Props) {
  const { token } = theme.useToken();
  const { streams } = useLive();
  const domains = useDomains();
  const live = streams
    .filter((s) => `${s.AppName}/${s.StreamName}`.toLowerCase().includes(value.StreamName.toLowerCase()))
    .slice(0, 50)
    .map((s) => ({ value: s.StreamName, key: s.ID, label: <span className="name">{visible(`${s.AppName}/${s.StreamName}`).slice(0, 120)}</span>, stream: s }));
  const isNew = newDomain && value.DomainName && domains.length > 0 && !domains.includes(value.DomainName.toLowerCase());
  const apps = [...new Set(streams.filter((s) => !value.DomainName || s.DomainName === value.DomainName).map((s) => s.AppName))];
  const matches = (typed: string, option: string) => option.toLowerCase().includes(typed.toLowerCase());
  const fields = [
    {
      name: 'domain' as const,
      input: (
        <AutoComplete
          id={`${id}-domain`}
          style={{ width: '100%' }}
          value={value.DomainName}
          options={domains.filter((d) => matches(value.DomainName, d)).map((d) => ({ value: d }))}
          onChange={(DomainName: string) => onChange({ ...value, DomainName: DomainName ?? '' })}
          {...(wrong?.domain ? { status: 'error' as const } : {})}
        />
      ),
    },
    {
      name: 'app' as const,
      input: (
        <AutoComplete
          id={`${id}-app`}
          style={{ width: '100%' }}
          value={value.AppName}
          options={apps.filter((a) => matches(value.AppName, a)).map((a) => ({ value: a }))}
          onChange={(AppName: string) => onChange({ ...value, AppName: AppName ?? '' })}
          {...(wrong?.app ? { status: 'error' as const } : {})}
        />
      ),
    },
    {
      name: 'stream' as const,
      input: (
        <AutoComplete
          id={`${id}-stream`}
          style={{ width: '100%' }}
          value={value.StreamName}
          options={live}
          onChange={(StreamName: string) => onChange({ ...value, StreamName: StreamName ?? '' })}
          onSelect={(_: string, { stream: s }: (typeof live)[number]) => onChange({ DomainName: s.DomainName, AppName: s.AppName, StreamName: s.StreamName })}
          {...(wrong?.stream ? { status: 'error' as const } : {})}
        />
      ),
    },
  ];
  return (
    <Row gutter={[12, 8]}>
      {fields.map(({ name, input }) => (
        <Col key={name} xs={24} sm={8}>
          <label htmlFor={`${id}-${name}`} style={{ display: 'block', marginBottom: 4 }}>
            {labels[name]}
          </label>
          {input}
          {name === 'domain' && isNew ? (
            <div role="status" style={{ fontSize: 12, marginTop: 2, color: token.colorWarningText }}>{newDomain}</div>
          ) : help?.[name] && <div style={{ fontSize: 12, marginTop: 2, color: wrong?.[name] ? token.colorErrorText : token.colorTextSecondary }}>{help[name]}</div>}
        </Col>
      ))}
    </Row>
  );
}
