import { ClockCircleOutlined, LockOutlined } from '@ant-design/icons';
import { Flex, Tag, theme, Tooltip } from 'antd';
import { visible } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { texts } from './texts';
import type { MediaInfo, Status } from './types';

const colors: Record<Status, string> = { Normal: 'default', Recording: 'red', Forbidden: 'orange', Lost: 'error' };

/** What one has to know of a file before opening it: its format, and what is special about it. */
export function Marks({ info }: { info: MediaInfo }) {
  const t = useTexts(texts);
  const { token } = theme.useToken();
  const { Status: status, Type, TagSet, ClassId, ClassName, StorageClass } = info.BasicInfo;
  const gaps = info.RecordInfo.GapSet.length;
  return (
    <Flex gap={4} wrap style={{ rowGap: 4 }}>
      {status !== 'Normal' && <Tag color={colors[status]}>{status === 'Recording' ? `● ${t.states[status]}` : t.states[status]}</Tag>}
      <Tag>{Type.toUpperCase()}</Tag>
      {gaps > 0 && (
        <Tag icon={<ClockCircleOutlined style={{ color: token.colorWarning }} />}>
          {(info.BasicInfo.SourceInfo.SourceType === 'VideoProcessing' ? t.leftOut : t.gaps)(gaps)}
        </Tag>
      )}
      {info.RecordInfo.Held && (
        <Tooltip title={visible(info.RecordInfo.HoldReason)}>
          <Tag color="blue" icon={<LockOutlined aria-label={t.held} />} />
        </Tooltip>
      )}
      {StorageClass !== 'STANDARD' && <Tag>{t.classes[StorageClass] ?? StorageClass}</Tag>}
      {ClassId !== 0 && <Tag color="geekblue">{visible(ClassName)}</Tag>}
      {TagSet.map((tag) => (
        <Tag key={tag} className="name" style={{ maxWidth: 140, overflow: 'hidden', textOverflow: 'ellipsis' }}>
          #{visible(tag)}
        </Tag>
      ))}
    </Flex>
  );
}
