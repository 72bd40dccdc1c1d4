import { theme } from 'antd';
import { visible } from '../components/Name';
import type { RuleKey } from './types';

/** What a rule is bound to, as DOMAIN/APP/STREAM; stars stand for every name. */
export function RuleName({ rule }: { rule: RuleKey }) {
  const { token } = theme.useToken();
  const star = <span style={{ color: token.colorTextSecondary }}>*</span>;
  const part = (text: string) => (text ? <span className="name">{visible(text.length > 60 ? `${text.slice(0, 60)}…` : text)}</span> : star);
  return (
    <span style={{ fontFamily: token.fontFamilyCode, fontSize: 13 }}>
      {part(rule.DomainName)}/{part(rule.AppName)}/{part(rule.StreamName)}
    </span>
  );
}
