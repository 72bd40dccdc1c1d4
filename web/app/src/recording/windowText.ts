import dayjs from 'dayjs';

/** A window as text: the day of its end is left out where it is that of its start. In Unix seconds. */
export function windowText({ StartTime, EndTime }: { StartTime: number; EndTime: number }): string {
  const [start, end] = [dayjs.unix(StartTime), dayjs.unix(EndTime)];
  return `${start.format('YYYY-MM-DD HH:mm:ss')} – ${end.format(end.isSame(start, 'day') ? 'HH:mm:ss' : 'MM-DD HH:mm:ss')}`;
}
