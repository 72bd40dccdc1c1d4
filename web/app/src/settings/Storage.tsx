import { Alert, Card, Flex, Progress, Skeleton, Statistic, theme, Typography } from 'antd';
import { Link } from 'react-router';
import { useAction } from '../api/hooks';
import { scarce, useReadiness, type Readiness } from '../api/readiness';
import { Failure } from '../components/Failure';
import { Name } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { bytes } from '../lib/format';
import { inApp } from '../media/lookups';
import { useTemplates } from '../recording/data';
import { texts as recordingTexts } from '../recording/texts';
import { formats } from '../recording/types';
import { AppSelect, useApp } from './AppSelect';
import { Compared } from './Compared';
import { texts } from './storageTexts';

interface Stored {
  MediaCount: number;
  TotalStorage: number;
  StandardStorage: number;
  InfrequentStorage: number;
  StorageStat: { Area: string; TotalStorage: number }[];
}

/** How much is stored and for how long, how much room there is, and whether the catalogue and the disks agree. */
export function Storage() {
  const { data: ready } = useReadiness();
  return (
    <Flex vertical gap={12}>
      {ready ? <Rooms ready={ready} /> : <Skeleton active />}
      <What />
      {ready && <Kept ready={ready} />}
      <Compared />
    </Flex>
  );
}

function Rooms({ ready }: { ready: Readiness }) {
  const t = useTexts(texts);
  const { storage, folders = [] } = ready;
  return (
    <Card size="small" title={t.rooms}>
      <Flex vertical gap={12}>
        <Room name={t.recordings} free={storage.free} total={storage.total} bad={scarce(storage, ready)} />
        {storage.quota ? <Typography.Text type="secondary">{t.quota(bytes(storage.used ?? 0), bytes(storage.quota))}</Typography.Text> : null}
        {storage.floor > 0 && <Typography.Text type="secondary">{t.floor(bytes(storage.floor))}</Typography.Text>}
        {folders.map((f) => (f.problem ? <Alert key={f.name} type="error" showIcon title={f.name} description={f.problem} /> : <Room key={f.name} name={f.name} free={f.free} total={f.total} bad={scarce(f, ready)} />))}
      </Flex>
    </Card>
  );
}

function Room({ name, free, total, bad }: { name: string; free: number; total: number; bad: boolean }) {
  const t = useTexts(texts);
  const { token } = theme.useToken();
  if (!total) return <Name strong>{name}</Name>;
  const percent = Math.round(((total - free) / total) * 100);
  return (
    <div>
      <Flex justify="space-between" gap={12} wrap>
        <Name strong>{name}</Name>
        <span>{t.free(bytes(free), bytes(total))}</span>
      </Flex>
      <Progress percent={percent} strokeColor={bad ? token.colorError : token.colorInfo} status="normal" aria-label={t.used(name)} />
    </div>
  );
}

/** How much the files of an application take, by the folder they lie in. */
function What() {
  const t = useTexts(texts);
  const { token } = theme.useToken();
  const app = useApp();
  const { data, error, refetch } = useAction<Stored>('media', 'vod', 'DescribeStorageData', inApp(app));
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton active />;
  return (
    <Card size="small" title={t.stored}>
      <Flex vertical gap={16}>
        <AppSelect label={t.app} primary={t.primary} />
        <Flex wrap gap={32}>
          <Statistic title={t.files} value={data.MediaCount} />
          <Statistic title={t.total} value={bytes(data.TotalStorage)} />
          <Statistic title={t.standard} value={bytes(data.StandardStorage)} />
          <Statistic title={t.infrequent} value={bytes(data.InfrequentStorage)} />
        </Flex>
        {data.StorageStat.length > 1 &&
          data.StorageStat.map((s) => {
            const percent = data.TotalStorage ? Math.round((s.TotalStorage / data.TotalStorage) * 100) : 0;
            return (
              <div key={s.Area}>
                <Flex justify="space-between" gap={12}>
                  <Name>{s.Area}</Name>
                  <span>{bytes(s.TotalStorage)}</span>
                </Flex>
                <Progress percent={percent} size="small" strokeColor={token.colorInfo} aria-label={t.part(s.Area, percent)} />
              </div>
            );
          })}
      </Flex>
    </Card>
  );
}

/** What the configuration and the templates say of how long files are kept. */
function Kept({ ready }: { ready: Readiness }) {
  const t = useTexts(texts);
  const words = useTexts(recordingTexts);
  const { templates } = useTemplates();
  const kept = (templates ?? [])
    .map((template) => ({
      template,
      said: formats.filter(({ param }) => template[param]?.Enable === 1).map(({ format, param }) => `${format.toUpperCase()} ${template[param].StorageTime ? words.spell(template[param].StorageTime) : t.forever}`),
    }))
    .filter(({ said }) => said.length);
  return (
    <Card size="small" title={t.keep}>
      <Typography.Paragraph>
        {t.whenFull[ready.storage.when_full] ?? ready.storage.when_full} <Typography.Text type="secondary">{t.whenFullHow}</Typography.Text>
      </Typography.Paragraph>
      {templates && !kept.length && <Typography.Paragraph type="secondary">{t.noTemplates}</Typography.Paragraph>}
      <ul style={{ margin: '0 0 12px', paddingInlineStart: 20 }}>
        {kept.map(({ template, said }) => (
          <li key={template.TemplateId}>
            <Link to={`/recording/templates/${template.TemplateId}`}>
              <Name>{t.template(template.TemplateName)}</Name>
            </Link>
            : {said.join(', ')}
          </li>
        ))}
      </ul>
      <Typography.Text type="secondary">{t.held}</Typography.Text>
    </Card>
  );
}
