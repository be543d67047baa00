// Reads a configuration as this program writes it, without a parser of YAML, which costs more than most commands.

export interface Context {
  name: string;
  url: string;
  token?: string;
  /** The file with the authority that labd's certificate must come from, PEM; the machine's own when absent */
  authority?: string;
  /** The place that objects are made in, and lists keep to, where nothing else is said; any when absent */
  cloud?: string;
  environment?: string;
}

export interface Config {
  currentContext?: string;
  contexts: Context[];
}

/** A text that YAML takes for nothing but a text. */
const plain = String.raw`(?!(?:true|false|null|y|n|yes|no|on|off)$)[A-Za-z](?:[\w./:@%+~=-]*[\w/])?`;
const current = new RegExp(`^currentContext: (${plain})$`, 'i');
const setting = new RegExp(`^ {2}(- | {2})(name|url|token|authority|cloud|environment): (${plain}|/[\\w./@+-]+)$`, 'i');

/** The configuration; undefined for anything that is written in any other way, which is not to say that it is wrong. */
export function readPlainConfig(text: string): Config | undefined {
  const contexts: Partial<Context>[] = [];
  let currentContext: string | undefined;
  let listed = false;
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const named = current.exec(line);
    const [, start, key, value] = setting.exec(line) ?? [];
    if (line === 'contexts:' && !listed) listed = true;
    else if (named && currentContext === undefined) currentContext = named[1]!;
    else if (listed && key && value) {
      if (start === '- ') contexts.push({});
      const context = contexts.at(-1);
      if (!context || Object.hasOwn(context, key)) return undefined;
      context[key as keyof Context] = value;
    } else return undefined;
  }
  if (contexts.length === 0 || contexts.some(({ name, url }) => !name || !url)) return undefined;
  return { ...(currentContext ? { currentContext } : {}), contexts: contexts as Context[] };
}
