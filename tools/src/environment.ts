/** What any program needs to find its files, its user and its language; nothing that can hold a secret. */
const common =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_[A-Z]+|TZ|TMPDIR|TEMP|TMP|SYSTEMROOT|COMSPEC|PATHEXT|APPDATA|LOCALAPPDATA|USERPROFILE)$/i;

/** The part of this process's environment that a process started here inherits: what is common, and what `also` names. */
export function inherited(also: (name: string) => boolean = () => false): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => common.test(name) || also(name)));
}
