"""workflow.py check|run …: reads .circleci/config.yml, finds what CircleCI's schema does not, and runs it here.

Knows the part of CircleCI's language that this project's configuration uses, and refuses the rest by name."""
import argparse
import os
import re
import subprocess
import sys
import time

import yaml

CONFIG = ".circleci/config.yml"
PARAMETER = re.compile(r"<<\s*pipeline\.parameters\.(\w+)\s*>>")
# Step -> the keys that it may have; those with None are nothing here: this machine keeps its files.
STEPS = {"checkout": (), "run": ("name", "command", "environment", "when", "no_output_timeout"),
         "store_artifacts": ("path", "destination"), "store_test_results": ("path",)}
EXECUTORS = ("docker", "machine", "macos", "executor")


class Wrong(Exception):
    """What is wrong with the configuration, in one line."""


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            return yaml.safe_load(file)
    except (OSError, yaml.YAMLError) as error:
        raise Wrong(f"{path}: {' '.join(str(error).split())}") from error


def step_parts(step):
    """'checkout' or {'run': 'command'} or {'run': {…}} as a name and its keys."""
    if isinstance(step, str):
        return step, {}
    if not isinstance(step, dict) or len(step) != 1:
        raise Wrong(f"a step must be one name with its keys: {step!r}")
    name, keys = next(iter(step.items()))
    return name, {"command": keys} if isinstance(keys, str) else keys or {}


def entries(workflow):
    """The jobs of a workflow, by name, each with requires, context and filters."""
    result = {}
    for entry in workflow.get("jobs", []):
        name, keys = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
        result[name] = keys or {}
    return result


def as_list(value):
    return value if isinstance(value, list) else [] if value is None else [value]


def check_steps(name, job, problems):
    for step in as_list(job.get("steps")):
        kind, keys = step_parts(step)
        if kind not in STEPS:
            problems.append(f"job {name}: there is no step {kind}")
            continue
        problems += [f"job {name}, step {kind}: unknown key {key}" for key in keys if key not in STEPS[kind]]
        if kind != "run":
            continue
        command = str(keys.get("command", "")).strip()
        script = command.split(" ")[0]
        if "\n" in command or not script.startswith("script/"):
            problems.append(f"job {name}: a step is one line that calls a script of script/, not {command!r}")
        elif not os.access(script, os.X_OK):
            problems.append(f"job {name}: {script} is not there, or cannot be run")
    if not job.get("steps"):
        problems.append(f"job {name} has no steps")


def check_jobs(config, problems):
    executors = config.get("executors", {})
    for name, job in config.get("jobs", {}).items():
        if not any(key in job for key in EXECUTORS):
            problems.append(f"job {name} has nothing to run on: docker, machine or executor")
        executor = job.get("executor")
        executor = executor.get("name") if isinstance(executor, dict) else executor
        if executor and executor not in executors:
            problems.append(f"job {name}: there is no executor {executor}")
        check_steps(name, job, problems)


def branches_of(keys, parameters):
    """The branches that filters name, with parameters put in; None: every branch."""
    filters = (keys.get("filters") or {}).get("branches")
    return None if not filters else {
        kind: [substitute(pattern, parameters) for pattern in as_list(filters.get(kind))]
        for kind in ("only", "ignore")}


def check_workflow(label, workflow, config, problems):
    jobs, listed = config.get("jobs", {}), entries(workflow)
    for name, keys in listed.items():
        if name not in jobs:
            problems.append(f"workflow {label}: there is no job {name}")
        for needed in as_list(keys.get("requires")):
            if needed not in listed:
                problems.append(f"workflow {label}: {name} requires {needed}, which is not among its jobs")
            elif (listed[needed] or {}).get("filters") and not keys.get("filters"):
                problems.append(f"workflow {label}: {name} has no filters while {needed}, which it requires, has")
    ordered = in_order(listed)
    if ordered is None:
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
    return PARAMETER.sub(value, str(text))


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
    problems = []
    if str(config.get("version")) != "2.1":
        problems.append("version must be 2.1")
    check_jobs(config, problems)
    used = set()
    for label, workflow in (config.get("workflows") or {}).items():
        if label == "version":
            continue
        check_workflow(label, workflow, config, problems)
        used |= set(entries(workflow))
        for keys in entries(workflow).values():
            try:
                branches_of(keys, parameters_of(config))
            except Wrong as error:
                problems.append(f"workflow {label}: {error}")
    problems += [f"job {name} is in no workflow" for name in config.get("jobs", {}) if name not in used]
    return problems


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
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
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

    def say(self, text=""):
        print(text, flush=True)
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

    def command(self, command, environment):
        child = subprocess.Popen(["bash", "-eo", "pipefail", "-c", command], env=environment, text=True,
                                 cwd=self.options.checkout, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace")
        for line in child.stdout:
            self.say("    " + line.rstrip("\n"))
        return child.wait()

    def step(self, name, step, environment):
        kind, keys = step_parts(step)
        if kind != "run":
            return True
        label = keys.get("name", keys["command"])
        self.say(f"  {label}: {keys['command']}")
        start = time.monotonic()
        own = {key: str(value) for key, value in (keys.get("environment") or {}).items()}
        status = self.command(substitute(keys["command"], self.parameters), {**environment, **own})
        seconds = time.monotonic() - start
        self.times.append((name, label, seconds))
        self.say(f"  {'ok' if status == 0 else 'FAILED'}, {seconds:.1f} s")
        if status:
            self.say(f"FAILED {name}: {label}: {keys['command']} ended with status {status}; "
                     f"nothing after it was run. All it printed: {self.options.log}")
        return status == 0

    def job(self, name, keys):
        job = self.config["jobs"][name]
        environment = self.environment(job, {**keys, "name": name})
        return all(self.step(name, step, environment) for step in job["steps"])

    def workflow(self, label):
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
        config = load(options.config)
        label = options.workflow or next(iter(config["workflows"]))
        return Run(config, options).workflow(label)
    except Wrong as error:
        print(f"FAILED pipeline: {error}", file=sys.stderr)
        return 1


sys.exit(main())
