import { useEffect, useState } from 'react';
import { PlusOutlined } from '@ant-design/icons';
import { Button, Flex, Skeleton } from 'antd';
import { useLocation, useNavigate, useSearchParams } from 'react-router';
import { useAction } from '../api/hooks';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { NotFound } from '../layout/NotFound';
import { useOnlyDomain, useRules, useTemplates } from './data';
import { Explain } from './Explain';
import { RuleForm } from './RuleForm';
import { RulesTable } from './RulesTable';
import { rulesTexts } from './rulesTexts';
import type { Explanation, RuleKey } from './types';

/** How long nothing is typed before it is asked what becomes of it, in ms. */
const pause = 250;

/** All rules in the order in which they win, and which of them decides about a stream. */
export default function Rules() {
  const t = useTexts(rulesTexts);
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  const [query, setQuery] = useSearchParams();
  const { data: rules, error, refetch } = useRules();
  const { templates } = useTemplates();
  const [typed, setTyped] = useState<RuleKey>({ DomainName: query.get('domain') ?? '', AppName: query.get('app') ?? '', StreamName: query.get('stream') ?? '' });
  const [touched, setTouched] = useState(Boolean(typed.DomainName || typed.AppName || typed.StreamName));
  const only = useOnlyDomain();
  if (!touched && only && !typed.DomainName) setTyped({ ...typed, DomainName: only });
  const asked = useSettled(typed);
  const whole = Boolean(asked.DomainName && asked.AppName && asked.StreamName);
  const explained = useAction<Explanation>('recording', 'live', 'ExplainRecordRule', asked, { enabled: whole, keep: true });
  const type = (key: RuleKey) => {
    setTouched(true);
    setTyped(key);
    const next = { domain: key.DomainName, app: key.AppName, stream: key.StreamName };
    setQuery(Object.fromEntries(Object.entries(next).filter(([, v]) => v)), { replace: true });
  };
  const opened = pathname.split('/')[3] ?? '';
  if (opened && opened !== 'new') return <NotFound back="/recording/rules" />;
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!rules) return <Skeleton active />;
  const shown = whole && typed.DomainName && typed.AppName && typed.StreamName ? explained.data : undefined;
  return (
    <>
      <Explain typed={typed} onType={type} explanation={shown} error={whole ? explained.error : null} rules={rules.Rules} templates={templates ?? []} />
      <Flex style={{ margin: '16px 0 12px' }}>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => void navigate(`/recording/rules/new${search}`)}>
          {t.create}
        </Button>
      </Flex>
      <RulesTable rules={rules.Rules} templates={templates} explanation={shown} app={asked.AppName} />
      {opened === 'new' && (
        <RuleForm
          rules={rules.Rules}
          templates={templates ?? []}
          initial={{ DomainName: typed.DomainName, AppName: typed.AppName, StreamName: typed.StreamName, TemplateId: Number(query.get('template')) || undefined }}
          onClose={() => void navigate(`/recording/rules${search.includes('template=') ? '' : search}`)}
        />
      )}
    </>
  );
}

/** A value once it has been the same for a moment. */
function useSettled(value: RuleKey): RuleKey {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pause);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
