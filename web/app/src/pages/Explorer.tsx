import { useMemo } from 'react';
import { Alert, Button, Flex, Skeleton } from 'antd';
import { Link, Navigate, useLocation, useNavigate } from 'react-router';
import { useAction } from '../api/hooks';
import { Failure } from '../components/Failure';
import { visible } from '../components/Name';
import { Actions } from '../explorer/Actions';
import { findAction, similar, type Action, type Description } from '../explorer/describe';
import { texts } from '../explorer/texts';
import { Try } from '../explorer/Try';
import { useTexts } from '../i18n/texts';
import { Page } from '../layout/Page';
import '../explorer/explorer.css';

/** Every action of the API at /explorer/<product>/<Action>: its fields, the call in other programs, and its answer here. */
export default function Explorer() {
  const t = useTexts(texts);
  const { data, error, refetch } = useAction<Description>('description', 'live', 'DescribeActions');
  const structures = useMemo(() => new Map(data?.StructureSet.map((s) => [s.Name, s])), [data]);
  const wanted = useLocation().pathname.split('/').slice(2).filter(Boolean).map(decoded);
  const name = wanted.at(-1);
  const product = wanted.length > 1 ? wanted[0] : undefined;
  const chosen = data && name !== undefined && wanted.length <= 2 ? findAction(data.ActionSet, product, name) : undefined;
  // The name alone does, but each action has one address.
  if (chosen && (chosen.Product !== product || chosen.Action !== name)) return <Navigate to={`/explorer/${chosen.Product}/${chosen.Action}`} replace />;
  return (
    <Page title={t.title}>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton active />}
      {data && (
        <div className="explorer">
          {/* Before the list: on a phone nobody would scroll past it to read this. */}
          {!chosen && <div className="explorer-note">{name === undefined ? <Alert type="info" title={t.choose} /> : <Unknown all={data.ActionSet} name={name} />}</div>}
          <Actions all={data.ActionSet} chosen={chosen} />
          {chosen && <Try key={chosen.Product + chosen.Action} action={chosen} structures={structures} />}
        </div>
      )}
    </Page>
  );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** What an address shows that names no action. */
function Unknown({ all, name }: { all: Action[]; name: string }) {
  const t = useTexts(texts);
  const navigate = useNavigate();
  const like = similar(all, name);
  return (
    <Alert
      type="warning"
      showIcon
      title={t.unknown(visible(name.slice(0, 100)))}
      description={
        like.length > 0 && (
          <Flex gap="4px 12px" wrap>
            {t.like}
            {like.map((a) => (
              <Link key={`${a.Product}/${a.Action}`} to={`/explorer/${a.Product}/${a.Action}`}>
                {a.Action}
              </Link>
            ))}
          </Flex>
        )
      }
      action={<Button size="small" onClick={() => void navigate('/explorer')}>{t.back}</Button>}
    />
  );
}
