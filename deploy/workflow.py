"""workflow.py check|run …: reads .circleci/config.yml, finds what CircleCI's schema does not, and runs it here.

Knows the part of CircleCI's language that this project's configuration uses, and refuses the rest by name."""
import argparse
import os
import re
import selectors
import signal
import subprocess
import sys
import time

import yaml

CONFIG = ".circleci/config.yml"
# The line that a script of script/ ends in when it fails: its name, the cause, what to do.
REASON = re.compile(r"FAILED [\w-]+: (.+: .+)")
PARAMETER = re.compile(r"<<\s*pipeline\.parameters\.(\w+)\s*>>")
# Step -> the keys that it may have; all but run are nothing here: this machine keeps its files.
STEPS = {"checkout": ("method",), "run": ("name", "command", "environment", "no_output_timeout"),
         "store_artifacts": ("path", "destination"), "store_test_results": ("path",)}
# What each part may have; what CircleCI has besides is not run here, and is refused.
TOP = ("version", "parameters", "executors", "jobs", "workflows")
PARAMETER_KEYS = ("type", "default", "description", "enum")
EXECUTORS = ("docker", "machine", "executor")
EXECUTOR_KEYS = ("docker", "machine", "resource_class")
JOB_KEYS = EXECUTOR_KEYS + ("executor", "environment", "steps")
# Of serial-group nothing need be done: here one run waits for the other.
ENTRY_KEYS = ("requires", "context", "filters", "serial-group")
COMMAND = re.compile(r"script/[\w-]+(?: (?:[\w./=:,@+-]+|<<\s*pipeline\.parameters\.\w+\s*>>))*")
TIMEOUT = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
SILENCE = "10m"  # CircleCI's own default
BREAKING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
GRACE = 60  # how long, in seconds, a step that is broken off may be silent until it is made to end
DRAIN = 1.0  # how long, in seconds, what a step leaves running is listened to


class Wrong(Exception):
    """What is wrong with the configuration, in one line."""


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            return yaml.safe_load(file)
    except (OSError, yaml.YAMLError) as error:
        raise Wrong(f"{path}: {' '.join(str(error).split())}") from error


def mapping(value, what, problems, allowed=None):
    """value where it is a mapping, with no other keys than those allowed; else it is a problem, and nothing."""
    if not isinstance(value, dict):
        problems.append(f"{what} must be names with values, not {value!r}")
        return {}
    if allowed is not None:
        problems += [f"{what}: {key} is not known here" for key in value if key not in allowed]
    return value


def step_parts(step):
    """'checkout' or {'run': 'command'} or {'run': {…}} as a name and its keys."""
    if isinstance(step, str):
        return step, {}
    if not isinstance(step, dict) or len(step) != 1:
        raise Wrong(f"a step must be one name with its keys: {step!r}")
    name, keys = next(iter(step.items()))
    return name, {"command": keys} if isinstance(keys, str) else {} if keys is None else keys


def entries(workflow):
    """The jobs of a workflow, by name, each with requires, context and filters."""
    result = {}
    for entry in as_list((workflow or {}).get("jobs")):
        if not isinstance(entry, str) and not (isinstance(entry, dict) and len(entry) == 1):
            raise Wrong(f"a job of a workflow must be one name with its keys: {entry!r}")
        name, keys = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
        result[name] = {} if keys is None else keys
    return result


def workflows_of(config):
    return {label: workflow for label, workflow in (config.get("workflows") or {}).items() if label != "version"}


def as_list(value):
    return value if isinstance(value, list) else [] if value is None else [value]


def seconds_of(text):
    """10m, 1h30m, 90s."""
    match = TIMEOUT.fullmatch(str(text))
    if not match or not any(match.groups()):
        raise Wrong(f"no_output_timeout must be as 10m or 90s, not {text}")
    hours, minutes, seconds = (int(count or 0) for count in match.groups())
    return 3600 * hours + 60 * minutes + seconds


def check_run(where, keys, parameters, problems):
    command = str(keys.get("command", "")).strip()
    mapping(keys.get("environment", {}), f"{where}: environment", problems)
    if not COMMAND.fullmatch(command):
        problems.append(f"{where}: a step is one line that calls a script of script/ with plain words, not {command!r}")
    else:
        problems += [f"{where}: {word} is not there, or cannot be run"
                     for word in command.split() if word.startswith("script/") and not os.access(word, os.X_OK)]
    try:
        substitute(command, parameters)
        seconds_of(keys.get("no_output_timeout", SILENCE))
    except Wrong as error:
        problems.append(f"{where}: {error}")


def check_steps(name, job, parameters, problems):
    for step in as_list(job.get("steps")):
        kind, keys = step_parts(step)
        if kind not in STEPS:
            problems.append(f"job {name}: there is no step {kind}")
            continue
        keys = mapping(keys, f"job {name}, step {kind}", problems, STEPS[kind])
        if kind == "run":
            check_run(f"job {name}", keys, parameters, problems)
    if not job.get("steps"):
        problems.append(f"job {name} has no steps")


def check_executor(what, executor, problems):
    for image in as_list(executor.get("docker")):
        mapping(image, f"{what}, docker", problems, ("image",))
    if len(as_list(executor.get("docker"))) > 1:
        problems.append(f"{what}: containers beside the first are not known here")


def check_jobs(config, parameters, problems):
    executors = mapping(config.get("executors", {}), "executors", problems)
    for name, executor in executors.items():
        check_executor(f"executor {name}", mapping(executor, f"executor {name}", problems, EXECUTOR_KEYS), problems)
    for name, job in mapping(config.get("jobs"), "jobs", problems).items():
        job = mapping(job, f"job {name}", problems, JOB_KEYS)
        if not any(key in job for key in EXECUTORS):
            problems.append(f"job {name} has nothing to run on: docker, machine or executor")
        executor = job.get("executor")
        executor = mapping(executor, f"job {name}, executor", problems, ("name",)).get("name") if isinstance(executor, dict) else executor
        if executor and executor not in executors:
            problems.append(f"job {name}: there is no executor {executor}")
        check_executor(f"job {name}", job, problems)
        mapping(job.get("environment", {}), f"job {name}: environment", problems)
        check_steps(name, job, parameters, problems)


def branches_of(keys, parameters):
    """The branches that filters name, with parameters put in; None: every branch."""
    filters = (keys.get("filters") or {}).get("branches")
    return None if not filters else {
        kind: [substitute(pattern, parameters) for pattern in as_list(filters.get(kind))]
        for kind in ("only", "ignore")}


def check_entry(where, keys, parameters, problems):
    keys = mapping(keys, where, problems, ENTRY_KEYS)
    filters = mapping(keys.get("filters") or {}, f"{where}, filters", problems, ("branches",))
    mapping(filters.get("branches") or {}, f"{where}, filters, branches", problems, ("only", "ignore"))
    for key in ("requires", "context"):
        problems += [f"{where}, {key} must be names, not {value!r}" for value in as_list(keys.get(key)) if not isinstance(value, str)]
    group = keys.get("serial-group", "one")
    if not isinstance(group, str) or not group or "<<" in group:
        problems.append(f"{where}, serial-group must be a name, the same in each pipeline, not {group!r}")
    try:
        for pattern in sum((branches_of(keys, parameters) or {}).values(), []):
            matches(pattern, "")
    except (Wrong, re.error) as error:
        problems.append(f"{where}, filters: {error}")


def check_workflow(label, workflow, jobs, parameters, problems):
    mapping(workflow, f"workflow {label}", problems, ("jobs",))
    listed, before = entries(workflow), len(problems)
    if not listed:
        problems.append(f"workflow {label} has no jobs")
    for name, keys in listed.items():
        check_entry(f"workflow {label}, {name}", keys, parameters, problems)
    if len(problems) > before:
        return
    for name, keys in listed.items():
        if name not in jobs:
            problems.append(f"workflow {label}: there is no job {name}")
        for needed in as_list(keys.get("requires")):
            if needed not in listed:
                problems.append(f"workflow {label}: {name} requires {needed}, which is not among its jobs")
            elif listed[needed].get("filters") and not keys.get("filters"):
                problems.append(f"workflow {label}: {name} has no filters while {needed}, which it requires, has")
    if in_order(listed) is None:
        problems.append(f"workflow {label}: its jobs require each other in a circle")


def in_order(listed):
    """Names so that each comes behind those it requires; None where there is a circle."""
    done, rest = [], list(listed)
    while rest:
        ready = [name for name in rest
                 if all(needed in done or needed not in listed for needed in as_list(listed[name].get("requires")))]
        if not ready:
            return None
        done += ready
        rest = [name for name in rest if name not in ready]
    return done


def substitute(text, parameters):
    def value(match):
        if match[1] not in parameters:
            raise Wrong(f"there is no pipeline parameter {match[1]}")
        return str(parameters[match[1]])
    result = PARAMETER.sub(value, str(text))
    if "<<" in result:
        raise Wrong(f"of << … >> only pipeline.parameters are known here: {result}")
    return result


def parameters_of(config, given=()):
    parameters = {name: row.get("default") for name, row in (config.get("parameters") or {}).items()}
    for pair in given:
        name, _, value = pair.partition("=")
        if name not in parameters:
            raise Wrong(f"there is no pipeline parameter {name}")
        parameters[name] = value
    return parameters


def check(path=CONFIG):
    config = load(path)
    if not isinstance(config, dict):
        raise Wrong(f"{path} is empty")
    problems = [f"{key} is not known here" for key in config if key not in TOP]
    if str(config.get("version")) != "2.1":
        problems.append("version must be 2.1")
    for name, row in mapping(config.get("parameters", {}), "parameters", problems).items():
        mapping(row, f"parameter {name}", problems, PARAMETER_KEYS)
    mapping(config.get("workflows"), "workflows", problems)
    if problems:
        return problems
    parameters = parameters_of(config)
    check_jobs(config, parameters, problems)
    jobs, used = config.get("jobs") or {}, set()
    for label, workflow in workflows_of(config).items():
        if not isinstance(workflow, dict):
            problems.append(f"workflow {label} has no jobs")
            continue
        check_workflow(label, workflow, jobs, parameters, problems)
        used |= set(entries(workflow))
    return problems + [f"job {name} is in no workflow" for name in jobs if name not in used]


def matches(pattern, branch):
    if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
        return re.fullmatch(pattern[1:-1], branch) is not None
    return pattern == branch


def runs_on(branches, branch):
    if branches is None:
        return True
    if branches["only"] and not any(matches(pattern, branch) for pattern in branches["only"]):
        return False
    return not any(matches(pattern, branch) for pattern in branches["ignore"])


def read_contexts(path):
    """A file of KEY=VALUE below [name of a context]."""
    contexts, name = {}, None
    try:
        with open(path, encoding="utf-8") as file:
            lines = list(file)
    except (OSError, UnicodeDecodeError) as error:
        raise Wrong(f"the contexts cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            name = line[1:-1].strip()
            contexts.setdefault(name, {})
        elif name is None or "=" not in line:
            raise Wrong(f"{path}, line {number}: neither [context] nor KEY=VALUE below one")
        else:
            key, _, value = line.partition("=")
            contexts[name][key.strip()] = value
    return contexts


class Run:
    """One run of a workflow: tells each step with its time, and keeps all that they print."""

    def __init__(self, config, options):
        self.config, self.options = config, options
        self.parameters = parameters_of(config, options.parameter)
        self.contexts = read_contexts(options.contexts) if options.contexts else {}
        self.log = open(options.log, "a", encoding="utf-8")
        self.times = []
        self.reason = None

    def say(self, text=""):
        try:
            print(text, flush=True)
        except BrokenPipeError:  # who watched has gone; the log has the rest
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(text, file=self.log, flush=True)

    def environment(self, job, keys):
        values = dict(os.environ, CI="true", CIRCLECI="true", CIRCLE_BRANCH=self.options.branch,
                      CIRCLE_SHA1=self.options.commit, CIRCLE_JOB=keys["name"])
        for context in as_list(keys.get("context")):
            if context not in self.contexts:
                raise Wrong(f"there is no context {context} in {self.options.contexts or 'any file: --contexts FILE'}")
            values.update(self.contexts[context])
        values.update({name: str(value) for name, value in (job.get("environment") or {}).items()})
        return values

    def command(self, command, environment, silence):
        """Its status. It ends with the shell, whatever that leaves running, or when nothing was printed for too long."""
        # What comes meanwhile breaks off once the child is known, to be ended.
        signal.pthread_sigmask(signal.SIG_BLOCK, BREAKING)
        child = subprocess.Popen(["bash", "-eo", "pipefail", "-c", command], env=environment, cwd=self.options.checkout,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
                                 preexec_fn=let_break)
        self.reason = None
        try:
            let_break()
            return self.listen(child, silence)
        except BrokenOff:
            # A release leads visitors back, and says what serves.
            self.reason = None
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGTERM)
                self.listen(child, GRACE)
            raise
        finally:
            # Daemons have a session of their own and stay.
            end_group(child)
            child.stdout.close()

    def listen(self, child, silence):
        os.set_blocking(child.stdout.fileno(), False)
        selector = selectors.DefaultSelector()
        selector.register(child.stdout, selectors.EVENT_READ)
        part, heard, ended = b"", time.monotonic(), None
        while True:
            if selector.select(0.2 if ended is None else DRAIN / 10):
                said = os.read(child.stdout.fileno(), 65536)
                *lines, part = (part + said).split(b"\n")
                for line in lines:
                    self.hear(line)
                heard = time.monotonic()
                if not said:
                    selector.unregister(child.stdout)
            now = time.monotonic()
            if ended is None and child.poll() is not None:
                ended = now
            if ended is not None and not selector.get_map():
                break
            if ended is not None and now - ended > DRAIN:
                self.say("    what it left running is not waited for")
                break
            if ended is None and now - heard > silence:
                self.reason = f"nothing was printed for {silence} s: see what hung, or set no_output_timeout"
                return 1
        if part:
            self.hear(part)
        return child.returncode

    def hear(self, line):
        line = line.decode(errors="replace").rstrip("\r")
        self.say("    " + line)
        match = REASON.fullmatch(line)
        self.reason = match[1] if match else self.reason

    def step(self, name, step, environment):
        kind, keys = step_parts(step)
        if kind != "run":
            return True
        label = keys.get("name", keys["command"])
        self.say(f"  {label}: {keys['command']}")
        start = time.monotonic()
        own = {key: str(value) for key, value in (keys.get("environment") or {}).items()}
        try:
            status = self.command(substitute(keys["command"], self.parameters), {**environment, **own},
                                  seconds_of(keys.get("no_output_timeout", SILENCE)))
        except BrokenOff:
            self.fail(name, label, self.reason or "broken off: run it again")
            raise
        seconds = time.monotonic() - start
        self.times.append((name, label, seconds))
        self.say(f"  {'ok' if status == 0 else 'FAILED'}, {seconds:.1f} s")
        if status:
            self.fail(name, label, self.reason or f"{keys['command']} ended with status {status}: see the lines above")
        return status == 0

    def fail(self, name, label, reason):
        self.say(f"nothing after it was run; all that was printed is in {self.options.log}")
        if self.options.again:
            self.say(f"to run it again: {self.options.again.strip()}")
        self.say(f"FAILED {name}: {label}: {reason}")

    def job(self, name, keys):
        job = self.config["jobs"][name]
        environment = self.environment(job, {**keys, "name": name})
        return all(self.step(name, step, environment) for step in job["steps"])

    def workflow(self, label):
        if label not in workflows_of(self.config):
            raise Wrong(f"there is no workflow {label}")
        listed = entries(self.config["workflows"][label])
        passed = set()
        for name in in_order(listed):
            keys = listed[name]
            if not runs_on(branches_of(keys, self.parameters), self.options.branch):
                self.say(f"{name}: not on branch {self.options.branch}")
            elif all(needed in passed for needed in as_list(keys.get("requires"))):
                self.say(f"{name}")
                if not self.job(name, keys):
                    return 1
                passed.add(name)
        self.say("times: " + ", ".join(f"{label} {seconds:.1f} s" for _, label, seconds in self.times))
        return 0


class BrokenOff(Exception):
    """By a signal."""


def let_break():
    signal.pthread_sigmask(signal.SIG_UNBLOCK, BREAKING)


def break_off(number, _):
    for each in BREAKING:
        signal.signal(each, signal.SIG_IGN)
    raise BrokenOff(number)


def end_group(leader):
    """Ends what is left of the group of a child: asks, and after a second makes it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(leader.pid, number)
            for _ in range(20):
                leader.poll()
                os.killpg(leader.pid, 0)
                time.sleep(0.05)
        except ProcessLookupError:
            return


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("action", choices=["check", "run"])
    parser.add_argument("--config", default=CONFIG)
    parser.add_argument("--workflow")
    parser.add_argument("--branch", default="main")
    parser.add_argument("--commit", default="")
    parser.add_argument("--checkout", default=".")
    parser.add_argument("--contexts")
    parser.add_argument("--log", default="/dev/null")
    parser.add_argument("--again", default="", help="the command that runs it again, to be told when it failed")
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()
    try:
        problems = check(options.config)
        for problem in problems:
            print(f"{options.config}: {problem}", file=sys.stderr)
        if problems:
            return 1
        if options.action == "check":
            return 0
        for each in BREAKING:
            # A shell ignores SIGINT in what it starts behind itself; nohup's wish is kept.
            if each == signal.SIGINT or signal.getsignal(each) != signal.SIG_IGN:
                signal.signal(each, break_off)
        run = Run(load(options.config), options)
        labels = [options.workflow] if options.workflow else list(workflows_of(run.config))
        return max([run.workflow(label) for label in labels], default=0)
    except BrokenOff as error:
        return 128 + error.args[0]
    except Wrong as error:
        print(f"FAILED pipeline: {error}", file=sys.stderr)
        return 1


sys.exit(main())
