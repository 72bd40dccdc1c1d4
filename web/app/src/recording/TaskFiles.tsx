import { Flex, Skeleton, Typography } from 'antd';
import { Link } from 'react-router';
import { useAction } from '../api/hooks';
import { Failure } from '../components/Failure';
import { Name } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { bytes, duration } from '../lib/format';
import { Mark } from './Mark';
import { mostFiles as most } from './data';
import { FormatTag } from './FormatTag';
import { tasksTexts } from './tasksTexts';

interface Media {
  FileId: string;
  BasicInfo: { Name: string; Type: string; Status: string };
  MetaData: { Size: number; Duration: number } | null;
}

/** The files of a task, the latest last. What is being written comes into the catalogue a moment later. */
export function TaskFiles({ ids, writing }: { ids: string[]; writing: readonly string[] }) {
  const t = useTexts(tasksTexts);
  const asked = ids.slice(-most);
  const { data, error, refetch } = useAction<{ MediaInfoSet: Media[]; NotExistFileIdSet: string[] }>('media', 'vod', 'DescribeMediaInfos', { FileIds: asked, Filters: ['basicInfo', 'metaData'] }, { enabled: asked.length > 0 });
  if (!ids.length) return <Typography.Text type="secondary">{t.noFiles}</Typography.Text>;
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton active paragraph={{ rows: 1 }} title={false} />;
  return (
    <Flex vertical gap={8}>
      {ids.length > most && <Typography.Text type="secondary">… {ids.length - most}</Typography.Text>}
      {data.MediaInfoSet.map((m) => (
        <Flex key={m.FileId} gap={8} align="baseline">
          <FormatTag format={m.BasicInfo.Type} />
          <div style={{ minWidth: 0 }}>
            <Link to={`/media/${m.FileId}`}><Name>{m.BasicInfo.Name || m.FileId}</Name></Link>
            <div>
              {m.MetaData && <Typography.Text type="secondary">{`${duration(m.MetaData.Duration)} · ${bytes(m.MetaData.Size)} `}</Typography.Text>}
              {m.BasicInfo.Status === 'Recording' && <Mark color="red">● {t.recordingFile}</Mark>}
            </div>
          </div>
        </Flex>
      ))}
      {data.NotExistFileIdSet.map((id) => (writing.includes(id) ? <Mark key={id} color="red">● {t.recordingFile}</Mark> : <Typography.Text key={id} type="secondary">{t.lost(id)}</Typography.Text>))}
    </Flex>
  );
}
