import { App as Frame } from 'antd';
import { Outlet } from 'react-router';
import { useGiveBack } from './giveBack';

/** Pages that say what they did and ask before they do it: what antd needs for that is not part of the first load. */
export default function Talking() {
  useGiveBack();
  return (
    <Frame component={false}>
      <Outlet />
    </Frame>
  );
}
