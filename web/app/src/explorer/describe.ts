// The description of the API as DescribeActions gives it, and what a call looks like in other programs.
import { versions, type Product } from '../api/client';

export interface Field {
  Name: string;
  /** text, integer, number, boolean, or the name of a structure. */
  Type: string;
  List: boolean;
  Required: boolean;
  Doc: string;
}

export interface Action {
  Action: string;
  Product: Product;
  Version: string;
  Changes: boolean;
  Doc: string;
  Parameters: Field[];
  Answer: Field[];
}

export interface Structure {
  Name: string;
  Fields: Field[];
}

export interface Description {
  ActionSet: Action[];
  StructureSet: Structure[];
}

/** A value as people typed it: texts, or for structures what is in them, or lists of either. */
export type Input = string | Input[] | { [name: string]: Input };

/** Makes the parameters of a call of what was typed; what was left empty is left out. */
export function parametersOf(fields: Field[], input: Record<string, Input>, structures: Map<string, Structure>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const field of fields) {
    const value = valueOf(field, input[field.Name], structures);
    if (value !== undefined) out[field.Name] = value;
  }
  return out;
}

function valueOf(field: Field, input: Input | undefined, structures: Map<string, Structure>): unknown {
  if (input === undefined) return undefined;
  if (field.List) {
    // Several texts stand on lines of their own.
    const items: Input[] = Array.isArray(input) ? input : typeof input === 'string' ? input.split('\n') : [input];
    const values = items.map((item) => valueOf({ ...field, List: false }, item, structures)).filter((item) => item !== undefined);
    return values.length ? values : undefined;
  }
  const structure = structures.get(field.Type);
  if (structure) {
    if (typeof input !== 'object' || Array.isArray(input)) return undefined;
    const inner = parametersOf(structure.Fields, input, structures);
    return Object.keys(inner).length ? inner : undefined;
  }
  if (typeof input !== 'string') return undefined;
  const text = field.Type === 'text' ? input : input.trim();
  if (text === '') return undefined;
  switch (field.Type) {
    case 'integer':
      // What a number cannot hold exactly goes as text, which the API reads as well.
      return Number.isSafeInteger(Number(text)) ? Number(text) : text;
    case 'number':
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
  }
  return text;
}

/** The call with curl. As in the other programs, the key is that of the environment: SECRET_ID and SECRET_KEY. */
export function curl(action: Action, parameters: Record<string, unknown>, base: string): string {
  const quoted = JSON.stringify(parameters, null, 2).replaceAll("'", `'\\''`);
  return [
    `curl -u "$SECRET_ID:$SECRET_KEY" ${base}/`,
    `-H 'Content-Type: application/json'`,
    `-H 'X-TC-Action: ${action.Action}'`,
    `-H 'X-TC-Version: ${action.Version}'`,
    `-d '${quoted}'`,
  ].join(' \\\n  ');
}

/** The call with the official SDK for Go, by the client that takes any action. */
export function goSDK(action: Action, parameters: Record<string, unknown>, host: string, scheme: string): string {
  return `package main

import (
	"fmt"
	"os"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
)

func main() {
	p := profile.NewClientProfile()
	p.HttpProfile.Endpoint, p.HttpProfile.Scheme = ${JSON.stringify(host)}, ${JSON.stringify(scheme.toUpperCase())}
	client := common.NewCommonClient(common.NewCredential(os.Getenv("SECRET_ID"), os.Getenv("SECRET_KEY")), "", p)
	request := tchttp.NewCommonRequest(${JSON.stringify(action.Product)}, ${JSON.stringify(action.Version)}, ${JSON.stringify(action.Action)})
	if err := request.SetActionParameters([]byte(${goText(JSON.stringify(parameters, null, 2))})); err != nil {
		panic(err)
	}
	response := tchttp.NewCommonResponse()
	if err := client.Send(request, response); err != nil {
		panic(err)
	}
	fmt.Println(string(response.GetBody()))
}
`;
}

function goText(text: string): string {
  return text.includes('`') ? JSON.stringify(text) : `\`${text}\``;
}

/** The call with the official SDK for Node.js. */
export function nodeSDK(action: Action, parameters: Record<string, unknown>, host: string, scheme: string): string {
  return `const { CommonClient } = require("tencentcloud-sdk-nodejs-common");

const client = new CommonClient(${JSON.stringify(host)}, ${JSON.stringify(action.Version)}, {
  credential: { secretId: process.env.SECRET_ID, secretKey: process.env.SECRET_KEY },
  profile: { httpProfile: { endpoint: ${JSON.stringify(host)}, protocol: ${JSON.stringify(`${scheme}://`)} } },
});

client.request(${JSON.stringify(action.Action)}, ${JSON.stringify(parameters, null, 2)}).then(console.log, console.error);
`;
}

/** The version of a product; all actions of one have it. */
export const versionOf = (product: Product): string => versions[product];

/** The action that an address names: whole, or by its name alone, in letters of any case. undefined: there is none. */
export function findAction(all: Action[], product: string | undefined, name: string): Action | undefined {
  const alike = all.filter((a) => a.Action.toLowerCase() === name.toLowerCase());
  return product ? alike.find((a) => a.Product === product) : alike[0];
}

/** Those whose names are most like one that there is not. */
export function similar(all: Action[], name: string): Action[] {
  const pairs = (text: string) => new Set(Array.from({ length: Math.max(text.length - 1, 0) }, (_, i) => text.toLowerCase().slice(i, i + 2)));
  const wanted = pairs(name);
  const likeness = (a: Action) => {
    const own = pairs(a.Action);
    return (2 * [...own].filter((pair) => wanted.has(pair)).length) / (own.size + wanted.size || 1);
  };
  return all
    .map((action) => ({ action, like: likeness(action) }))
    .filter(({ like }) => like > 0.5)
    .sort((a, b) => b.like - a.like)
    .slice(0, 5)
    .map(({ action }) => action);
}

/** Most calls do without these. */
const seldom = new Set(['SubAppId', 'SessionId', 'SessionContext', 'ExtInfo', 'TasksPriority']);
/** And many have these, wherever they stand. */
const common = new Set(['Limit', 'Offset', 'PageNum', 'PageSize']);
/** How many optional fields are shown at once. */
const first = 6;

/** Fields as they are shown: those that are needed, then those that are often used, and folded away the others. */
export function folded(fields: Field[]): { shown: Field[]; more: Field[] } {
  const required = fields.filter((f) => f.Required);
  const optional = fields.filter((f) => !f.Required);
  const usual = optional.filter((f) => !seldom.has(f.Name) && !common.has(f.Name)).slice(0, first);
  const more = optional.filter((f) => !common.has(f.Name) && !usual.includes(f));
  // To fold one or two away is not worth a button.
  if (more.length < 3) return { shown: [...required, ...optional], more: [] };
  return { shown: [...required, ...usual, ...optional.filter((f) => common.has(f.Name))], more };
}

/** Whether something was typed. */
export function filled(input: Input | undefined): boolean {
  if (input === undefined || typeof input === 'string') return Boolean(input);
  return Object.values(input).some(filled);
}
