import { Link } from 'react-router';
import { Name } from '../components/Name';
import { useTemplates } from './data';

/** A template by its name and number, for those who know either. */
export function TemplateLink({ id }: { id: number }) {
  const { templates } = useTemplates();
  const name = templates?.find((t) => t.TemplateId === id)?.TemplateName;
  return <Link to={`/recording/templates/${id}`}><Name>{[name, `#${id}`].filter(Boolean).join(' ')}</Name></Link>;
}
