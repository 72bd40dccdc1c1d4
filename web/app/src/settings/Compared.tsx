import { Alert, Button, Card, Flex, Skeleton, Tag, Typography } from 'antd';
import dayjs from 'dayjs';
import { Link } from 'react-router';
import { useAction, useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { Name } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { texts, type Found } from './storageTexts';

interface Finding {
  What: Found;
  FileId: string;
  StorageId: string;
  Path: string;
  Detail: string;
}

interface Report {
  EndTime: string;
  Assets: number;
  Files: number;
  Missing: number;
  MissingParts: number;
  Changed: number;
  Unreadable: number;
  ErrorSet: string[];
  FindingSet: Finding[];
}

const harmless = (what: Found) => what === 'adopted' || what === 'found';

/** Whether the catalogue and the disks agree, and what to do about each thing in which they do not. */
export function Compared() {
  const t = useTexts(texts);
  const { data, error, refetch } = useAction<{ State: 'None' | 'Running' | 'Done'; Report: Report | null }>('media', 'vod', 'DescribeReconcileReport');
  const start = useChange('vod', 'ReconcileMedia', ['media']);
  const r = data?.Report;
  return (
    <Card size="small" title={t.compare} extra={<Button size="small" loading={start.isPending} disabled={data?.State === 'Running'} onClick={() => start.mutate({})}>{t.compareNow}</Button>}>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {start.error && <Failure error={start.error} />}
      {!data && !error && <Skeleton active />}
      {data?.State === 'None' && t.none}
      {data?.State === 'Running' && <Alert type="info" showIcon title={t.running} />}
      {data?.State === 'Done' && r && <Outcome report={r} />}
    </Card>
  );
}

function Outcome({ report: r }: { report: Report }) {
  const t = useTexts(texts);
  const differ = r.Missing + r.MissingParts + r.Changed + r.Unreadable > 0 || r.ErrorSet.length > 0;
  return (
    <Flex vertical gap={12}>
      <Alert type={differ ? 'warning' : 'success'} showIcon title={differ ? t.differ : t.good} description={t.looked(r.Assets, r.Files, dayjs(r.EndTime).format('YYYY-MM-DD HH:mm'))} />
      {r.ErrorSet.map((text) => (
        <Alert key={text} type="error" showIcon title={text} />
      ))}
      {r.FindingSet.map((f, i) => (
        <div key={i}>
          <Flex gap={8} align="center" wrap>
            <Tag color={harmless(f.What) ? 'default' : 'warning'}>{t.what[f.What]?.[0] ?? f.What}</Tag>
            <Name>{`${f.StorageId}/${f.Path}`}</Name>
            {f.FileId && <Link to={`/media/${f.FileId}`}>{t.open}</Link>}
          </Flex>
          <Typography.Text type="secondary">
            {t.what[f.What]?.[1]} {f.Detail}
          </Typography.Text>
        </div>
      ))}
      {r.FindingSet.length >= 100 && <Typography.Text type="secondary">{t.more}</Typography.Text>}
    </Flex>
  );
}
