import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

const run = promisify(execFile);
// The same client is part of the whole SDK.
const sdk = createRequire(import.meta.url).resolve('tencentcloud-sdk-nodejs/tencentcloud/common/common_client.js');

/** An action is called, and its answer shown. What the button and the code stand beside stays in sight; an address of no action says so. */
export default async function explorer({ page, input, expect }) {
  await page.getByLabel('Limit').fill('2');
  await page.getByRole('button', { name: 'Call it' }).click();
  const answer = page.locator('.ant-card').filter({ hasText: 'Answer' });
  await answer.getByText('RequestId').waitFor();
  expect((await answer.innerText()).includes('TotalCount'), 'the answer of SearchMedia has no TotalCount');
  expect(await page.getByRole('button', { name: 'Call it' }).isVisible(), 'the button is out of sight');
  await page.getByRole('button', { name: /^More fields \(\d+\)$/ }).click();
  await page.getByLabel('SourceTypes').fill('Record');
  await page.getByRole('button', { name: 'Fewer fields' }).click();
  expect((await page.getByLabel('SourceTypes').inputValue()) === 'Record', 'what was typed is folded away');
  const code = await page.locator('pre').filter({ hasText: 'curl' }).innerText();
  expect(code.includes('-u "$SECRET_ID:$SECRET_KEY"') && code.includes('"Record"'), `the code is ${code}`);
  const [SECRET_ID, SECRET_KEY] = input.key.split(':');
  const env = { ...process.env, SECRET_ID, SECRET_KEY };
  const answers = async (name, program, args) => expect(/"?TotalCount"?: ?\d/.test((await run(program, args, { env })).stdout), `the code for ${name} does not run`);
  await answers('curl', 'sh', ['-c', code]);
  await page.getByRole('tab', { name: 'Node SDK' }).click();
  const node = await page.locator('pre').filter({ hasText: 'CommonClient' }).last().innerText();
  await answers('Node', 'node', ['-e', node.replace('"tencentcloud-sdk-nodejs-common"', JSON.stringify(sdk))]);
  await page.goto(`${input.url}/console/explorer/searchmedia`);
  await page.waitForURL(/\/explorer\/vod\/SearchMedia$/);
  await page.goto(`${input.url}/console/explorer/vod/SaerchMedia`);
  await page.getByText('There is no action SaerchMedia.').waitFor();
  await page.getByRole('link', { name: 'SearchMedia' }).click();
  await page.getByRole('button', { name: 'Call it' }).waitFor();
}
