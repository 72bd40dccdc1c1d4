import { useId, useRef } from 'react';
import { Popconfirm as Plain, type PopconfirmProps } from 'antd';

/** Asks once, beside what was pressed. It takes the focus to the answer that changes nothing, for those who use keys, and gives it back. */
export function Popconfirm({ cancelButtonProps, onOpenChange, afterOpenChange, ...props }: PopconfirmProps) {
  const id = useId();
  const pressed = useRef<Element>(null);
  return (
    <Plain
      {...props}
      cancelButtonProps={{ ...cancelButtonProps, id }}
      onOpenChange={(open: boolean) => {
        if (open) pressed.current = document.activeElement;
        onOpenChange?.(open);
      }}
      afterOpenChange={(open) => {
        if (open) document.getElementById(id)?.focus();
        else if (pressed.current instanceof HTMLElement && (document.activeElement === document.body || document.activeElement?.closest('.ant-popconfirm'))) pressed.current.focus();
        afterOpenChange?.(open);
      }}
    />
  );
}
